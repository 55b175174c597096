"""The commands of editors: check, draw, new guide."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.cli.check import check
from bot.cli.draw import draw
from bot.cli.new import new_guide
from tests.flow.examples import EXAMPLES, build

ROOT = Path(__file__).parents[2]


@pytest.fixture
def house(tmp_path, monkeypatch):
    """An empty project, which is also the current folder."""
    (tmp_path / "flows").mkdir()
    for language in ("vi", "en"):
        shutil.copytree(ROOT / "content" / language / "_bot", tmp_path / "content" / language / "_bot")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAM_TAY_ROOT", str(tmp_path))
    for name in ("CAM_TAY_PORT", "CAM_TAY_HOST", "TELEGRAM_SECRET", "TELEGRAM_BOT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def example(code: str) -> Path:
    """The broken example of a code."""
    return next(each for each in EXAMPLES if each.name.startswith(code))


def test_text(house, capsys):
    """Text has a line per problem, with the path as seen from here, then the hint; the count goes to standard error."""
    build(example("E004"), house)
    assert check() == 1
    out, err = capsys.readouterr()
    assert "flows/example.toml:10:1: E004 unknown key 'nxet'\n    hint: did you mean 'next'?\n" in out
    assert err == "3 errors, 0 warnings\n"


def test_json(house, capsys):
    """JSON is a list of objects that say everything; --json asks for it as for other commands."""
    build(example("E020"), house)
    done = CliRunner().invoke(app, ["check", "--json"])
    assert check(form="json") == done.exit_code == 1
    out = capsys.readouterr().out
    assert done.stdout == out
    (row,) = json.loads(out)
    assert row.pop("hint")
    assert row == {
        "path": "flows/example.toml",
        "line": 10,
        "column": 1,
        "code": "E020",
        "level": "error",
        "message": "cannot read the duration 'two days'",
    }


def test_github(house, capsys):
    """The form of a code forge is one escaped line per problem."""
    build(example("W106"), house)
    assert check(form="github") == 0
    assert capsys.readouterr().out.startswith(
        "::warning file=flows/example.toml,line=2,col=1,title=W106::to be reviewed"
    )


@pytest.mark.parametrize(("code", "strict", "exit_code"), [("W105", False, 0), ("W105", True, 1), ("E010", False, 1)])
def test_exit_codes(house, code, strict, exit_code):
    """Warnings alone are clean, unless they must not be there."""
    build(example(code), house)
    assert check(strict=strict) == exit_code


@pytest.mark.parametrize(
    "call",
    [{"paths": [path]} for path in ("nowhere", "/etc", "docs", "content/vi/empty", "flows/none.toml")]
    + [{"form": "xml"}],
)
def test_usage(house, call):
    """A wrong call is told apart from findings; so is a place that holds nothing to check."""
    for folder in ("docs/content/vi", "content/vi/empty"):
        (house / folder).mkdir(parents=True)
    (house / "docs" / "content" / "vi" / "text.j2").touch()
    assert check(**call) == 2


@pytest.mark.parametrize("what", ["outer", "flows/outer.toml"])
def test_a_guide_by_its_name_or_file(house, capsys, what):
    """Its flow, its words and those of what it enters are looked at, and no other guide."""
    for name in ("outer", "inner", "aside"):
        assert new_guide(name, f"Việc {name}") == 0
    flow = house / "flows" / "outer.toml"
    flow.write_text(flow.read_text("utf-8").replace("say  = true", 'enter = "inner"'), encoding="utf-8")
    (house / "outer").mkdir()  # a folder without anything to check hides no guide
    capsys.readouterr()
    assert check([what], form="json", strict=True) == 1
    found = {row["path"] for row in json.loads(capsys.readouterr().out)}
    assert {"flows/outer.toml", "flows/inner.toml"} <= found
    assert {"content/vi/outer/_guide.j2", "content/en/inner/_guide.j2"} <= found
    assert not any("aside" in path for path in found)


def test_a_folder_without_flows_is_a_wrong_call(tmp_path, monkeypatch, capsys):
    """Outside of a project there is nothing to check; the folder is named in full, with the way out."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAM_TAY_ROOT", str(tmp_path))
    assert check() == 2
    err = capsys.readouterr().err
    assert f"in {tmp_path}:" in err
    assert "CAM_TAY_ROOT" in err


