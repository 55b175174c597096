"""`bot i18n`: how far the translations are; PO files out and in; what counts as translated and as reviewed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli.report import FINDINGS, OK, USAGE, complain, show, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from bot.translation.bundle import Bundle
    from bot.translation.status import Place, Status


def status(guide: str = "", *, as_json: bool = False) -> int:
    """Print what is missing, stale and reviewed: a line for each language and guide, or every block of one guide.

    0 when nothing is missing or stale, 1 otherwise.
    """
    from bot.translation.status import status as look

    bundle = _bundle()
    guides = _guides(bundle, guide) if bundle else None
    if bundle is None or guides is None:
        return FINDINGS if bundle is None else USAGE
    rows = [look(bundle, language, each) for language in bundle.languages for each in guides]
    if as_json:
        typer.echo(json.dumps([_as_data(row) for row in rows], ensure_ascii=False, indent=2))
    elif guide:
        _print_blocks(bundle, rows)
    else:
        _print_table(rows)
    return OK if all(row.is_complete for row in rows) else FINDINGS


def export(language: str, guide: str = "", *, to: str = "") -> int:
    """Write the PO file of a language, or of one guide of it, to `to` or to standard output."""
    from bot.translation.po import to_po

    bundle = _bundle()
    if bundle is None:
        return FINDINGS
    guides = _guides(bundle, guide)
    if guides is None or not _is_language(bundle, language):
        return USAGE
    text = to_po(bundle, language, guides)
    if not to:
        typer.echo(text, nl=False)
        return OK
    try:
        Path(to).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        complain(f"Cannot write: {error.strerror} ({to}).")
        return USAGE
    complain(f"wrote {to}")
    return OK


def import_(file: str) -> int:
    """Take the translations of a PO file into the templates: all of it, or nothing with 1 and every reason by line."""
    from bot.translation.po import BadPo, read_po
    from bot.translation.take import take

    bundle = _bundle()
    if bundle is None:
        return FINDINGS
    try:
        language, entries = read_po(Path(file))
    except BadPo as bad:
        complain(f"{file}:{bad.line}: {bad}")
        return FINDINGS
    except OSError as error:
        complain(f"Cannot read {file}: {error.strerror}.")
        return USAGE
    if not language:
        complain(f'{file} does not say its language: its head needs a line "Language: …\\n".')
        return USAGE
    if not _is_language(bundle, language):
        return USAGE
    taken = take(bundle, language, entries)
    for line, why in (*taken.gone, *taken.faults):
        complain(f"{file}:{line}: {why}")
    if taken.faults:
        complain("Nothing was written.")
        return FINDINGS
    if not _write(taken.files):
        return USAGE
    left = f"; {taken.fuzzy} marked fuzzy were left out" if taken.fuzzy else ""
    complain(f"{language}: {taken.new} blocks new, {taken.changed} changed{left}. {len(taken.files)} files written.")
    if taken.new or taken.changed:
        complain("Next: bot check, then bot i18n status.")
    return OK


def accept(language: str, guide: str = "") -> int:
    """Let the words of a language count as translated from the source as it is now. `guide` may be "guide/step"."""
    from bot.translation.status import accept as do_accept

    bundle = _bundle()
    if bundle is None:
        return FINDINGS
    steps: list[str] = []
    if guide not in bundle.guides and guide in bundle.sources[bundle.source]:
        guide, _, step = guide.rpartition("/")
        steps.append(step)
    guides = _guides(bundle, guide)
    if guides is None or not _is_language(bundle, language):
        return USAGE
    for each in guides:
        do_accept(bundle, language, each, steps)
    if not _write(_origins(bundle, language, guides)):
        return USAGE
    complain(f"{language}: what stands there counts as translated from today's words.")
    return OK


def reviewed(language: str, guide: str, *, by: str = "") -> int:
    """Note that a guide was read in a language and is right; 1 when something in it is missing or stale."""
    from bot.translation.status import review
    from bot.translation.status import status as look

    bundle = _bundle()
    if bundle is None:
        return FINDINGS
    if _guides(bundle, guide) is None or not _is_language(bundle, language):
        return USAGE
    row = look(bundle, language, guide)
    if not row.is_complete:
        _print_blocks(bundle, [row])
        complain(f"Mend these first; what is right as it stands: bot i18n accept {language} {guide}")
        return FINDINGS
    review(bundle, language, guide, _today(), " ".join(by.split()))
    if not _write(_origins(bundle, language, [guide])):
        return USAGE
    complain(f"{language}: {guide} is reviewed.")
    return OK


def _bundle() -> Bundle | None:
    """The words of this project; None when a file cannot be read, which is said."""
    from bot.config import find_root
    from bot.translation.bundle import Bundle

    bundle = Bundle.read(find_root())
    show(bundle.problems)
    return None if bundle.problems else bundle


def _guides(bundle: Bundle, guide: str) -> list[str] | None:
    """One guide or all; None when there is no such guide, which is said."""
    if guide and guide not in bundle.guides:
        complain(f"There is no guide '{guide}' with words; there are {', '.join(bundle.guides)}.")
        return None
    return [guide] if guide else bundle.guides


def _is_language(bundle: Bundle, language: str) -> bool:
    """Whether one can translate into it; the reason is said."""
    if language == bundle.source:
        complain(f"'{language}' is what is translated from.")
        return False
    if not bundle.has_language(language):
        complain(f"To begin the language '{language}' write content/{language}/_bot/address.toml: docs/translating.md.")
        return False
    bundle.sources.setdefault(language, {})
    return True


def _origins(bundle: Bundle, language: str, guides: Iterable[str]) -> dict[Path, str]:
    return {
        bundle.origin_path(language, guide): origin.written()
        for guide in guides
        if (origin := bundle.origin(language, guide)).made_from
    }


def _write(files: dict[Path, str]) -> bool:
    from bot.translation.take import write_all

    try:
        write_all(files)
    except OSError as error:
        complain(f"Cannot write, nothing was changed: {error.strerror} ({error.filename}).")
        return False
    return True


def _today() -> date:
    from bot.engine.event import local_day

    return local_day(int(time.time() * 1000))


def _as_data(row: Status) -> dict[str, object]:
    review = row.review
    return {
        "language": row.language,
        "guide": row.guide,
        "blocks": row.blocks,
        "missing": ["/".join(place) for place in row.missing],
        "stale": ["/".join(place) for place in row.stale],
        "reviewed": review and {"on": str(review.on), "by": review.by, "as_is": row.reviewed_as_is},
    }


def _print_table(rows: Sequence[Status]) -> None:
    wide = max((len(row.guide) for row in rows), default=0)
    for language in dict.fromkeys(row.language for row in rows):
        mine = [row for row in rows if row.language == language]
        typer.echo(f"{language:<{wide}}  blocks  missing  stale  reviewed")
        for row in mine:
            typer.echo(f"{row.guide:<{wide}}  {_numbers([row])}  {_reviewed(row)}")
        typer.echo(f"{'all':<{wide}}  {_numbers(mine)}  {sum(row.reviewed_as_is for row in mine)} of {len(mine)}\n")


def _numbers(rows: Sequence[Status]) -> str:
    blocks = sum(row.blocks for row in rows)
    missing, stale = sum(len(row.missing) for row in rows), sum(len(row.stale) for row in rows)
    return f"{blocks:>6}  {missing:>7}  {stale:>5}"


def _print_blocks(bundle: Bundle, rows: Sequence[Status]) -> None:
    for row in rows:
        for what, places in (("missing", row.missing), ("stale", row.stale)):
            for place in places:
                typer.echo(f"{_where(bundle, row.language, place)}: {what}: {place[1]}")
        typer.echo(
            f"{row.language} {row.guide}: {row.blocks} blocks, {len(row.missing)} missing, {len(row.stale)} stale;"
            f" reviewed: {_reviewed(row)}"
        )


def _where(bundle: Bundle, language: str, place: Place) -> str:
    text, block = place
    found = bundle.passages(language, text).get(block)
    return f"{shown(bundle.path(language, text))}:{found.line if found else 1}"


def _reviewed(row: Status) -> str:
    if row.review is None:
        return "no"
    by = f" ({row.review.by})" if row.review.by else ""
    return f"{row.review.on}{by}" if row.reviewed_as_is else f"changed since {row.review.on}{by}"
