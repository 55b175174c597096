"""What was typed, read as the kind of answer a step asks for; and canonical answers read back as values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from bot.flow.model import Kind

if TYPE_CHECKING:
    from bot.flow.model import Step

Value = str | int | float | date

LONGEST_TEXT = 200
"""Characters of a typed answer when the flow gives no `max`."""

EARLIEST_YEAR = 1900

_NUMBER = re.compile(r"(?<![\d.,-])-?\d+(?:[.,]\d+)*")
_GROUPED = re.compile(r"-?\d{1,3}(?:(?:\.\d{3}){1,4}|(?:,\d{3}){2,4}|,000)")
"""Thousands as they are written in Viet Nam (1.500.000), or in English where it cannot be a fraction."""
_PLAIN = re.compile(r"-?\d{1,15}(?:[.,]\d{1,6})?")
_DATE = re.compile(r"(?<!\d)(\d{1,2})\s{0,3}[./\-\s]\s{0,3}(\d{1,2})\s{0,3}[./\-\s]\s{0,3}(\d{4})(?!\d)")
_DATE_WORDS = re.compile(
    r"(?<!\d)(\d{1,2})\s+(?:tháng|thang)\s+(\d{1,2}),?\s+(?:(?:năm|nam)\s+)?(\d{4})(?!\d)", re.IGNORECASE
)
_DATE_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_PHONE = re.compile(r"(?:\+?84|0)(3[2-9]|5[25689]|7[06-9]|8[1-9]|9\d)(\d{7})")
"""Mobile numbers of Viet Nam (numbering plan as listed by the operators, checked 2026-11-23)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The typed text does not fit. `reason` is the kind of the step: it names the sentence that explains."""

    reason: str


def read_answer(step: Step, text: str) -> str | Refusal:
    """The canonical answer in `text` for a step that is answered by typing."""
    text = text.strip()
    match step.kind:
        case Kind.NUMBER:
            return _read_number(step, text)
        case Kind.DATE:
            found = _read_date(text)
            return found.isoformat() if found else Refusal(step.kind)
        case Kind.PHONE:
            digits = re.sub(r"[^\d+]", "", text)
            match = _PHONE.fullmatch(digits)
            return f"0{match[1]}{match[2]}" if match else Refusal(step.kind)
        case Kind.TEXT:
            longest = LONGEST_TEXT if step.max is None else step.max
            fits = (step.min or 1) <= len(text) <= longest
            return text if fits else Refusal(step.kind)
        case _:
            return Refusal(step.kind)


def value_of(step: Step, answer: str) -> Value:
    """The value that a condition compares and a text shows, from a canonical answer."""
    if step.kind is Kind.NUMBER:
        number = float(answer.replace(",", "."))
        return int(number) if number.is_integer() else number
    if step.kind is Kind.DATE:
        return date.fromisoformat(answer)
    return answer


def _read_number(step: Step, text: str) -> str | Refusal:
    found = _NUMBER.findall(text)
    if len(found) != 1:
        return Refusal(step.kind)
    if _GROUPED.fullmatch(found[0]):
        number = float(re.sub(r"[.,]", "", found[0]))
    elif _PLAIN.fullmatch(found[0]):
        number = float(found[0].replace(",", "."))
    else:
        return Refusal(step.kind)
    if (step.min is not None and number < step.min) or (step.max is not None and number > step.max):
        return Refusal(step.kind)
    return str(int(number)) if number.is_integer() else f"{number:.6f}".rstrip("0").replace(".", ",")


def _read_date(text: str) -> date | None:
    if match := _DATE_ISO.search(text):
        year, month, day = match.groups()
    elif match := _DATE.search(text) or _DATE_WORDS.search(text):
        day, month, year = match.groups()
    else:
        return None
    if int(year) < EARLIEST_YEAR:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
