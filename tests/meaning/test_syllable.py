"""What can be a Vietnamese syllable, and where its tone stands."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.meaning.syllable import apart, bare, is_syllable, settled


@pytest.mark.parametrize(
    "word", ["quên", "mật", "khẩu", "giờ", "gì", "nghiêng", "quyển", "hoạt", "uống", "ở", "quen", "khuya"]
)
def test_vietnamese_syllables_are_known(word: str) -> None:
    """With all accents or with none."""
    assert is_syllable(word)


@pytest.mark.parametrize(
    "word", ["maatj", "khaaur", "kick", "vneid", "facebook", "bc", "x1", "", "mậc̀", "hòac", "nghiêngg"]
)
def test_other_letters_are_no_syllable(word: str) -> None:
    """Keyboard leftovers, foreign words, impossible endings and tones."""
    assert not is_syllable(word)


@pytest.mark.parametrize(
    ("one", "other"), [("hoà", "hòa"), ("khoá", "khóa"), ("thuý", "thúy"), ("xoá", "xóa"), ("hoè", "hòe")]
)
def test_both_places_of_a_tone_are_one(one: str, other: str) -> None:
    """Old and new spelling."""
    assert settled(one) == settled(other) == other


@pytest.mark.parametrize("word", ["quý", "giúp", "ngoài", "tuyển", "của", "giờ", "mười", "được", "nghiệp", "gì"])
def test_the_only_place_of_a_tone_stays(word: str) -> None:
    """Where both spellings agree nothing moves."""
    assert settled(word) == word


def test_a_word_comes_apart_into_letters_and_tone() -> None:
    """Circumflex, breve and horn stay with the letter."""
    assert apart("mật") == ("mât", "\u0323")
    assert apart("mat") == ("mat", "")
    assert bare("được") == "duoc"


@given(st.text(max_size=30))
def test_settling_twice_changes_nothing(text: str) -> None:
    """Whatever the letters are."""
    once = settled(unicodedata.normalize("NFC", text))
    assert settled(once) == once
