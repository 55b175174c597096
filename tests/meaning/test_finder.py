"""Typed sentences find what is meant; chatter finds chatter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.meaning.ear import CLEAR_LEAD, Ear
from bot.meaning.finder import GUESS, SURE, Entry, Finder

ENTRIES = (
    Entry("open:eid-activate", ("Kích hoạt tài khoản định danh", "kích hoạt vneid", "bật vneid lần đầu")),
    Entry("open:eid-forgot-password", ("Quên mật khẩu VNeID", "quên passcode", "mất mật khẩu")),
    Entry("open:pay-qr", ("Quét mã QR để trả tiền", "quét mã qr", "trả tiền bằng điện thoại", "nước quét mã")),
    Entry("talk:thanks", ("cảm ơn", "cảm ơn cháu")),
    Entry("human", ("gặp người thật", "gặp cán bộ")),
)
FINDER = Finder(ENTRIES)
EAR = Ear(ENTRIES, ())


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("kích hoạt vneid", "open:eid-activate"),
        ("KICH HOAT VNEID!!", "open:eid-activate"),
        ("vneid kích hoạt", "open:eid-activate"),
        ("kich hoatj định danh điện tử", "open:eid-activate"),
        ("kichhoat vneid", "open:eid-activate"),
        ("cháu ơi kích hoạt vneid giúp bà", "open:eid-activate"),
        ("quen mk vneid roi", "open:eid-forgot-password"),
        ("maats maatj khaaur", "open:eid-forgot-password"),
        ("tau quên mật khẩu mần răng chừ", "open:eid-forgot-password"),
        ("quét cái mã vuông", "open:pay-qr"),
        ("tra tien bang dt", "open:pay-qr"),
        ("cảm ơn cháu nhiều", "talk:thanks"),
        ("cho tôi gặp cán bộ", "human"),
    ],
)
def test_what_is_meant_comes_first(typed: str, answer: str) -> None:
    """Without accents, in another order, shortened, in dialect, with a typo or words around it."""
    assert FINDER.find(typed)[0].answer == answer


@pytest.mark.parametrize("typed", ["", "a", "hôm nay trời mưa to", "✅", "12345", "天气怎么样", "xin chào cả nhà mình"])
def test_nothing_is_found_where_nothing_is_meant(typed: str) -> None:
    """The weather leads nowhere."""
    assert FINDER.find(typed) == []


def test_the_very_words_are_clear() -> None:
    """A phrase typed as it stands is taken alone."""
    heard = EAR.hear("quên mật khẩu vneid")
    assert heard.is_clear
    assert heard.found[0].score >= SURE
    assert heard.found[0].is_sure


def test_one_word_of_a_phrase_is_at_most_a_guess() -> None:
    """Such a word stands in many phrases: a person who types it is asked, not led away."""
    assert not EAR.hear("nước").is_clear
    assert EAR.hear("passcode").found[0].answer == "open:eid-forgot-password"


def test_two_that_fit_equally_are_both_offered() -> None:
    """Nobody is led away by a hair's breadth."""
    heard = Ear([Entry("open:a", ("mở tài khoản",)), Entry("open:b", ("mở tài khoản",))], ()).hear("mở tài khoản")
    assert [found.answer for found in heard.found] == ["open:a", "open:b"]
    assert not heard.is_clear
    assert CLEAR_LEAD > 0


def test_danger_goes_before_what_fits_as_well() -> None:
    """Safety wins over the topic."""
    finder = Finder([Entry("open:a", ("đóng tiền điện",)), Entry("open:b", ("đóng tiền điện",), urgent=True)])
    assert finder.find("đóng tiền điện")[0].answer == "open:b"


def test_accents_break_a_tie() -> None:
    """A person who types "khóa" does not mean "khoa"."""
    finder = Finder([Entry("open:a", ("khoa sim",)), Entry("open:b", ("khóa sim",)), Entry("open:c", ("khoá sim",))])
    assert {found.answer for found in finder.find("khóa sim")[:2]} == {"open:b", "open:c"}


@pytest.mark.parametrize("typed", ["con ơi giúp bà với", "rồi con", "dạ con", "con"])
def test_words_that_say_nothing_find_nothing(typed: str) -> None:
    """A word that is perhaps an empty one is not enough for a guide."""
    entries = [Entry("open:a", ("con xin tiền gấp",), urgent=True), Entry("open:b", ("chuyển khoản",))]
    assert Finder(entries).find(typed) == []


@pytest.mark.parametrize("typed", ["cháu là ai", "cháu là ai vậy", "bạn là ai thế con", "chau la ai"])
def test_a_phrase_of_little_words_is_found_by_its_very_words(typed: str) -> None:
    """Whoever it is said to."""
    finder = Finder([Entry("talk:who", ("cháu là ai",)), Entry("open:a", ("ai gọi cũng nghe",))])
    assert [found.answer for found in finder.find(typed)] == ["talk:who"]


@pytest.mark.parametrize(
    ("opening", "question"),
    [
        ("dạ em chào ad, cho em hỏi là ", "quên mật khẩu vneid"),
        ("chau oi cho bac hoi ti ", "quen mk vneid"),
        ("choa hỏi tí ", "quên passcode"),
    ],
)
def test_how_a_question_is_opened_counts_for_nothing(opening: str, question: str) -> None:
    """It scores as much as without."""
    assert FINDER.find(opening + question) == FINDER.find(question)


@pytest.mark.parametrize("typed", ["chào cháu", "cho em hỏi tí", "hỏi mã", "xin chào"])
def test_an_opening_alone_is_what_is_meant(typed: str) -> None:
    """Nothing else is left, and “hỏi mã” is no opening."""
    assert Finder([Entry("talk:a", (typed,)), Entry("open:b", ("quét mã",))]).find(typed)[0].answer == "talk:a"


def test_accents_of_the_only_word_must_not_contradict() -> None:
    """Who types "mày" does not mean "máy"; typed without accents it may be."""
    finder = Finder([Entry("open:a", ("đăng xuất máy lạ",)), Entry("open:b", ("tien bay",))])
    assert finder.find("mày là") == []
    assert [found.answer for found in finder.find("may la")] == ["open:a"]
    assert [found.answer for found in finder.find("bảy")] == ["open:b"]


def test_no_entries_find_nothing() -> None:
    """A house without guides."""
    assert Finder([]).find("quên mật khẩu") == []
    assert Ear([], ()).hear("quên mật khẩu").found == ()


def test_why_tells_how_a_sentence_was_understood() -> None:
    """The plain words, what counted, and what came of it."""
    lines = EAR.why("quen mk vneid").lines()
    assert lines[0] == "plain   quen mật khẩu vneid"
    assert lines[1] == "words   quen | mật khẩu | vneid"
    assert any(line.startswith("found") and "open:eid-forgot-password" in line for line in lines)


@given(text=st.text(max_size=300), most=st.integers(1, 4))
def test_what_is_found_is_in_order(text: str, most: int) -> None:
    """Best first, nothing twice, none below the threshold, never too many, no score outside 0 to 100."""
    found = FINDER.find(text, most)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert len({each.answer for each in found}) == len(found) <= most
    assert all(GUESS <= each.score <= 100 for each in found)
