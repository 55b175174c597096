"""What people type, read as the kind of answer a step asks for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.answer import Refusal, read_answer, value_of
from bot.flow.model import INPUTS, Kind, Place, Step

PLACE = Place(Path("probe.toml"), 1)


def asks(kind: Kind, least: float | None = None, most: float | None = None) -> Step:
    """A step that asks for this."""
    return Step("step", kind, "probe/step", PLACE, min=least, max=most)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("60", "60"),
        (" 60 tuổi", "60"),
        ("tôi 60.", "60"),
        ("năm nay 60, khỏe lắm", "60"),
        ("60t", "60"),
        ("007", "7"),
        ("-5", "-5"),
        ("-0", "0"),
        ("3,5", "3,5"),
        ("3.5", "3,5"),
        ("0,000001", "0,000001"),
        ("500.000", "500000"),
        ("1.500.000 đồng", "1500000"),
        ("1,500,000", "1500000"),
        ("500,000", "500000"),
        ("1.500,5", None),
        ("sáu mươi", None),
        ("60 hay 61", None),
        ("", None),
        ("1234567890123456", None),
        ("1.2.3", None),
        ("12/3", None),
    ],
)
def test_numbers(typed: str, answer: str | None) -> None:
    """One number in a sentence, with Vietnamese thousands and decimals; two numbers are none."""
    assert read_answer(asks(Kind.NUMBER), typed) == (answer or Refusal("number"))


@pytest.mark.parametrize(
    ("typed", "fits"), [("0", True), ("120", True), ("-1", False), ("121", False), ("0,5", True), ("120,000001", False)]
)
def test_the_limits_of_a_number(typed: str, fits: bool) -> None:
    """The smallest and the largest number still fit."""
    assert isinstance(read_answer(asks(Kind.NUMBER, 0, 120), typed), str) == fits


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("5/3/1958", "1958-03-05"),
        ("05/03/1958", "1958-03-05"),
        ("5-3-1958", "1958-03-05"),
        ("5.3.1958", "1958-03-05"),
        ("5 3 1958", "1958-03-05"),
        ("5 / 3 / 1958", "1958-03-05"),
        ("1958-03-05", "1958-03-05"),
        ("ngày 5 tháng 3 năm 1958", "1958-03-05"),
        ("mùng 5 thang 3 nam 1958", "1958-03-05"),
        ("5 Tháng 3 1958", "1958-03-05"),
        ("5 tháng 3, 1958", "1958-03-05"),
        ("bà sinh 5/3/1958 ở quê", "1958-03-05"),
        ("29/2/2000", "2000-02-29"),
        ("29/2/1900", None),
        ("31/4/1958", None),
        ("13/13/1958", None),
        ("0/3/1958", None),
        ("5/3/58", None),
        ("5/3/1899", None),
        ("5/3/1900", "1900-03-05"),
        ("5/3/19588", None),
        ("115 tháng 3 năm 1958", None),
        ("1958", None),
        ("hôm qua", None),
        ("", None),
    ],
)
def test_dates(typed: str, answer: str | None) -> None:
    """Day, month and year in every usual way of writing; a day that does not exist is refused."""
    assert read_answer(asks(Kind.DATE), typed) == (answer or Refusal("date"))


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("0912345678", "0912345678"),
        ("0912 345 678", "0912345678"),
        ("0912.345.678", "0912345678"),
        ("0912-345-678", "0912345678"),
        ("(091) 2345678", "0912345678"),
        ("+84912345678", "0912345678"),
        ("+84 912 345 678", "0912345678"),
        ("84912345678", "0912345678"),
        ("số của tôi 0381234567 nhé", "0381234567"),
        ("0381234567", "0381234567"),
        ("0561234567", "0561234567"),
        ("0701234567", "0701234567"),
        ("0812345678", "0812345678"),
        ("0112345678", None),
        ("02373721150", None),
        ("091234567", None),
        ("09123456789", None),
        ("0912345678 hoặc 0987654321", None),
        ("không có", None),
        ("", None),
    ],
)
def test_phones(typed: str, answer: str | None) -> None:
    """Mobile numbers of Viet Nam, with or without the country code."""
    assert read_answer(asks(Kind.PHONE), typed) == (answer or Refusal("phone"))


@pytest.mark.parametrize(
    ("typed", "least", "most", "answer"),
    [
        ("  Hoa ", None, None, "Hoa"),
        ("", None, None, None),
        ("   ", None, None, None),
        ("", 0, None, None),
        ("ab", 3, None, None),
        ("abc", 3, 5, "abc"),
        ("abcdef", 3, 5, None),
        ("x" * 200, None, None, "x" * 200),
        ("x" * 201, None, None, None),
        ("x" * 1000, None, 1000, "x" * 1000),
    ],
)
def test_texts(typed: str, least: int | None, most: int | None, answer: str | None) -> None:
    """A text as it is, no longer and no shorter than the step allows."""
    assert read_answer(asks(Kind.TEXT, least, most), typed) == (answer or Refusal("text"))


@pytest.mark.parametrize("kind", sorted(set(Kind) - INPUTS))
def test_other_steps_are_not_answered_by_typing(kind: Kind) -> None:
    """A step without a typed answer refuses every text."""
    assert read_answer(asks(kind), "12") == Refusal(kind)


@pytest.mark.parametrize(
    ("kind", "answer", "value"),
    [
        (Kind.NUMBER, "60", 60),
        (Kind.NUMBER, "3,5", 3.5),
        (Kind.DATE, "1958-03-05", date(1958, 3, 5)),
        (Kind.TEXT, "Hoa", "Hoa"),
        (Kind.PHONE, "0912345678", "0912345678"),
        (Kind.CHOICE, "yes", "yes"),
    ],
)
def test_values(kind: Kind, answer: str, value: object) -> None:
    """A canonical answer is kept as text and compared as what it is."""
    assert value_of(asks(kind), answer) == value
    assert type(value_of(asks(kind), answer)) is type(value)


@given(
    kind=st.sampled_from(sorted(INPUTS)),
    typed=st.one_of(st.text(max_size=80), st.from_regex(r"\A-?[0-9., /\-]{0,20}\Z")),
)
def test_any_text_is_read_or_refused(kind: Kind, typed: str) -> None:
    """What is read is canonical: it reads as itself, and has a value."""
    step = asks(kind)
    answer = read_answer(step, typed)
    if isinstance(answer, str):
        assert read_answer(step, answer) == answer
        value_of(step, answer)


@given(st.integers(-(10**12), 10**12) | st.decimals(-(10**6), 10**6, places=6).map(float))
def test_every_number_keeps_its_value(number: float) -> None:
    """A number written the Vietnamese way is the number that was meant."""
    typed = str(number) if isinstance(number, int) else f"{number:.6f}".replace(".", ",")
    typed = typed.removesuffix(",000000")
    answer = read_answer(asks(Kind.NUMBER), typed)
    assert isinstance(answer, str)
    assert value_of(asks(Kind.NUMBER), answer) == pytest.approx(number, abs=1e-9)
