"""What all tests share: the databases, how many examples the properties try, the flag that rewrites transcripts."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.flow.model import Flow
    from tests.kit.postgres import Postgres

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

# The same examples in every run: a red test is red again on the next machine. The long profile looks for new ones.
settings.register_profile("short", max_examples=60, derandomize=True, deadline=None, suppress_health_check=SLOW)
settings.register_profile("long", max_examples=3_000, deadline=None, suppress_health_check=SLOW, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --write-talks` rewrites what the bot says in tests/talks."""
    parser.addoption("--write-talks", action="store_true", help="rewrite the bot's lines in tests/talks")


def pytest_itemcollected(item: pytest.Item) -> None:
    """`-k <guide>` also finds the talks of guides that enter or include it: they speak its lines."""
    if item.path.name == "test_talks.py" and isinstance(item, pytest.Function) and hasattr(item, "callspec"):
        path = item.callspec.params.get("path")
        if isinstance(path, Path):
            item.extra_keyword_matches.update(_taken_in(path.parent.name))


@cache
def _taken_in(guide: str) -> frozenset[str]:
    from bot.flow.check.tree import reached

    return frozenset(reached(guide, _flows()))


@cache
def _flows() -> dict[str, Flow]:
    from bot.flow.reader import read_flows

    return read_flows(Path(__file__).parent.parent / "flows")[0]


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """A PostgreSQL server, started when the first test wants it."""
    from tests.kit.postgres import postgres

    with postgres() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of the test's own, of either kind, that nobody has written to."""
    yield from _made(request, tmp_path, "ready")


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The same, surely without tables."""
    yield from _made(request, tmp_path, "empty")


def _made(request: pytest.FixtureRequest, folder: Path, how: str) -> Iterator[str]:
    from tests.kit.ready import with_tables

    if request.param == "sqlite":
        file = f"sqlite+aiosqlite:///{folder / 'data' / 'bot.db'}"
        yield with_tables(file) if how == "ready" else file
        return
    server: Postgres = request.getfixturevalue("server")
    url = server.ready() if how == "ready" else server.empty()
    yield url
    server.drop(url)


@pytest.fixture
def both_databases(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bots of this test (`tests/kit/shell.py`) use a database of either kind."""
    from tests.kit.shell import DATABASE

    monkeypatch.setenv(DATABASE, database_url)
