"""Runs the Alembic migrations inside a transaction that is already open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

FOLDER = Path(__file__).parent / "migrations"


def config(connection: Connection | None = None, folder: Path = FOLDER) -> Config:
    """Alembic's settings; the migrations run on `connection`."""
    made = Config()
    made.set_main_option("script_location", str(folder).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def known_versions() -> set[str]:
    """Every migration this version of the bot has."""
    return {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}


def upgrade(connection: Connection, folder: Path = FOLDER) -> None:
    """Applies what is missing. All or nothing: the caller commits."""
    command.upgrade(config(connection, folder), "head")
