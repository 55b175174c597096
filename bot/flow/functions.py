"""The pure functions a condition or a text may call. Each takes one saved value and today, and never raises."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def years_since(value: object, today: date) -> int | None:
    """Whole years from a date until today (an age); None when `value` is no date."""
    day = as_date(value)
    if day is None:
        return None
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))


def days_since(value: object, today: date) -> int | None:
    """Days from a date until today; None when `value` is no date."""
    day = as_date(value)
    return None if day is None else (today - day).days


def as_date(value: object) -> date | None:
    """A date, or a text as 2010-01-31 (which is how an answer is kept), as a date."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None


FUNCTIONS: dict[str, Callable[[object, date], int | None]] = {
    "years_since": years_since,
    "days_since": days_since,
}
"""Every function by its name. All take a date and give a number."""
