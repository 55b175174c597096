"""How commands speak: data to standard output, everything else to standard error, exit codes with one meaning each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.problem import Problem

OK, FINDINGS, USAGE, SETUP = 0, 1, 2, 3
"""0 done · 1 findings · 2 the call was wrong · 3 configuration or environment (database, port, token)."""


def complain(text: str) -> None:
    """One sentence to the operator."""
    typer.echo(text, err=True)


def show(problems: Iterable[Problem]) -> None:
    """Problems with their lines and hints, paths as seen from here."""
    for problem in problems:
        complain(f"{shown(problem.path)}:{problem.line}:{problem.column}: {problem.code} {problem.message}")
        if problem.hint:
            complain(f"    hint: {problem.hint}")


def write(file: Path, made: bytes, *, folder: bool = False) -> int:
    """Put a file where the operator wants it, and say so; the exit code. `folder`: make its folder too."""
    try:
        if folder:
            file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(made)
    except OSError as fault:
        complain(f"{file} cannot be written: {fault.strerror}.")
        return SETUP
    complain(f"{shown(file)} written, {max(1, len(made) // 1024)} KB.")
    return OK


def shown(path: Path) -> str:
    """The path as seen from the current folder, where it lies below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
