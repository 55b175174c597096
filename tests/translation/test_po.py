"""Words to PO files and back."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import polib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel.base import Message
from bot.cli import i18n
from bot.flow.check import check
from bot.translation.bundle import Bundle
from bot.translation.po import read_po, to_po
from bot.translation.take import take, write_all
from bot.wording.library import Library
from bot.wording.sentences import SENTENCES
from tests.kit.shell import CHECKED, REPOSITORY, a_bot, write_words
from tests.translation.conftest import KIND_EN, edit, tree

KIND = "content/en/tea/kind.j2"


@pytest.fixture
def exported(project):
    """The project, with its tea in out.po."""
    assert i18n.export("en", "tea", to="out.po") == 0
    return project


def entries(file: str = "out.po") -> dict[str, polib.POEntry]:
    """The entries of a PO file by their place."""
    return {entry.msgctxt: entry for entry in polib.pofile(file, encoding="utf-8")}


def translate(words: dict[str, str], file: str = "out.po", *, still_fuzzy: bool = False) -> None:
    """What a translator's tool does: other words in some entries."""
    po = polib.pofile(file, encoding="utf-8")
    mine = [entry for entry in po if entry.msgctxt in words]
    assert len(mine) == len(words)
    for entry in mine:
        entry.msgstr = words[entry.msgctxt]
        entry.flags = ["fuzzy"] if still_fuzzy else []
    po.save(file)


def line_of(words: str, file: str = "out.po") -> int:
    """The line of the PO file in which these words stand."""
    return 1 + next(n for n, line in enumerate(Path(file).read_text("utf-8").split("\n")) if words in line)


def test_unchanged_there_and_back(exported, capsys):
    """An export that comes back untouched changes no file."""
    before = tree(exported)
    assert i18n.import_("out.po") == 0
    assert tree(exported) == before
    assert "0 blocks new, 0 changed. 0 files written." in capsys.readouterr().err


