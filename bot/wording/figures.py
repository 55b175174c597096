"""Figures in words, as they are said in Viet Nam: numbers, dates, times, money, phone numbers. Pure.

No library does it: num2words says 2026 as "hai nghìn lẻ hai mươi sáu" (0.5.14) and knows no phone numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_GROUPS = ((10**9, "tỷ"), (10**6, "triệu"), (10**3, "nghìn"), (1, ""))
_FOURTH = "tư"
"""The fourth month is "tháng tư", never "bốn"."""

_LARGEST = 10**12
"""From here on a number is said digit by digit."""

_COUNTED = 4
"""Figures of a number without dots that is still counted (a year); a longer one is a code, said digit by digit."""

PHONE = re.compile(r"(?<![\w.,])(?:(?:\+84|0)(?:[ .]?\d){8,10}|1[89]00(?:[ .]?\d){4,6})(?!\w|[.,]\d)")
"""A hotline or a phone number, also in groups: 1900 0368, 0912 345 678, +84 24 3825 1234."""


def cardinal(number: int) -> str:
    """A whole number from 0 on in words: 2026 -> "hai nghìn không trăm hai mươi sáu"."""
    if number >= _LARGEST:
        return spelled(str(number))
    if number < 10:
        return DIGITS[number]
    words: list[str] = []
    for size, unit in _GROUPS:
        group, number = divmod(number, size)
        if group:
            words += [_under_thousand(group, after=bool(words)), unit]
    return " ".join(filter(None, words))


def _under_thousand(number: int, *, after: bool) -> str:
    """`after`: something larger was said before, so that nothing may be left out: 2 005 has its "không trăm"."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    words = [DIGITS[hundreds], "trăm"] if hundreds or after else []
    if tens > 1:
        words += [DIGITS[tens], "mươi"]
    elif tens == 1:
        words.append("mười")
    elif ones and words:
        words.append("linh")
    if ones == 1 and tens > 1:
        words.append("mốt")
    elif ones == 5 and tens:
        words.append("lăm")
    elif ones:
        words.append(DIGITS[ones])
    return " ".join(words)


def spelled(figures: str) -> str:
    """Digit by digit, with a pause between groups: "1900 0368" -> "một chín không không, không ba sáu tám"."""
    return ", ".join(" ".join(DIGITS[int(digit)] for digit in group) for group in groups(figures))


def groups(figures: str) -> list[str]:
    """The groups in which a number is said: those it is written in, else of three or four digits."""
    written = re.findall(r"\d+", figures)
    if len(written) > 1 or len(written[0]) <= 4:
        return written
    digits = written[0]
    first = len(digits) % 3 or 3
    first = 4 if first == 1 or len(digits) == 8 else first
    size = 4 if len(digits) == 8 else 3
    return [digits[:first], *(digits[at : at + size] for at in range(first, len(digits), size))]


def _month(number: str) -> str:
    return _FOURTH if int(number) == 4 else cardinal(int(number))


def _day(number: str) -> str:
    return f"{'mùng ' if int(number) <= 10 else ''}{cardinal(int(number))}"


def _date(match: re.Match[str]) -> str:
    said, day, month, year = match.groups()
    if not (1 <= int(day) <= 31 and 1 <= int(month) <= 12):
        return f"{said or ''}{cardinal(int(day))} trên {cardinal(int(month))}"
    return f"{said or 'ngày '}{_day(day)} tháng {_month(month)}" + (f" năm {cardinal(int(year))}" if year else "")


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2] or 0)
    return f"{cardinal(hour)} giờ" + (f" {cardinal(minute)} phút" if minute else "")


def _plain(match: re.Match[str]) -> str:
    figures = match[0]
    counted = len(figures) <= _COUNTED and (figures == "0" or not figures.startswith("0"))
    return cardinal(int(figures)) if counted else spelled(figures)


def _phone(match: re.Match[str]) -> str:
    plus = "cộng " if match[0].startswith("+") else ""
    return plus + spelled(match[0])


_NUMBER = r"\d{1,3}(?:\.\d{3})+|\d+"
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\b([Bb]ước) (\d+)/(\d+)\b"), lambda m: f"{m[1]} {m[2]} trên {m[3]}"),
    (re.compile(r"(\b[Nn]gày )?(?<![\d/])(\d{1,2})/(\d{1,2})(?:/(\d{4}))?(?![\d/])"), _date),
    (re.compile(r"\b([Tt]háng )(\d{1,2})[/-](\d{4})\b"), lambda m: f"{m[1]}{_month(m[2])} năm {cardinal(int(m[3]))}"),
    (re.compile(r"\b([Tt]háng )(\d{1,2})\b(?![.,/-]?\d)"), lambda m: m[1] + _month(m[2])),
    (re.compile(r"\b([Nn]gày )(\d{1,2})\b(?![.,/-]?\d)"), lambda m: m[1] + _day(m[2])),
    (PHONE, _phone),
    (re.compile(r"\b(\d{1,2})(?:[:h](\d{2})|h)\b"), _time),
    (re.compile(rf"({_NUMBER}) ?(?:-|–) ?(?={_NUMBER})"), lambda m: f"{m[1]} đến "),
    (re.compile(rf"({_NUMBER}) ?k\b"), lambda m: f"{m[1]} nghìn"),
    (re.compile(rf"({_NUMBER}) ?tr\b"), lambda m: f"{m[1]} triệu"),
    (re.compile(rf"({_NUMBER}) ?(?:đ|₫|VND|VNĐ)(?!\w)"), lambda m: f"{m[1]} đồng"),
    (re.compile(r"(\d) ?%"), lambda m: f"{m[1]} phần trăm"),
    (re.compile(r"\b\d{1,3}(?:\.\d{3})+\b"), lambda m: cardinal(int(m[0].replace(".", "")))),
    (re.compile(r"\b(\d+),(\d+)\b"), lambda m: f"{cardinal(int(m[1]))} phẩy {spelled(m[2])}"),
    (re.compile(r"(?<=\d)(?=[^\W\d_])"), lambda _: " "),
    (re.compile(r"\d+"), _plain),
)
"""In this order: what a figure means depends on what stands around it."""


def in_vietnamese(text: str) -> str:
    """A text with every figure in words."""
    for pattern, words in _RULES:
        text = pattern.sub(words, text)
    return text


def apart(text: str) -> str:
    """A text for a voice that can count by itself: only phone numbers are taken apart, digit by digit."""
    return PHONE.sub(lambda match: ", ".join(" ".join(group) for group in groups(match[0])), text)


READERS: dict[str, Callable[[str], str]] = {"vi": in_vietnamese}
"""By language; every other one is read with `apart`."""
