"""The documentation cannot lie: what the code knows has its place there, and the other way round."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from bot import cli, config
from bot.capability import CAPABILITIES, Capabilities
from bot.store import tables

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("bench/*.md")])


def headings(page: Path) -> set[str]:
    """The words in backticks that are a heading of a page."""
    return set(re.findall(r"^#+ `([^`]+)`$", page.read_text(encoding="utf-8"), re.MULTILINE))


def test_every_setting_has_a_heading_and_the_other_way_round():
    """bot.toml and the environment, in docs/running.md."""
    assert headings(DOCS / "running.md") == {*config.SETTINGS, *config.ENVIRONMENT, "CAM_TAY_ROOT"}


def test_every_variable_that_overrides_a_setting_is_named():
    """An operator finds it under the setting."""
    text = (DOCS / "running.md").read_text(encoding="utf-8")
    for setting in config.SETTINGS.values():
        assert f"`{setting.environment}`" in text or not setting.environment


def test_the_defaults_that_are_documented_hold():
    """A setting's paragraph begins with the value that holds without it."""
    made, problems = config.load(ROOT / "nowhere", {})
    assert problems == []
    text = (DOCS / "running.md").read_text(encoding="utf-8")
    for key, value in {"web.port": made.port, "web.host": made.host, "language": made.language}.items():
        assert re.search(rf"### `{key}`\n`\"?{value}\"?`", text)


def test_the_table_of_channels_is_the_codes():
    """docs/channels.md, every field of every channel."""
    rows = dict(
        re.findall(r"^\| `(\w+)` \| [^|]+ \| (.+) \|$", (DOCS / "channels.md").read_text("utf-8"), re.MULTILINE)
    )
    for field in fields(Capabilities):
        assert rows.pop(field.name).split(" | ") == [_shown(getattr(can, field.name)) for can in CAPABILITIES.values()]
    assert rows == {}


def _shown(value: object) -> str:
    """As it stands in that table."""
    if isinstance(value, bool):
        return "yes" if value else "–"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value or "–")


def commands() -> set[str]:
    """Every command, with its group."""
    group = typer.main.get_command(cli.app)
    found = set()
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        found |= {f"{name} {each}" for each in inner or ()}
        if not inner or getattr(command, "invoke_without_command", False):
            found.add(name)
    return found


def test_every_command_stands_in_the_table_and_the_other_way_round():
    """docs/running.md lists them all, with exit codes."""
    text = (DOCS / "running.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `bot ([a-z0-9 ]+?)(?: [A-Z\[\"-].*?)?` \|", text, re.MULTILINE)
    assert set(rows) == commands()


def test_every_table_has_its_retention():
    """docs/architecture.md says of every table what is kept and how long."""
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    assert set(tables.metadata.tables) == set(re.findall(r"^\| `([a-z_]+)` \| ", text, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """Every relative link of every page."""
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_files_a_page_names_are_there():
    """Paths in backticks that look like files of this project."""
    for page in (*PAGES,):
        for path in re.findall(
            r"`((?:bot|docs|tests|content|flows|bench)/[\w./-]+\.\w+)`", page.read_text(encoding="utf-8")
        ):
            known = (ROOT / path).exists()
            assert known or "wash-hands" in path or "results/" in path, f"{page.name}: {path}"


def test_every_make_target_that_is_named_exists():
    """In backticks, or on a line of its own in a block of code."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:`|^(?:\w+=\S+ )?)make ([a-z-]+)(?=`|$)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(named) <= targets, page.name


def test_help_is_quick_because_it_loads_little():
    """`bot --help` loads none of the heavy parts."""
    heavy = ("sqlalchemy", "jinja2", "telegram", "uvicorn", "igraph", "pyreqwest")
    code = f"import sys, bot.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
