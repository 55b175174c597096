"""Folding makes typed words comparable; cleaning makes them safe to keep."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.meaning.fold import clean, fold


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("  Xong RỒI! ✅", "xong roi"),
        ("Đã xong rồi", "da xong roi"),
        ("ĐĂNG NHẬP", "dang nhap"),
        ("hoà / hòa", "hoa hoa"),
        ("thuý, thúy", "thuy thuy"),
        ("👉 Bắt đầu", "bat dau"),
        ("☎️ Gặp người giúp", "gap nguoi giup"),
        ("không\u00a0được", "khong duoc"),
        ("a_b-c.d", "a b c d"),
        ("✅", ""),
        ("", ""),
        ("…!?", ""),
        ("VNeID 2", "vneid 2"),
    ],
)
def test_folding(typed: str, folded: str) -> None:
    """Accents, case, signs, emoji and superfluous blanks go away."""
    assert fold(typed) == folded


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  xong \u200b ", "xong"),
        ("xo\u200dng", "xong"),
        ("\u202exong\u202c", "xong"),
        ("a\x00b", "ab"),
        ("a\tb\nc", "a\tb\nc"),
        (unicodedata.normalize("NFD", "rồi"), "rồi"),
        ("▶\ufe0f", "▶"),
        ("\ufeff", ""),
    ],
)
def test_cleaning(typed: str, cleaned: str) -> None:
    """NUL, zero-width and direction marks go away; accents stay, in one form."""
    assert clean(typed) == cleaned


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    """What is folded stays as it is."""
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """What is clean stays as it is."""
    assert clean(clean(text)) == clean(text)


LETTERS = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđĐbcdghklmnpqrstvx "


@given(st.text(st.sampled_from(LETTERS), max_size=60))
def test_both_unicode_forms_are_the_same(text: str) -> None:
    """A phone that sends letters and accents apart is understood like any other."""
    composed, spread = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert fold(composed) == fold(spread)
    assert clean(composed) == clean(spread)


@given(st.text(st.sampled_from(LETTERS), max_size=60))
def test_vietnamese_folds_to_plain_letters(text: str) -> None:
    """Nothing but a–z and single blanks is left of Vietnamese."""
    assert set(fold(text)) <= set("abcdefghijklmnopqrstuvwxyz ")
    assert "  " not in fold(text)
