"""`bot i18n status`, `accept` and `reviewed`: what is missing, stale, reviewed."""

from __future__ import annotations

import json
import re

import pytest

from bot.cli import i18n
from tests.translation.conftest import edit


def found(capsys, guide: str = "tea") -> dict:
    """What status says of a guide in English."""
    capsys.readouterr()
    code = i18n.status(guide, as_json=True)
    (row,) = json.loads(capsys.readouterr().out)
    assert code == (1 if row["missing"] or row["stale"] else 0)
    return row


def test_accepted_is_up_to_date(project, capsys):
    """What was just accepted is neither missing nor stale, and nobody reviewed it."""
    assert found(capsys) == {
        "language": "en",
        "guide": "tea",
        "blocks": 10,
        "missing": [],
        "stale": [],
        "reviewed": None,
    }


def test_another_source_makes_its_block_stale(project, capsys):
    """When the Vietnamese of a block changes, that block is stale, no other."""
    edit(project, "content/vi/tea/kind.j2", "Chọn loại trà", "Chọn một loại trà")
    assert found(capsys)["stale"] == ["tea/kind/text"]
    assert found(capsys, "rice")["stale"] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Nguồn: sách", "Nguồn: báo"),
        ("Chọn loại trà\n", "  Chọn loại trà  \n"),
        ("{{ You }} thích", "{# nói nhẹ #}{{ You }} thích"),
        ("trà tươi", "trà mạn"),
    ],
    ids=["a comment outside", "spaces", "a comment inside", "typed words"],
)
def test_what_is_not_said_makes_nothing_stale(project, capsys, old, new):
    """Comments, spaces at the ends of lines, and the typed words, which every language has for itself."""
    edit(project, "content/vi/tea/kind.j2", old, new)
    assert found(capsys)["stale"] == []


def test_what_nobody_accepted_is_stale(project, capsys):
    """A translation of which nobody said what it was made from needs a look."""
    (project / "content/en/tea/_origin.toml").unlink()
    assert len(found(capsys)["stale"]) == 10


def test_missing(project, capsys):
    """A block that is not there, or says nothing, is missing; so are all blocks of a file that is not there."""
    edit(project, "content/en/tea/kind.j2", "{% block green %}Green tea{% endblock %}", "")
    edit(project, "content/en/tea/_guide.j2", "Pha xong ấm trà.", " ")
    (project / "content/en/tea/boil.j2").unlink()
    assert found(capsys)["missing"] == ["tea/_guide/goal", "tea/kind/green", "tea/boil/text"]


def test_accept_one_step(project, capsys):
    """A step mended by hand is accepted alone."""
    edit(project, "content/vi/tea/kind.j2", "Trà đen", "Trà mạn")
    edit(project, "content/vi/tea/boil.j2", "Đun nước", "Đun sôi nước")
    assert i18n.accept("en", "tea/boil") == 0
    assert found(capsys)["stale"] == ["tea/kind/black"]


def test_accept_forgets_what_is_gone(project):
    """A block that the source does not have any more leaves the file of origins."""
    origins = project / "content/en/tea/_origin.toml"
    edit(project, "content/vi/tea/kind.j2", "{% block black %}Trà đen{% endblock %}", "")
    assert "black" in origins.read_text()
    assert i18n.accept("en", "tea") == 0
    assert "black" not in origins.read_text()


def test_a_renamed_step_stays_translated(project, capsys):
    """Under [moved] a step takes along what its words were made from; the next command that writes drops the old name."""
    origins = project / "content/en/tea/_origin.toml"
    for language in ("vi", "en"):
        folder = project / "content" / language / "tea"
        (folder / "boil.j2").rename(folder / "heat.j2")
    flow = project / "flows/tea.toml"
    text = flow.read_text("utf-8").replace('"boil"', '"heat"').replace("[steps.boil]", "[steps.heat]")
    flow.write_text(text, encoding="utf-8")
    assert found(capsys)["stale"] == ["tea/heat/text"]
    flow.write_text(f'{text}\n[moved]\nboil = "heat"\n', encoding="utf-8")
    assert found(capsys)["stale"] == []
    assert i18n.accept("en", "tea/kind") == 0
    assert "[made_from.heat]" in origins.read_text()
    assert "boil" not in origins.read_text()
    assert found(capsys)["stale"] == []


def test_reviewed(project, capsys):
    """A review holds until the translation or its source changes."""
    assert i18n.reviewed("en", "tea", by="teacher of English") == 0
    review = found(capsys)["reviewed"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", review.pop("on"))
    assert review == {"by": "teacher of English", "as_is": True}
    edit(project, "content/en/tea/kind.j2", "the green one", "something green")
    assert found(capsys)["reviewed"]["as_is"]
    edit(project, "content/en/tea/kind.j2", "Green tea", "Tea, green")
    assert not found(capsys)["reviewed"]["as_is"]
    assert i18n.reviewed("en", "tea") == 0
    edit(project, "content/vi/tea/kind.j2", "Trà xanh", "Chè xanh")
    assert not found(capsys)["reviewed"]["as_is"]


def test_only_what_is_up_to_date_can_be_reviewed(project, capsys):
    """A review of stale words would be worth nothing; the command says which they are."""
    edit(project, "content/vi/tea/kind.j2", "Trà xanh", "Chè xanh")
    assert i18n.reviewed("en", "tea") == 1
    assert "content/en/tea/kind.j2:11: stale: green\n" in capsys.readouterr().out


def test_table(project, capsys):
    """Without a guide: a line a guide, and the sum."""
    edit(project, "content/vi/tea/kind.j2", "Trà xanh", "Chè xanh")
    (project / "content/en/rice/cook.j2").unlink()
    assert i18n.reviewed("en", "tea") == 1
    capsys.readouterr()
    assert i18n.status() == 1
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["en", "blocks", "missing", "stale", "reviewed"] in rows
    assert ["rice", "5", "1", "0", "no"] in rows
    assert ["tea", "10", "0", "1", "no"] in rows
    assert next(row for row in rows if row[:1] == ["all"])[2:] == ["1", "1", "0", "of", "3"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: i18n.status("coffee"),
        lambda: i18n.export("en", "coffee"),
        lambda: i18n.export("vi"),
        lambda: i18n.export("xx"),
        lambda: i18n.accept("en", "tea/nothing"),
        lambda: i18n.reviewed("../en", "tea"),
        lambda: i18n.import_("nothing.po"),
    ],
)
def test_wrong_calls(project, call, capsys):
    """A guide, language or file that does not exist is a wrong call, said in a sentence."""
    assert call() == 2
    assert capsys.readouterr().err.strip()


def test_a_file_that_cannot_be_read_stops_every_command(project, capsys):
    """Half of the words would be called missing."""
    (project / "content/en/tea/boil.j2").write_bytes(b"\xff")
    assert i18n.status() == 1
    assert "content/en/tea/boil.j2:1:1: E003" in capsys.readouterr().err
