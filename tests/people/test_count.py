"""What a typed count says, and an entry in one word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.people.count import AGES, RESULTS, Draft, age_of, in_words, read_count

SENTENCES = [
    ("12 người, kích hoạt VNeID, nhà văn hoá thôn 3", 12, "", "", "kích hoạt vneid"),
    ("có mười hai bác kích hoạt vneid", 12, "", "", "kích hoạt vneid"),
    ("muoi hai nguoi kich hoat vneid", 12, "", "", "kich hoat vneid"),
    ("hai mươi lăm người đăng nhập dịch vụ công", 25, "", "", "đăng nhập dịch vụ công"),
    ("một trăm linh ba lượt nộp phí", 103, "", "", "nộp phí"),
    ("5 bác trên 60 tuổi cài vneid chưa xong", 5, "not", "old", "cài vneid"),
    ("dưới 35 tuổi 6 bạn quét mã", 6, "", "young", "quét mã"),
    ("kích hoạt vneid cho 1 cụ 72 tuổi, đã xong", 1, "done", "old", "kích hoạt vneid"),
    ("nộp phí được một phần, 3 người cao tuổi", 3, "part", "old", "nộp phí"),
    ("15 chị kích hoạt vneid", 15, "", "", "kích hoạt vneid"),
    ("hai mươi chị em nộp phí xong", 20, "done", "", "nộp phí"),
    ("năm hội viên quét mã", 5, "", "", "quét mã"),
    ("5 học sinh quét mã", 5, "", "young", "quét mã"),
    ("3 kích hoạt vneid", 3, "", "", "kích hoạt vneid"),
    ("kích hoạt mức 2", 0, "", "", "kích hoạt mức 2"),
    ("thôn 3 kích hoạt", 0, "", "", "thôn 3 kích hoạt"),
    ("", 0, "", "", ""),
]


@pytest.mark.parametrize(("text", "number", "result", "age", "rest"), SENTENCES)
def test_a_typed_count(text, number, result, age, rest):
    """Number, how it went and age by the words; the rest is left for whoever finds guides and places."""
    said = read_count(text)
    assert (said.number, said.result, said.age) == (number, result, age)
    assert rest in said.rest


@given(st.integers(1, 999))
def test_numbers_in_words(number):
    """Every number up to 999 is understood as it is said."""
    assert in_words(spoken(number)) == number


def spoken(number: int) -> str:
    """A number as it is said in the north."""
    ones = ["", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]
    hundreds, tens, rest = number // 100, number // 10 % 10, number % 10
    words = [f"{ones[hundreds]} trăm"] if hundreds else []
    if tens == 1:
        words.append("mười")
    elif tens:
        words.append(f"{ones[tens]} mươi")
    elif hundreds and rest:
        words.append("linh")
    if rest:
        words.append("lăm" if rest == 5 and tens else ones[rest])
    return " ".join(words)


@given(st.text(max_size=60))
def test_no_sentence_is_too_odd(text):
    """Whatever is typed has a count or none."""
    said = read_count(text)
    assert said.number >= 0
    assert said.age in {"", *AGES}
    assert said.result in {"", *RESULTS}


@given(
    st.builds(
        Draft,
        team=st.sampled_from(["", "a1", "doan-xa"]),
        guide=st.sampled_from(["", "eid-activate"]),
        result=st.sampled_from(["", *RESULTS]),
        age=st.sampled_from(["", *AGES, "any"]),
        number=st.integers(0, 9_999),
        how=st.sampled_from(["told", "walked"]),
        place=st.sampled_from(["", "thanh-hoa/kien-tho"]),
        sure=st.booleans(),
    )
)
def test_an_entry_on_its_way_comes_back_as_it_was(draft):
    """What stands behind the colon of a button is the whole of it."""
    assert Draft.read(draft.written()) == draft


def test_the_bands_of_age():
    """Under 35, 35 to 59, 60 and older."""
    assert [age_of(years) for years in (1, 34, 35, 59, 60, 99)] == [
        *("young", "young", "middle", "middle", "old", "old")
    ]
