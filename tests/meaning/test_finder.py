"""Typed sentences find guides; a cry for help is heard in any sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.meaning.finder import GUESS, SURE, Entry, alarmed, find

GUIDES = (
    Entry("eid-activate", ("Kích hoạt tài khoản định danh", "kích hoạt vneid", "cài vneid")),
    Entry("eid-forgot-password", ("Quên mật khẩu VNeID", "quên passcode", "mất mật khẩu")),
    Entry("pay-qr", ("Quét mã QR để trả tiền", "quét mã qr", "trả tiền bằng điện thoại")),
)
ALARMS = (
    Entry("scam-fake-police", ("công an gọi điện", "lừa đảo", "bị lừa")),
    Entry("scam-report", ("mất tiền", "tôi chuyển tiền cho nó")),
)


@pytest.mark.parametrize(
    ("typed", "guide"),
    [
        ("kích hoạt vneid", "eid-activate"),
        ("kich hoat vneid", "eid-activate"),
        ("KICH HOAT VNEID!!", "eid-activate"),
        ("vneid kích hoạt", "eid-activate"),
        ("kich hoatj vneid", "eid-activate"),
        ("cháu ơi kích hoạt vneid giúp bà", "eid-activate"),
        ("quên mật khẩu vneid", "eid-forgot-password"),
        ("quen mat khau vneid roi", "eid-forgot-password"),
        ("quét mã qr", "pay-qr"),
        ("tra tien bang dien thoai", "pay-qr"),
    ],
)
def test_the_guide_that_is_meant_comes_first(typed: str, guide: str) -> None:
    """Without accents, in another order, with a typo or words around it."""
    assert find(typed, GUIDES)[0].guide == guide


@pytest.mark.parametrize("typed", ["", "a", "xin chào", "hôm nay trời mưa to", "✅", "12345"])
def test_nothing_is_found_where_nothing_is_meant(typed: str) -> None:
    """A greeting or the weather leads nowhere."""
    assert find(typed, GUIDES) == []


def test_the_very_words_are_sure() -> None:
    """A phrase typed as it stands is offered by itself."""
    assert find("quên mật khẩu vneid", GUIDES)[0].score >= SURE


@pytest.mark.parametrize(
    ("typed", "phrase"),
    [
        ("xong rồi", "kích hoạt đã xong rồi"),
        ("xong", "xong việc"),
        ("mua hàng", "quét mã mua hàng"),
        ("an toàn không", "quét mã qr có an toàn không"),
        ("vneid", "kích hoạt vneid"),
    ],
)
def test_half_of_a_phrase_is_at_most_a_guess(typed: str, phrase: str) -> None:
    """Such words stand in many phrases: a person who types them is asked, not led away."""
    assert [each for each in find(typed, [Entry("guide", (phrase,))]) if each.score >= SURE] == []


def test_most_of_a_phrase_is_sure() -> None:
    """A word that was left out, or words around it, take nothing away."""
    assert find("tra tien bang dien thoai", GUIDES)[0].score >= SURE
    assert find("kích hoạt", [Entry("guide", ("kích hoạt vneid",))])[0].score >= SURE
    assert find("cháu ơi kích hoạt vneid giúp bà", GUIDES)[0].score >= SURE


@given(text=st.text(max_size=300), most=st.integers(1, 4))
def test_what_is_found_is_in_order(text: str, most: int) -> None:
    """Best first, no guide twice, none below the threshold, never too many."""
    found = find(text, GUIDES, most)
    assert [f.score for f in found] == sorted((f.score for f in found), reverse=True)
    assert len({f.guide for f in found}) == len(found) <= most
    assert all(f.score >= GUESS for f in found)


@pytest.mark.parametrize(
    ("typed", "guide"),
    [
        ("công an gọi điện bảo tôi chuyển tiền", "scam-fake-police"),
        ("cong an goi dien", "scam-fake-police"),
        ("Cháu ơi bà BỊ LỪA rồi!", "scam-fake-police"),
        ("tôi mất tiền rồi", "scam-report"),
        ("bị lừa mất tiền", "scam-fake-police"),
        ("bị lừng", None),
        ("", None),
        ("✅", None),
    ],
)
def test_a_cry_for_help_is_heard(typed: str, guide: str | None) -> None:
    """Whole words, anywhere in the sentence, with or without accents; the first guide named wins."""
    assert alarmed(typed, ALARMS) == guide


def test_an_empty_phrase_alarms_nobody() -> None:
    """A phrase of nothing but signs is no phrase."""
    assert alarmed("✅", [Entry("scam", ("!!!",))]) is None
