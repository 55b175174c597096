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
CHECKED = ("bot.toml", "flows", "content", "broadcasts", "places", "campaigns", "teams.csv", "skills.toml")
"""What is looked at in a project's folder."""
KINDS = {".toml", ".j2", ".svg", ".csv"}


def check(paths: Sequence[str] = (), *, form: str = "text", strict: bool = False) -> int:
    """Print the problems of `paths` (guides, files, folders, or another project's folder; none: all of this project).

    A guide, by its name or its flow file, is its flow, its words, and those of every guide and piece it takes in.
    0 when there are no errors (with `strict`: no warnings either), 1 with findings, 2 when the call was wrong.
    """
    from bot.config import find_root

    if form not in FORMATS:
        complain(f"There is no format '{form}'; there are {', '.join(FORMATS)}.")
        return USAGE
    roots = [path for each in paths if ((path := Path(each).resolve()) / "flows").is_dir()]
    root = roots[0] if roots else find_root()
    if not (root / "flows").is_dir():
        complain(f"There is no folder flows/ in {root}: go to the project's folder, or set CAM_TAY_ROOT to it.")
        return USAGE
    chosen: list[Path] = []
    for each in paths:
        found = _chosen(each, root)
        if not found:
            known = "holds nothing to check" if Path(each).exists() else "is no guide, file or folder"
            complain(f"{each} {known} (in {root}).")
            return USAGE
        chosen += found
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


def _chosen(each: str, root: Path) -> list[Path]:
    """The files and folders that an argument means; none when there is nothing to check."""
    from bot.flow.reader import is_flow_name

    flows = root / "flows"
    path = Path(each).resolve()
    if path.suffix == ".toml" and path.is_file() and flows in path.parents:
        return _of_guide(path.relative_to(flows).with_suffix("").as_posix(), root)
    tops = [root / name for name in CHECKED]
    if path in root.parents or any(path in top.parents and top.exists() for top in tops):
        return [path]
    if any(_is_below(path, top) for top in tops) and (_is_checked(path) or any(map(_is_checked, path.rglob("*")))):
        return [path]
    return _of_guide(each, root) if is_flow_name(each) and (flows / f"{each}.toml").is_file() else []


def _is_checked(path: Path) -> bool:
    return path.suffix in KINDS and path.is_file()


def _of_guide(name: str, root: Path) -> list[Path]:
    """The flow files, words and pictures of a guide and of all that it enters or includes."""
    from bot.flow.check.tree import reached
    from bot.flow.reader import read_flows

    flows, _ = read_flows(root / "flows")
    names = sorted({name} | reached(name, flows))
    return [
        path
        for each in names
        for path in (root / "flows" / f"{each}.toml", *sorted((root / "content").glob(f"*/{each}")))
    ]


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