def test_only_these_paths(house, capsys):
    """With paths only their problems are shown; a project's folder is checked as a whole."""
    build(example("W104"), house)
    assert check(["content"]) == 0
    out, _ = capsys.readouterr()
    assert "content/vi/example/first.j2:1:4: W104 TODO: shorter" in out
    assert "flows/" not in out
    assert check([str(house)], strict=True) == 1
    assert "flows/example.toml" in capsys.readouterr().out


def test_settings_are_checked_too(house, capsys):
    """Faults of bot.toml stand in the same list."""
    shutil.copy(example("E201") / "bot.toml", house / "bot.toml")
    assert check() == 1
    assert "bot.toml:3:1: E201" in capsys.readouterr().out


def test_new_guide_is_ready_but_for_its_todos(house, capsys):
    """A scaffolded guide has no problem except that there is something to write."""
    assert new_guide("eid-lost", "Khóa VNeID khi mất máy") == 0
    capsys.readouterr()
    assert check(form="json") == 0
    assert {row["code"] for row in json.loads(capsys.readouterr().out)} == {"W104"}
    assert (house / "tests" / "talks" / "eid-lost" / "first.talk").read_text("utf-8").startswith("# The straight")


@pytest.mark.parametrize(("title", "other"), [("Rửa tay", "en"), ("Wash your hands", "vi")])
def test_new_guide_marks_the_language_that_has_no_title_yet(house, capsys, title, other):
    """Wherever the title stands in the other language, the checker says that it is to be translated."""
    assert new_guide("wash-hands", title) == 0
    capsys.readouterr()
    assert check(form="json") == 0
    rows = json.loads(capsys.readouterr().out)
    marked = {(row["path"], row["line"]) for row in rows if row["message"] == "TODO translate"}
    places = {
        (path.relative_to(house).as_posix(), number)
        for path in (house / "content" / other / "wash-hands").iterdir()
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1)
        if title in line
    }
    assert marked == places
    assert len(places) >= 2


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Bad", "x"),
        ("pieces", "x"),
        ("pieces/x", "x"),
        ("good", ""),
        ("good", "x" * 41),
        ("good", "{{ x }}"),
        ("../x", "x"),
    ],
)
def test_new_guide_refuses(house, name, title):
    """A name or title that would not pass the checker is refused, and nothing is written."""
    assert new_guide(name, title) == 2
    assert list((house / "flows").iterdir()) == []


def test_new_guide_touches_nothing_that_exists(house):
    """A second guide of the same name is refused."""
    assert new_guide("mine", "Việc của tôi") == 0
    before = (house / "flows" / "mine.toml").read_bytes()
    assert new_guide("mine", "Việc khác") == 2
    assert (house / "flows" / "mine.toml").read_bytes() == before


def test_draw(house, capsys):
    """A guide is printed as Mermaid or written as SVG; an unknown one is a wrong call."""
    assert new_guide("mine", "Việc của tôi") == 0
    capsys.readouterr()
    assert draw("mine") == 0
    assert capsys.readouterr().out.startswith("flowchart TD\n")
    assert draw("mine", svg="mine.svg") == 0
    assert (house / "mine.svg").read_text("utf-8").startswith("<svg ")
    assert draw("mine", svg="build/deep/mine.svg") == 0
    assert (house / "build" / "deep" / "mine.svg").read_text("utf-8").startswith("<svg ")
    assert draw("mine", svg="mine.svg/folder.svg") == 2
    assert draw("mina") == 2
    assert "did you mean 'mine'?" in capsys.readouterr().err