def test_all_real_words_there_and_back(tmp_path, monkeypatch):
    """The same with every word of this project, stale ones and those that are up to date."""
    for folder in ("content", "flows"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.svg", "_origin.toml"))
    monkeypatch.setenv("CAM_TAY_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert i18n.accept("en", "eid-activate") == 0
    before = tree(tmp_path)
    assert i18n.export("en", to="all.po") == 0
    assert i18n.import_("all.po") == 0
    assert tree(tmp_path) == before
    assert len(entries("all.po")) > 3000


@given(
    st.lists(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="{}%#"), min_size=1), max_size=3),
    st.text(st.sampled_from('ab "\\\n\tđẫ’\u2028\x85')),
)
def test_any_words_there_and_back(paragraphs, tricky):
    """Whatever signs the words hold, a PO file gives them back as they were."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        write_words(root, "vi/tea/kind", {"text": "\n\n".join(["Trà", *paragraphs]), "black": f"Đen{tricky}"})
        write_words(root, "en/tea/kind", {"text": "".join(["Tea", *paragraphs]), "black": f"Black{tricky}"})
        (root / "out.po").write_text(to_po(Bundle.read(root), "en", ["tea"]), encoding="utf-8", newline="\n")
        language, back = read_po(root / "out.po")
        bundle = Bundle.read(root)
        assert language == "en"
        assert {(e.block, e.source) for e in back} == {
            (p.name, p.words) for p in bundle.passages("vi", "tea/kind").values()
        }
        assert {e.block: e.words for e in back} == {
            p.name: p.words.replace("\r\n", "\n") for p in bundle.passages("en", "tea/kind").values()
        }


def test_what_a_translator_is_told(exported):
    """Where a step stands, what a block is for, what its signs mean."""
    edit(exported, "flows/tea.toml", "do = true\n", 'do = true\npicture = "tea/boil.svg"\n')
    write_words(exported, "vi/tea/boil", {"text": "Đun nước", "alt": "Ấm nước trên bếp."})
    assert i18n.export("en", "tea", to="out.po") == 0
    of = {place: entry.comment.replace("\n", " ") for place, entry in entries().items()}
    assert "Step kind of “🍵 Pha trà”: where it begins; a question with buttons." in of["tea/kind/text"]
    assert "Note: Nguồn: sách dạy pha trà." in of["tea/kind/text"]
    assert "{{ you }} is how the person is called" in of["tea/kind/text"]
    assert "under “Chọn loại trà”; leads to “Đun nước”." in of["tea/kind/green"]
    assert "at most 30 characters" in of["tea/kind/green"]
    assert "instead of tapping “Trà xanh”. Not to be translated word by word" in of["tea/kind/words_green"]
    assert "something to do" in of["tea/boil/text"]
    assert "Comes after “Chọn loại trà” → “Trà xanh”, “Chọn loại trà” → “Trà đen”." in of["tea/boil/text"]
    assert "Picture: Ấm nước trên bếp." in of["tea/boil/text"]
    assert "{{ cups }} is what was answered to “Mấy chén?”: it must stand" in of["tea/ready/text"]
    assert "Source: https://baochinhphu.vn" in of["tea/_guide/title"]
    assert entries()["tea/kind/black"].occurrences == [("content/vi/tea/kind.j2", "12")]


def test_the_bots_own_sentences_come_along(project):
    """With what their signs mean, conditions too."""
    assert i18n.export("en", "_bot", to="out.po") == 0
    found = entries()["_bot/human/text"]
    assert "{% if phone %}" in found.msgid
    assert "What stands between {% and %} stays as it is" in found.comment.replace("\n", " ")
    assert "The name of your language" in entries()["_bot/buttons/language_name"].comment


def test_new_words_stand_where_the_old_ones_stood(exported):
    """Order, comments, blank lines and the layout of a block stay; nothing else is touched."""
    before = tree(exported)
    translate({"tea/kind/text": "Pick a tea\n\nWhich?", "tea/kind/black": "The black", "tea/kind/words_green": "a\nb"})
    assert i18n.import_("out.po") == 0
    after = tree(exported)
    wanted = (
        KIND_EN.replace("Choose a tea\n\nWhich one do you like?", "Pick a tea\n\nWhich?")
        .replace("Black tea", "The black")
        .replace("the green one", "a\nb")
    )
    assert after.pop("en/tea/kind.j2").decode() == wanted
    assert after == {path: words for path, words in before.items() if path != "en/tea/kind.j2"}


def test_a_new_block_comes_after_the_one_it_follows_in_the_source(exported):
    """Laid out as there; a block that follows none comes first, and a new file has the order of the source."""
    (exported / KIND).write_text("{# Ours. #}\n{% block green %}Green tea{% endblock %}\n", encoding="utf-8")
    (exported / "content/en/tea/boil.j2").unlink()
    assert i18n.import_("out.po") == 0
    assert (exported / KIND).read_text() == (
        "{# Ours. #}\n{% block text %}\nChoose a tea\n\nWhich one do you like?\n{% endblock %}\n"
        "{% block green %}Green tea{% endblock %}\n"
        "{% block words_green %}\nthe green one\n{% endblock %}\n"
        "{% block black %}Black tea{% endblock %}\n"
    )
    assert (exported / "content/en/tea/boil.j2").read_text() == "{% block text %}Đun nước{% endblock %}\n"
    assert i18n.status("tea") == 0


def test_several_lines_stand_between_the_tags(exported):
    """A block of one line that gets several is laid out anew."""
    translate({"tea/ready/text": "{{ cups }} cups\n\nfor {{ guest }}"})
    assert i18n.import_("out.po") == 0
    file = exported / "content/en/tea/ready.j2"
    assert file.read_text() == "{% block text %}\n{{ cups }} cups\n\nfor {{ guest }}\n{% endblock %}\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("Cups for {{ guest }}", "{{ cups }} is missing"),
        ("{{ cups }} for {{ guest }}, {{ host }}", "{{ host }} is not in the source"),
        ("{{ cups } for {{ guest }}", "a tag is not closed"),
        ("{{ cups }} for {{ guest }} {% if cups %}now", "not a template"),
        ("{{ cups }} for {{ guest }}{% for x in cups %}.{% endfor %}", "a text cannot use 'for'"),
        ("{{ cups }} for {{ guest }}{% endblock %}{% block more %}.", "a text cannot hold a block"),
        ("{{ cups }} for {{ guest }} {# now", "not closed"),
    ],
)
def test_what_would_break_is_refused(exported, capsys, words, why):
    """With its line in the PO file; then nothing is written, not even what is good."""
    before = tree(exported)
    translate({"tea/ready/text": words, "tea/kind/green": "The green"})
    capsys.readouterr()
    assert i18n.import_("out.po") == 1
    said = capsys.readouterr().err
    assert f"out.po:{line_of(words)}: " in said
    assert why in said
    assert said.endswith("Nothing was written.\n")
    assert tree(exported) == before


def test_a_condition_that_is_lost_is_refused(project, capsys):
    """Its names may still be there, but the sentence would be said to everybody."""
    assert i18n.export("en", "_bot", to="out.po") == 0
    translate({"_bot/human/text": "Ask {{ operator }} {{ phone }} {{ hours }}."})
    assert i18n.import_("out.po") == 1
    assert "{% if phone %} is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('msgstr "Green tea"', 'msgstr "Green tea', "not a line of a PO file"),
        ('msgstr "Green tea"', 'msgstr "Green "tea"', "not a line of a PO file"),
        ('msgstr "Green tea"', 'msgstr "Green tea"\nGreen', "not a line of a PO file"),
        ('msgstr "Green tea"', 'msgfoo "Green tea"', "not a line of a PO file"),
        ('msgctxt "tea/kind/green"', 'msgctxt "green"', "msgctxt is not guide/step/block"),
        ('msgctxt "tea/kind/green"', 'msgctxt "tea/kind/black"', "tea/kind/black is given twice"),
    ],
)
def test_a_file_that_is_no_po_of_ours_is_refused(exported, capsys, old, new, why):
    """Said with a line."""
    edit(exported, "out.po", old, new)
    before = tree(exported)
    capsys.readouterr()
    assert i18n.import_("out.po") == 1
    said = capsys.readouterr().err
    assert why in said
    assert said.startswith("out.po:")
    assert tree(exported) == before


def test_latin_letters_are_refused(exported, capsys):
    """A tool that does not save UTF-8 loses Vietnamese."""
    Path("out.po").write_bytes(Path("out.po").read_text("utf-8").encode("utf-16"))
    assert i18n.import_("out.po") == 1
    assert "the file is not UTF-8" in capsys.readouterr().err


def test_a_file_that_names_no_language_is_refused(exported, capsys):
    """Nobody could say where its words belong."""
    edit(exported, "out.po", '"Language: en\\n"\n', "")
    assert i18n.import_("out.po") == 2
    assert "does not say its language" in capsys.readouterr().err


def test_a_template_at_fault_is_left_alone(exported, capsys):
    """What cannot be read cannot be changed in a part."""
    edit(exported, KIND, "{% endblock text %}", "")
    translate({"tea/kind/green": "The green"})
    before = tree(exported)
    assert i18n.import_("out.po") == 1
    assert "content/en/tea/kind.j2" in capsys.readouterr().err
    assert tree(exported) == before


def test_the_source_may_change_while_somebody_translates(exported, capsys):
    """The words are taken and stale at once; a block that is gone is told and left out."""
    edit(exported, "content/vi/tea/kind.j2", "Trà xanh", "Chè xanh")
    edit(exported, "content/vi/tea/kind.j2", "{% block black %}Trà đen{% endblock %}\n", "")
    translate({"tea/kind/green": "The green"})
    assert i18n.import_("out.po") == 0
    assert f"out.po:{line_of('Black tea')}: tea/kind/black is not there any more" in capsys.readouterr().err
    assert "The green" in (exported / KIND).read_text()
    assert i18n.status("tea") == 1
    assert "stale: green" in capsys.readouterr().out


def test_fuzzy_until_somebody_has_looked(exported, capsys):
    """A stale block is exported as fuzzy; it counts again when the mark is gone, with other words or the same."""
    edit(exported, "content/vi/tea/kind.j2", "Trà xanh", "Chè xanh")
    assert i18n.export("en", "tea", to="out.po") == 0
    assert [place for place, entry in entries().items() if entry.fuzzy] == ["tea/kind/green"]
    before = tree(exported)
    translate({"tea/kind/green": "Not sure yet"}, still_fuzzy=True)
    assert i18n.import_("out.po") == 0
    assert "1 marked fuzzy were left out" in capsys.readouterr().err
    assert tree(exported) == before
    translate({"tea/kind/green": "Green tea"})
    assert i18n.import_("out.po") == 0
    assert i18n.status("tea") == 0
    assert (exported / KIND).read_text() == KIND_EN


async def test_a_new_language_begins_with_an_export(project, capsys):
    """Forms of address by hand, the rest by a PO file; the checker is content, and the bot speaks it."""
    assert i18n.export("xx", to="xx.po") == 2
    assert "content/xx/_bot/address.toml" in capsys.readouterr().err
    address = project / "content/xx/_bot/address.toml"
    address.parent.mkdir(parents=True)
    address.write_text('default = "you"\n[you]\nlabel = "Tu"\nyou = "tu"\nme = "mi"\n', encoding="utf-8")
    assert i18n.export("xx", to="xx.po") == 0
    po = polib.pofile("xx.po", encoding="utf-8")
    for entry in po:
        entry.msgstr = "Xx" if entry.msgctxt == "_bot/buttons/language_name" else entry.msgid.replace("Chọn", "Elektu")
    po.save("xx.po")
    assert i18n.import_("xx.po") == 0
    problems = check(project, today=CHECKED, bot_texts=SENTENCES)
    assert [str(problem) for problem in problems if "/xx/" in str(problem)] == []
    library = Library.read(project / "content")
    assert library.piece("xx", "tea/kind", "text", {"You": "Tu", "you": "tu"}).startswith("Elektu loại trà")
    async with a_bot(project) as bot:
        await bot.says("1", "/start tea", language="xx")
        first = next(out for out in bot.channel.to("1") if isinstance(out, Message) and "Elektu" in out.head)
        assert first.buttons[0].label == "Trà xanh"


def test_all_or_nothing(tmp_path):
    """When one file cannot be written, the others are as before and nothing lies about."""
    (tmp_path / "good.j2").write_text("old")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        write_all({tmp_path / "good.j2": "new", tmp_path / "file" / "bad.j2": "new"})
    assert {path.name for path in tmp_path.iterdir()} == {"file", "good.j2"}
    assert (tmp_path / "good.j2").read_text() == "old"


def test_what_an_import_leads_to_is_known_before_it_is_written(exported):
    """The core of the import touches no file."""
    translate({"tea/kind/green": "The green"})
    before = tree(exported)
    taken = take(Bundle.read(exported), *read_po(Path("out.po")))
    assert (taken.new, taken.changed, [path.name for path in taken.files]) == (0, 1, ["kind.j2"])
    assert tree(exported) == before
