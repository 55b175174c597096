"""Leftovers of Telex and VNI become the syllables they were meant to be; other words are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.meaning.keyboard import from_telex, from_vni, has_vni_letter
from bot.meaning.syllable import is_syllable


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("laays", "lấy"),
        ("laij", "lại"),
        ("maatj", "mật"),
        ("majat", "mật"),
        ("khaaur", "khẩu"),
        ("ddawng", "đăng"),
        ("ddinhj", "định"),
        ("dinhdj", "định"),
        ("dduwowcj", "được"),
        ("dduowcj", "được"),
        ("dduocwj", "được"),
        ("nuwowcs", "nước"),
        ("chuyeenr", "chuyển"),
        ("nghieepj", "nghiệp"),
        ("hoaf", "hòa"),
        ("quys", "quý"),
    ],
)
def test_telex(typed: str, meant: str) -> None:
    """Doubled letters, hooks and tones, in whichever order they were typed."""
    assert from_telex(typed) == meant


@pytest.mark.parametrize(
    "typed", ["dang", "khoong", "vneid", "otp", "facebook", "zalo", "mật", "bcd", "a1", "", "xxxxxxxxxxxxxxxx"]
)
def test_what_is_no_telex_is_left_alone(typed: str) -> None:
    """Plain syllables, foreign words, words with accents."""
    assert from_telex(typed) in {None, "không"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("mat65", "mật"),
        ("ma65t", "mật"),
        ("khau63", "khẩu"),
        ("d9ang8", "đăng"),
        ("d9u7o7c5", "được"),
        ("d9uo7c5", "được"),
    ],
)
def test_vni(typed: str, meant: str) -> None:
    """Digits in or behind the word."""
    assert from_vni(typed) == meant


@pytest.mark.parametrize("typed", ["muc2", "4g", "2345", "ip6", "mat0", "qr9", "", "khau", "abcdefghijklm123"])
def test_what_is_no_vni_is_left_alone(typed: str) -> None:
    """A level, a network, a number."""
    assert from_vni(typed) is None


def test_only_a_letter_mark_shows_vni_beyond_doubt() -> None:
    """The word "muc1" may as well be "mức 1"."""
    assert has_vni_letter("khau63")
    assert not has_vni_letter("muc1")


@given(st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789"), max_size=16))
def test_what_is_decoded_is_a_syllable(word: str) -> None:
    """Never letters that nobody could have meant."""
    for meant in (from_telex(word), from_vni(word)):
        assert meant is None or (is_syllable(meant) and not meant.isascii())
