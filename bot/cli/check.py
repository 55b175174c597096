"""`bot check`: every problem of every guide, every text and bot.toml, in one run."""

from __future__ import annotations

import gc
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli.report import FINDINGS, OK, USAGE, complain, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.problem import Problem

FORMATS = ("text", "json", "github")


def check(paths: Sequence[str] = (), *, form: str = "text", strict: bool = False) -> int:
    """Print the problems below `paths` (files, folders, or another project's folder; none: all of this project).

    0 when there are no errors (with `strict`: no warnings either), 1 with findings, 2 when the call was wrong.
    """
    from bot.config import find_root

    if form not in FORMATS:
        complain(f"There is no format '{form}'; there are {', '.join(FORMATS)}.")
        return USAGE
    chosen = [Path(path).resolve() for path in paths]
    for path in chosen:
        if not path.exists():
            complain(f"There is no file or folder {shown(path)}.")
            return USAGE
    roots = [path for path in chosen if (path / "flows").is_dir()]
    root = roots[0] if roots else find_root()
    if not (root / "flows").is_dir():
        complain(f"There is no folder flows/ in {shown(root)}.")
        return USAGE
    problems = all_problems(root)
    if chosen:
        problems = [each for each in problems if any(_is_below(each.path.resolve(), path) for path in chosen)]
    {"text": _as_text, "json": _as_json, "github": _as_github}[form](problems)
    errors = sum(problem.is_error for problem in problems)
    if form == "text":
        complain(f"{_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}")
    return FINDINGS if errors or (strict and problems) else OK


def all_problems(root: Path) -> list[Problem]:
    """All problems of a project's folder, in the order of their places."""
    from bot.broadcast.check import check_broadcasts
    from bot.config import load
    from bot.engine.event import local_day
    from bot.flow.check import check as check_flows
    from bot.people.check import check_people
    from bot.wording.sentences import SENTENCES

    gc.disable()  # thousands of templates live until the end; looking for garbage among them takes a fifth of the time
    try:
        today = local_day(int(time.time() * 1000))
        problems = check_flows(root, today=today, bot_texts=SENTENCES)
        return sorted({*problems, *check_broadcasts(root, today=today), *check_people(root), *load(root)[1]})
    finally:
        gc.enable()


def _as_text(problems: list[Problem]) -> None:
    for problem in problems:
        typer.echo(f"{shown(problem.path)}:{problem.line}:{problem.column}: {problem.code} {problem.message}")
        if problem.hint:
            typer.echo(f"    hint: {problem.hint}")


def _as_json(problems: list[Problem]) -> None:
    rows = [
        {
            "path": shown(problem.path),
            "line": problem.line,
            "column": problem.column,
            "code": problem.code,
            "level": "error" if problem.is_error else "warning",
            "message": problem.message,
            "hint": problem.hint,
        }
        for problem in problems
    ]
    typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))


def _as_github(problems: list[Problem]) -> None:
    """Workflow commands, which a code forge shows beside the line."""
    for problem in problems:
        level = "error" if problem.is_error else "warning"
        words = f"{problem.message} ({problem.hint})" if problem.hint else problem.message
        place = f"file={_property(shown(problem.path))},line={problem.line},col={problem.column},title={problem.code}"
        typer.echo(f"::{level} {place}::{_data(words)}")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _is_below(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
