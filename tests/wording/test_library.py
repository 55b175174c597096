"""The words of content/: languages, blocks, forms of address."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import jinja2
import pytest

from bot.wording.library import Address, Library

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "vi/_bot/address.toml": 'default = "ban"\n[ban]\nlabel = "Bạn"\nyou = "bạn"\nme = "mình"\n[ba]\nlabel = "Bà"\nyou = "bà"\nme = "cháu"\n',
    "en/_bot/address.toml": 'default = "you"\n[you]\nlabel = "You"\nyou = "you"\nme = "I"\n',
    "vi/guide/step.j2": "{% block text %}\n  Chào {{ you }}  \n\n  Ngày {{ born }}.\n{% endblock %}\n"
    "{% block yes %}Có{% endblock %}\n{% block words_yes %}\n có \n\n ừ \n{% endblock %}\n"
    "{% block empty %}{% endblock %}\n",
    "en/guide/step.j2": "{% block text %}Hello{% endblock %}",
    "vi/guide/only.j2": "{% block text %}{% if age > 60 %}{{ Me }}{% else %}x{% endif %}{% endblock %}",
    "media/picture.svg": "<svg/>",
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Two languages and a folder of pictures."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Library.read(tmp_path)


def test_languages_are_folders(library: Library) -> None:
    """Pictures are no language."""
    assert sorted(library.languages) == ["en", "vi"]


def test_an_unknown_language_is_vietnamese(library: Library) -> None:
    """Nobody is left without words."""
    assert library.language("xx").name == "vi"
    assert library.piece("xx", "guide/step", "yes", {}) == "Có"


def test_a_piece_is_rendered_and_stripped(library: Library) -> None:
    """Names are filled in, dates are written as people write them, lines have no blanks around them."""
    said = library.piece("vi", "guide/step", "text", {"you": "bác", "born": date(1958, 3, 5)})
    assert said == "Chào bác\n\nNgày 05/03/1958."


def test_the_own_language_comes_first(library: Library) -> None:
    """A translated piece is used."""
    assert library.piece("en", "guide/step", "text", {}) == "Hello"


@pytest.mark.parametrize(("text", "block"), [("guide/step", "yes"), ("guide/only", "text")])
def test_what_is_not_translated_falls_back(library: Library, text: str, block: str) -> None:
    """A missing block or file of a translation is said in Vietnamese."""
    assert library.has("en", text, block)
    assert library.piece("en", text, block, {"age": 1}) == library.piece("vi", text, block, {"age": 1})


@pytest.mark.parametrize(("text", "block"), [("guide/step", "nothing"), ("guide/nothing", "text"), ("nothing", "text")])
def test_a_piece_that_is_nowhere_is_an_error(library: Library, text: str, block: str) -> None:
    """The checker finds it beforehand; here it does not pass silently."""
    assert not library.has("vi", text, block)
    with pytest.raises(LookupError, match=block):
        library.piece("vi", text, block, {})


def test_an_unknown_name_is_an_error(library: Library) -> None:
    """A text never shows an empty gap."""
    with pytest.raises(jinja2.UndefinedError):
        library.piece("vi", "guide/step", "text", {"you": "bác"})
    with pytest.raises(jinja2.UndefinedError):
        library.piece("vi", "guide/only", "text", {})


def test_nothing_is_escaped_and_nothing_is_run(library: Library) -> None:
    """A saved text is shown as it is: no markup of ours, no template of theirs."""
    assert "<b>{{ me }}</b>" in library.piece("vi", "guide/step", "text", {"you": "<b>{{ me }}</b>", "born": ""})


def test_lines(library: Library) -> None:
    """A list of words has one per line; it does not fall back, for words of another language mean nothing here."""
    assert library.lines("vi", "guide/step", "words_yes", {}) == ("có", "ừ")
    assert library.lines("en", "guide/step", "words_yes", {}) == ()
    assert library.lines("vi", "guide/step", "empty", {}) == ()
    assert library.lines("vi", "guide/step", "words_no", {}) == ()
    assert library.lines("vi", "guide/nothing", "words_yes", {}) == ()


def test_forms_of_address(library: Library) -> None:
    """The form asked for, or the default of the language; capitals for the beginning of a sentence."""
    vietnamese = library.language("vi")
    assert vietnamese.address("ba") == Address("ba", "Bà", "bà", "cháu")
    assert vietnamese.address("") == vietnamese.address("unknown") == vietnamese.address("ban")
    assert vietnamese.address("ba").words == {"you": "bà", "me": "cháu", "You": "Bà", "Me": "Cháu"}


def test_old_words_of_a_guide_can_stay(library: Library) -> None:
    """A guide that was refused keeps the words it had; everything else is new."""
    fresh = Library(library.languages, {("vi", "guide/step"): "{% block yes %}Mới{% endblock %}", ("vi", "b/s"): ""})
    mixed = fresh.with_old_words(library, {"guide"})
    assert mixed.piece("vi", "guide/step", "yes", {}) == "Có"
    assert fresh.piece("vi", "guide/step", "yes", {}) == "Mới"
