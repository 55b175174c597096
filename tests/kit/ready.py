"""What is the same for many tests, made once: a database file with our tables, and the house of a folder."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import make_url

from bot.service import aloud
from bot.service.house import load_house
from bot.service.reload import open_house
from bot.store.database import open_database

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.config import Config
    from bot.service.house import House

REPOSITORY = Path(__file__).parents[2]

_OPENED: dict[tuple[str, ...], House] = {}
_LOADED: dict[tuple[str, str], House] = {}


def wait_for(coroutine: Any) -> Any:
    """Its result, also where a loop of the test's is running: it gets a thread and a loop of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


async def make_tables(url: str) -> None:
    """As the bot makes them at its first start."""
    await (await open_database(url)).close()


@cache
def _empty_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bot.db"
        wait_for(make_tables(f"sqlite+aiosqlite:///{path}"))
        assert [file.name for file in path.parent.iterdir()] == [path.name]
        return path.read_bytes()


def with_tables(url: str) -> str:
    """The same address; where it names a file that is not there, the file is, with our tables and nothing in them."""
    where = make_url(url)
    if where.get_backend_name() == "sqlite" and where.database and where.database != ":memory:":
        path = Path(where.database)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_empty_file())
    return url


def opened(config: Config) -> House:
    """The house as `bot run` opens it. It never changes: folders with the very same files and settings share one."""
    speakers = map(aloud.finder(config), ("vi", "en"))
    about = dataclasses.replace(config, root=Path(), database="")
    key = (_files(config.root), repr(about), *map(repr, speakers))
    if key not in _OPENED:
        house, problems = open_house(config)
        assert house is not None, problems
        _OPENED[key] = house
    return _OPENED[key]


def loaded(root: Path, words: Mapping[str, str]) -> House:
    """The same without the checker; nothing may be wrong with the files."""
    key = (str(root) if root == REPOSITORY else _files(root), repr(words))
    if key not in _LOADED:
        house, problems = load_house(root, words)
        assert problems == []
        _LOADED[key] = house
    return _LOADED[key]


def _files(root: Path) -> str:
    """Changes with every file of the guides and their words."""
    digest = blake2b(digest_size=16)
    for folder in ("flows", "content", "places", "campaigns", "skills.toml"):
        for path in sorted([root / folder, *(root / folder).rglob("*")]):
            if path.is_file():
                digest.update(f"{path.relative_to(root)}|{path.stat().st_size}|".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
