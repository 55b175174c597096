"""docs/writing-a-guide.md, followed to the letter: no step of it ends in red."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.channel.talk_file import parse
from bot.cli.check import check
from bot.cli.new import new_guide
from bot.config import Config
from bot.service.reload import open_house
from tests.kit.talk import play

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "writing-a-guide.md").read_text("utf-8")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
TODO = re.compile(r"\{# TODO.*?#\}|# TODO.*")


def blocks(language: str) -> list[str]:
    """The blocks of code of the page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project without guides, and the scaffold that the page begins with."""
    (tmp_path / "flows").mkdir()
    for language in ("vi", "en"):
        shutil.copytree(ROOT / "content" / language / "_bot", tmp_path / "content" / language / "_bot")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAM_TAY_ROOT", str(tmp_path))
    (name, title) = re.search(r'bot new guide (\S+) "(.*)"', PAGE).groups()
    assert new_guide(name, title) == 0
    return tmp_path


def test_the_flow_that_is_shown_is_the_one_that_is_written(root):
    """But for the dates."""
    written = (root / "flows" / "wash-hands.toml").read_text("utf-8")
    assert DATE.sub("DATE", blocks("toml")[0]) == DATE.sub("DATE", written)


def test_the_scaffold_walks(root):
    """The first talk holds before anything is edited."""
    assert faults(root) == []


def test_the_guide_that_comes_out_has_no_problem(root, capsys):
    """With the second step, its words and the new talk, and the TODOs done: no error, no warning, and it walks."""
    flow = root / "flows" / "wash-hands.toml"
    text = flow.read_text("utf-8")
    first = "[steps.first_step]              # an action: done / not yet / stuck are built in\ndo   = true\nnext = "
    assert first + '"finished"' in text
    flow.write_text(text.replace(first + '"finished"', first + '"second_step"') + "\n" + blocks("toml")[1], "utf-8")
    for language, words in zip(("vi", "en"), blocks("jinja"), strict=True):
        assert f"`content/{language}/wash-hands/second_step.j2`" in PAGE
        (root / "content" / language / "wash-hands" / "second_step.j2").write_text(words, "utf-8")
    assert check() == 0
    assert faults(root) != []
    (talk,) = [block for block in blocks("") if "> /start" in block]
    (root / "tests" / "talks" / "wash-hands" / "first.talk").write_text(talk, "utf-8")
    assert faults(root) == []
    for path in [*root.rglob("*.toml"), *root.rglob("*.j2")]:
        path.write_text(TODO.sub("", path.read_text("utf-8")), "utf-8")
    capsys.readouterr()
    assert check(strict=True) == 0, capsys.readouterr().out
    assert faults(root) == []


def faults(root: Path) -> list[str]:
    """What is not as the first talk says."""
    house, _ = open_house(Config(root=root, database=""))
    talk = (root / "tests" / "talks" / "wash-hands" / "first.talk").read_text("utf-8")
    return play(house, parse(talk)).faults
