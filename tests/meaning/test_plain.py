"""Short forms, dialect and keyboard leftovers become plain Vietnamese."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.meaning.lexicon import FILE, lexicon
from bot.meaning.plain import LONGEST, MOST_WORDS, joined, plain, words_of
from bot.meaning.syllable import settled


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("quên mk", "quên mật khẩu"),
        ("cho mk hỏi", "cho mình hỏi"),
        ("ck 500k cho chị", "chuyển khoản 500 nghìn cho chị"),
        ("vợ ck tôi", "vợ chồng tôi"),
        ("dk vneid", "đăng ký vneid"),
        ("ko dk", "không được"),
        ("tk ngân hàng", "tài khoản ngân hàng"),
        ("sdt vs stk", "số điện thoại với số tài khoản"),
        ("nh báo cccd hết hạn", "ngân hàng báo căn cước hết hạn"),
        ("ko hok hông k", "không không không không"),
        ("mần răng rứa", "làm sao thế"),
        ("choa nỏ biết mô", "tôi không biết đâu"),
        ("cái ni của tau", "cái này của tôi"),
        ("laays laij maatj khaaur", "lấy lại mật khẩu"),
        ("quen6 mat5 khau63", "quên mạt khẩu"),
        ("lên muc2", "lên muc 2"),
        ("ơiiiii trờiii", "ơi trời"),
        ("HOÀ, hòa!", "hòa hòa"),
        ("mở khoá", "mở khóa"),
        ("V\u200bN\u200beID", "vneid"),
        ("", ""),
        ("✅ …!?", ""),
    ],
)
def test_plain_words(typed: str, understood: str) -> None:
    """As a person would read it aloud."""
    assert plain(typed) == understood


def test_accents_are_kept_where_they_were_typed() -> None:
    """They break ties; without them only the letters are known."""
    assert [(word.bare, word.kept) for word in words_of("mật khau")] == [("mat", "mật"), ("khau", "")]


def test_an_accent_that_was_typed_is_believed() -> None:
    """The words "mở" and "chỉ" are not the dialect's "mô" and "chi"."""
    assert plain("mở chỉ") == "mở chỉ"


def test_several_ways_to_say_a_thing_become_one() -> None:
    """With and without accents; the longest way goes first."""
    assert [word.bare for word in joined(words_of("kich hoat định danh điện tử"))] == ["kich", "hoat", "vneid"]
    assert [word.bare for word in joined(words_of("mã xác nhận"))] == ["otp"]
    assert [word.bare for word in joined(words_of("mà xác nhận"))] == ["ma", "xac", "nhan"]


def test_a_long_message_is_heard_up_to_a_point() -> None:
    """Nobody asks for a guide behind a hundred words."""
    assert len(words_of("xong " * 10_000)) == MOST_WORDS
    assert len(words_of("x" * 10_000)[0].bare) <= LONGEST


def test_no_meaning_of_a_short_form_is_a_short_form() -> None:
    """What is plain stays plain, however often it is read."""
    known = lexicon()
    meanings = [*known.short.values(), *(several.usual for several in known.several.values())]
    meanings += [meant for several in known.several.values() for meant in several.beside.values()]
    for words in meanings:
        said = " ".join(word.kept for word in words)
        assert plain(said) == said


def test_the_lexicon_is_in_small_letters_with_settled_tones() -> None:
    """An entry that could never be met is a mistake."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    ways = [way for table in ("short", "dialect", "same") for ways in data[table].values() for way in ways]
    wrong = [way for way in ways if way != " ".join(map(settled, way.lower().split()))]
    assert wrong == []
    assert [word for word in data["empty"]["words"] if " " in word and word not in data["same"]] == []
    doubled = {way for way in ways if ways.count(way) > 1}
    assert doubled == set()


@given(st.text(max_size=80))
def test_plain_twice_changes_nothing(text: str) -> None:
    """Whatever was typed."""
    assert plain(plain(text)) == plain(text)


TYPED = st.lists(
    st.one_of(
        st.sampled_from(
            [*lexicon().short, *lexicon().several, "mat65", "khau63", "muc2", "maatj", "quen", "500k", "ơiiii", "của"]
        ),
        st.text(st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyfjwz0123456789.,! "), max_size=9),
    ),
    max_size=9,
)


@given(TYPED)
def test_plain_twice_changes_nothing_of_what_people_type(parts: list[str]) -> None:
    """Short forms, keyboards and digits side by side."""
    once = plain(" ".join(parts))
    assert plain(once) == once
