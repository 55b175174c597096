"""Imports point one way, and the pure rooms know no clock, no chance and no network."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "bot").rglob("*.py"))

ROOMS: dict[str, frozenset[str]] = {
    "problem": frozenset(),
    "source": frozenset({"problem"}),
    "log": frozenset(),
    "voice": frozenset(),
    "picture": frozenset(),
    "capability": frozenset(),
    "flow": frozenset({"problem", "source", "picture", "capability"}),
    "engine": frozenset({"flow"}),
    "channel.base": frozenset({"capability"}),
    "wording": frozenset({"flow", "engine", "channel.base"}),
    "translation": frozenset({"problem", "source", "flow"}),
    "handout": frozenset({"flow", "engine", "wording", "picture"}),
    "preview": frozenset(
        {"problem", "flow", "engine", "channel", "channel.base", "wording", "service", "web", "picture"}
    ),
    "meaning": frozenset(),
    "broadcast": frozenset({"problem", "source", "flow", "capability"}),
    "people": frozenset({"problem", "source", "meaning"}),
    "config": frozenset({"problem", "source", "flow", "capability"}),
    "store": frozenset({"engine", "channel.base", "broadcast", "people"}),
    "channel": frozenset({"capability", "channel.base", "store.files", "log", "picture", "voice"}),
    "service": frozenset(
        {
            "capability",
            "problem",
            "source",
            "flow",
            "engine",
            "channel.base",
            "wording",
            "meaning",
            "broadcast",
            "people",
            "config",
            "store",
            "log",
            "voice",
            "picture",
        }
    ),
    "web": frozenset(
        {
            "problem",
            "flow",
            "engine",
            "channel",
            "channel.base",
            "wording",
            "config",
            "store",
            "service",
            "people",
            "log",
            "voice",
            "picture",
            "handout",
        }
    ),
}
"""Which rooms a room may import from besides itself. The front door (app, cli, __main__) may use all."""

OF_ALL_CHANNELS = frozenset(
    f"channel.{name}"
    for name in ("picture", "http", "timing", "parts", "steps", "numbered", "counts", "file_ids", "polling")
)
"""What every channel may use."""

PURE = ("flow", "engine", "wording", "meaning", "broadcast", "people")
IMPURE = frozenset(
    {
        *("asyncio", "threading", "multiprocessing", "subprocess", "socket", "ssl", "http", "urllib"),
        *("time", "random", "secrets", "uuid", "logging", "sqlite3"),
        *("telegram", "aiohttp", "httpx", "starlette", "uvicorn", "sqlalchemy", "alembic", "aiosqlite"),
    }
)
CLOCKS = frozenset({("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")})


def name_of(path: Path) -> str:
    """The dotted name of a module below `bot`."""
    parts = list(path.relative_to(ROOT / "bot").with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The room a module stands in."""
    if module.startswith(("channel.base", "store.files")):
        return ".".join(module.split(".")[:2])
    return module.partition(".")[0]


def platform_of(module: str) -> str:
    """The platform a channel's module belongs to: "telegram" of channel.telegram_api, "zalo" of both its products; none of what all may use."""
    if room_of(module) != "channel" or module in OF_ALL_CHANNELS:
        return ""
    return module.partition(".")[2].partition("_")[0]


def imports(path: Path) -> set[str]:
    """Every module of this project or others that a file imports, in full, for types or for good, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            known = {name_of(module) for module in MODULES}
            for alias in node.names:
                deeper = f"{node.module}.{alias.name}"
                is_module = deeper.removeprefix("bot.") in known and deeper.startswith("bot.")
                found.add(deeper if is_module else str(node.module))
    return found


def ours(path: Path) -> set[str]:
    """The modules of this project that a file imports, without "bot."."""
    return {name.removeprefix("bot.") for name in imports(path) if name.startswith("bot.")}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_one_way(path: Path) -> None:
    """A room knows only the rooms below it."""
    module = name_of(path)
    room = room_of(module)
    if room in {"", "app", "cli", "__main__"}:
        return
    here = room.partition(".")[0]
    allowed = ROOMS.get(room) or ROOMS[here]
    inside = {"channel.base"} if room == "channel.base" else {here}
    wrong = {name for name in ours(path) if not {room_of(name), room_of(name).partition(".")[0]} & (allowed | inside)}
    if room == "channel":
        wrong |= {name for name in ours(path) if platform_of(name) not in {"", platform_of(module)}}
    assert not wrong, f"{module} must not import {sorted(wrong)}"


@pytest.mark.parametrize("path", [p for p in MODULES if room_of(name_of(p)) in PURE], ids=name_of)
def test_the_core_is_pure(path: Path) -> None:
    """No network, no database, no clock, no chance, no log: what the core needs to know stands in its arguments."""
    assert not {name for name in imports(path) if name.partition(".")[0] in IMPURE}
    calls = {
        (node.func.value.id, node.func.attr)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
    }
    assert not calls & CLOCKS


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if room_of(name_of(p)) in {"flow", "engine", "meaning", "broadcast", "people"}],
    ids=name_of,
)
def test_nothing_of_the_project_is_reached_by_name(path: Path) -> None:
    """No import hides behind a function call."""
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"__import__", "import_module", "eval", "exec", "print", "open"}


def test_every_room_is_known() -> None:
    """A new room gets its place in this test."""
    rooms = {room_of(name_of(path)).partition(".")[0] for path in MODULES}
    assert rooms <= {*(room.partition(".")[0] for room in ROOMS), "", "app", "cli", "__main__"}
