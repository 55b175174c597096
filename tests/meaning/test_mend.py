"""Unknown words are mended by known ones, and only where it is plain what was meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.meaning.lexicon import Word
from bot.meaning.mend import Mender

MENDER = Mender(["quen", "mat", "khau", "kich", "hoat", "facebook", "vneid", "ngan", "hang", "zalo", "khong"])


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("quenmatkhau", ["quen", "mat", "khau"]),
        ("nganhang", ["ngan", "hang"]),
        ("maat", ["mat"]),
        ("khaur", ["khau"]),
        ("khoong", ["khong"]),
        ("facebok", ["facebook"]),
        ("faecbook", ["facebook"]),
        ("vneit", ["vneid"]),
        ("kichh", ["kich"]),
        ("zalo", ["zalo"]),
        ("lúa", ["lúa"]),
        ("mua", ["mua"]),
        ("qrs", ["qrs"]),
        ("2026", ["2026"]),
        ("shipper", ["shipper"]),
    ],
)
def test_mending(typed: str, mended: list[str]) -> None:
    """Missing blanks, doubled letters, typos; a good Vietnamese word is never taken for another."""
    assert [word.bare for word in MENDER.mend(Word(typed, ""))] == mended


@given(st.text(min_size=1, max_size=48))
def test_mending_never_raises_and_never_loses_everything(typed: str) -> None:
    """Any letters, also those that are in no word."""
    assert MENDER.mend(Word(typed, ""))
    assert Mender([]).mend(Word(typed, "")) == (Word(typed, ""),)
