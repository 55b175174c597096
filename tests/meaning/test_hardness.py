"""The ear and the filter of secrets take anything: every plane of Unicode, ten megabytes of one letter, any noise."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.meaning.alarm import AlarmEntry
from bot.meaning.choose import Offer, choose
from bot.meaning.ear import Ear
from bot.meaning.finder import Entry
from bot.meaning.fold import clean, fold
from bot.meaning.plain import plain
from bot.meaning.secrets import find_secret
from bot.service.house import load_house

if TYPE_CHECKING:
    from collections.abc import Callable

EAR = Ear(
    [Entry("open:a", ("quên mật khẩu vneid", "mất mật khẩu")), Entry("talk:b", ("cảm ơn cháu",))],
    [AlarmEntry("open:a", ("bị lừa", "mất tiền rồi"), ("chuyển nhầm",))],
)
OFFERS = (Offer("done", "✅ Xong rồi", ("xong", "rồi")), Offer("stuck", "🆘 Mắc ở đây", ("kẹt", "giúp bà")))
DOORS: dict[str, Callable[[str], object]] = {
    "clean": clean,
    "fold": fold,
    "plain": plain,
    "hear": EAR.hear,
    "find_secret": find_secret,
    "choose": lambda text: choose(text, OFFERS),
}
"""Whatever a stranger types goes through these."""

MUCH = 10_000_000
"""Letters of the longest text."""

NOISE = (
    "a", "ơ", "đ", "1", "0 ", " ", "\u0301", "a\u0301", "aa", "w", "j", "ma ", "mk ", "bi lua ", "mat tien ", "quenmatkhau",
    "123-", "1.", "9704", "mã ", "otp 1", "🙂", "\u200b", "\U0001f469\u200d", "ﷺ", "İ", "ß",
)  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("plane", range(17))
def test_every_plane_of_unicode(door: str, plane: int) -> None:
    """Each character there is, also those that are none yet and halves of pairs."""
    for start in range(plane << 16, (plane + 1) << 16, 4096):
        DOORS[door]("".join(map(chr, range(start, start + 4096))))


@pytest.mark.parametrize("plane", range(17))
def test_folding_any_character_twice_changes_nothing(plane: int) -> None:
    """One by one, so that none hides behind its neighbours."""
    for start in range(plane << 16, (plane + 1) << 16, 64):
        text = " ".join(map(chr, range(start, start + 64)))
        once = fold(text)
        assert fold(once) == once
        assert clean(clean(text)) == clean(text)
    if plane < 3:
        for start in range(plane << 16, (plane + 1) << 16, 8):
            once = plain(" ".join(map(chr, range(start, start + 8))))
            assert plain(once) == once


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("noise", NOISE)
def test_twice_the_length_takes_about_twice_the_time(door: str, noise: str) -> None:
    """Never more than linear: what grows faster is four times as slow at the least."""
    small, large = noise * (10_000 // len(noise)), noise * (80_000 // len(noise))
    seconds = [min(_seconds(DOORS[door], text) for _ in range(2)) for text in (small, large)]
    assert seconds[1] < 8 * 4 * seconds[0] + 0.05


@pytest.mark.parametrize("door", DOORS)
def test_ten_megabytes_of_one_letter(door: str) -> None:
    """Slow is allowed, stuck is not."""
    assert _seconds(DOORS[door], "a" * MUCH) < 30


@given(st.text(max_size=400))
@settings(max_examples=200)
def test_nothing_raises(text: str) -> None:
    """Any text at all."""
    for door in DOORS.values():
        door(text)
    EAR.why(text).lines()


@given(st.lists(st.sampled_from([*NOISE, "có ", "không ", "sợ ", "mật khẩu", "vneid"]), max_size=40))
@settings(max_examples=200)
def test_nothing_raises_on_what_looks_like_words(parts: list[str]) -> None:
    """Pieces that the rules look for, in any order."""
    text = "".join(parts)
    for door in DOORS.values():
        door(text)


@pytest.mark.parametrize("noise", [*NOISE, "chuyển tiền ", "cong an goi ", "10 triệu ", "giup voi "])
def test_with_the_words_of_all_guides_the_longest_noise_is_soon_done(noise: str) -> None:
    """Only so much of a text is listened to, so that what many guides know costs no more than an evening's sentences."""
    ear = real()
    begun = time.process_time()
    ear.hear(noise * (400_000 // len(noise)))
    assert time.process_time() - begun < 0.5


@cache
def real() -> Ear:
    """The ear of the guides as they are."""
    return load_house(Path(__file__).parents[2], {})[0].ear


def _seconds(door: Callable[[str], object], text: str) -> float:
    begun = time.process_time()
    door(text)
    return time.process_time() - begun
