"""The settings a command works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli.report import show
from bot.config import find_root, load

if TYPE_CHECKING:
    from bot.config import Config


def settings() -> Config | None:
    """What bot.toml and the environment say; None when they have errors, after these were shown."""
    config, problems = load(find_root())
    show(problems)
    return None if any(problem.is_error for problem in problems) else config
