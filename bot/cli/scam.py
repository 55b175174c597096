"""`bot scam`: the verdict on one message, and how good the rules are on a file of messages."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli.report import OK, USAGE, complain, shown
from bot.flow.check.tree import official
from bot.meaning.scam import Level
from bot.meaning.scam import check as look
from bot.meaning.scam_rules import load_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.meaning.scam_rules import Rules

LABELS = ("scam", "honest")


def check(message: str, *, as_json: bool = False) -> int:
    """Print the verdict on `message`, or on what stands at standard input for "-"."""
    verdict = look(sys.stdin.read() if message == "-" else message, _rules())
    if as_json:
        found = asdict(verdict) | {"has": sorted(verdict.has)}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return OK
    typer.echo(f"{verdict.level} ({verdict.points} points)")
    for reason in verdict.reasons:
        about = f" ({reason.about})" if reason.about else ""
        typer.echo(f"  {reason.weight} {reason.sign}: {reason.piece}{about}")
    return OK


def evaluate(files: Sequence[str], *, as_json: bool = False, wrong: bool = False) -> int:
    """Print misses and false alarms of the messages in `files`. 2 when a file cannot be read so."""
    rules = _rules()
    total, bad = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for name in files:
        path = Path(name)
        if not path.is_file():
            complain(f"There is no file {shown(path)}.")
            return USAGE
        try:
            rows = list(read(path.read_text(encoding="utf-8")))
        except ValueError as fault:
            complain(f"{shown(path)}: {fault}")
            return USAGE
        for label, kind, text in rows:
            total[label, kind] += 1
            if not is_right(label, text, rules):
                bad[label, kind] += 1
                if wrong:
                    verdict = look(text, rules)
                    complain(f"{label} {kind}: {verdict.level} {[(r.sign, r.piece) for r in verdict.reasons]}: {text}")
    counts = {label: sum(n for (of, _), n in total.items() if of == label) for label in LABELS}
    faults = {label: sum(n for (of, _), n in bad.items() if of == label) for label in LABELS}
    misses, alarms = (faults[label] / max(1, counts[label]) for label in LABELS)
    if as_json:
        kinds = {f"{label}/{kind}": {"of": n, "wrong": bad[label, kind]} for (label, kind), n in sorted(total.items())}
        result = {"version": rules.version, "misses": misses, "false_alarms": alarms, "of": counts, "per_kind": kinds}
        typer.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"misses       {misses:6.1%} of {counts['scam']}")
        typer.echo(f"false alarms {alarms:6.1%} of {counts['honest']}")
        for (label, kind), n in sorted(bad.items()):
            typer.echo(f"  {label} {kind}: {n} of {total[label, kind]}")
    return OK


def read(text: str) -> Iterator[tuple[str, str, str]]:
    r"""The (label, kind, message) of each line; "\n" in a message is a new line. Raises ValueError."""
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.split("\t")
        if len(parts) != 3 or parts[0] not in LABELS:
            raise ValueError(f"line {number} is not: scam or honest, a tab, its kind, a tab, the message")
        yield parts[0], parts[1], parts[2].replace("\\n", "\n")


def is_right(label: str, text: str, rules: Rules) -> bool:
    """A scam must not pass without a sign; an honest message must not even get "careful"."""
    return (look(text, rules).level is Level.NO_SIGN) == (label == "honest")


def _rules() -> Rules:
    return load_rules(official()["sites"])
