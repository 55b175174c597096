"""Figures as an old person in Viet Nam expects to hear them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wording.figures import apart, cardinal, in_vietnamese, spelled

NUMBERS = {
    0: "không",
    5: "năm",
    10: "mười",
    15: "mười lăm",
    21: "hai mươi mốt",
    25: "hai mươi lăm",
    55: "năm mươi lăm",
    101: "một trăm linh một",
    110: "một trăm mười",
    115: "một trăm mười lăm",
    1000: "một nghìn",
    1005: "một nghìn không trăm linh năm",
    2026: "hai nghìn không trăm hai mươi sáu",
    15_500: "mười lăm nghìn năm trăm",
    2_000_005: "hai triệu không trăm linh năm",
    10**9: "một tỷ",
}

SAID = {
    # dates
    "Hạn 15/3.": "Hạn ngày mười lăm tháng ba.",
    "Ngày 5/3/1958": "Ngày mùng năm tháng ba năm một nghìn chín trăm năm mươi tám",
    "ngày 4/4": "ngày mùng bốn tháng tư",
    "ngày 10 tháng 4 năm 2026": "ngày mùng mười tháng tư năm hai nghìn không trăm hai mươi sáu",
    "tháng 4/2025": "tháng tư năm hai nghìn không trăm hai mươi lăm",
    "trong 4 tháng, 3 ngày": "trong bốn tháng, ba ngày",
    "45/99": "bốn mươi lăm trên chín mươi chín",
    # a place in a guide is no date
    "Bước 3/7": "Bước ba trên bảy",
    # phone numbers, digit by digit, with a rest between groups
    "Gọi 1900 0368.": "Gọi một chín không không, không ba sáu tám.",
    "1800 1096, gọi": "một tám không không, một không chín sáu, gọi",
    "0912 345 678": "không chín một hai, ba bốn năm, sáu bảy tám",
    "0912345678": "không chín một hai, ba bốn năm, sáu bảy tám",
    "024.3825.1234": "không hai bốn, ba tám hai năm, một hai ba bốn",
    "+84 912 345 678": "cộng tám bốn, chín một hai, ba bốn năm, sáu bảy tám",
    # codes
    "123456": "một hai ba, bốn năm sáu",
    "1 2 3": "một hai ba",
    "mã 09": "mã không chín",
    # amounts
    "12 số": "mười hai số",
    "500.000 đồng": "năm trăm nghìn đồng",
    "1.500.000đ": "một triệu năm trăm nghìn đồng",
    "500k": "năm trăm nghìn",
    "10tr": "mười triệu",
    "2,5 triệu": "hai phẩy năm triệu",
    "50%": "năm mươi phần trăm",
    "2-3 ngày": "hai đến ba ngày",
    "mức 2.": "mức hai.",
    "lớp 1A": "lớp một A",
    # times of day
    "từ 7:30 đến 17:00": "từ bảy giờ ba mươi phút đến mười bảy giờ",
    "8h": "tám giờ",
}


@pytest.mark.parametrize(("number", "words"), NUMBERS.items())
def test_numbers(number, words):
    """The small words that foreigners and libraries get wrong: mốt, lăm, linh, không trăm."""
    assert cardinal(number) == words


@pytest.mark.parametrize(("written", "said"), SAID.items())
def test_what_a_figure_means(written, said):
    """It depends on what stands around it."""
    assert in_vietnamese(written) == said


@given(st.text(alphabet="0123456789 .,:/-+đkhtrngàythángBước%", max_size=60))
def test_no_figure_is_left(text):
    """Whatever is written, a voice is given words alone."""
    assert not re.search(r"\d", in_vietnamese(text))


@given(st.integers(0, 10**13))
def test_every_number_has_words(number):
    """Also those too large to be counted."""
    assert cardinal(number).strip() == cardinal(number) != ""


def test_a_long_code_is_said_in_groups():
    """Of three or four digits, so that one can write it down."""
    assert spelled("12345678") == "một hai ba bốn, năm sáu bảy tám"
    assert spelled("1234567").count(",") == 1


def test_other_languages_count_by_themselves():
    """Only phone numbers are taken apart."""
    text = "Call 1900 0368 or 0912345678 in 2026."
    assert apart(text) == "Call 1 9 0 0, 0 3 6 8 or 0 9 1 2, 3 4 5, 6 7 8 in 2026."
