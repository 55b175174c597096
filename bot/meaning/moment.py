"""A day and a time as people type them: "mai 8 giờ", "25/11 8:00", "8h sáng thứ hai", "tomorrow 8 am". Pure.

Every word has to be understood: something sent at a wrong hour is worse than one more question.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from bot.meaning.fold import clean, fold

LONGEST = 80
"""Characters; more is no time."""

HALF_A_YEAR = timedelta(days=183)

_SOON = {"hom nay": 0, "nay": 0, "today": 0, "ngay mai": 1, "mai": 1, "tomorrow": 1, "kia": 2, "mot": 2}
_WEEKDAYS = ("hai", "ba", "tu", "nam", "sau", "bay")
_ENGLISH = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = ["mot", "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "muoi"]

_PERIODS = {
    ("sang", "morning", "am"): (0, 11, 8),
    ("trua", "noon"): (10, 14, 11),
    ("chieu", "afternoon"): (12, 18, 14),
    ("pm",): (12, 23, 14),
    ("toi", "evening"): (17, 23, 19),
    ("dem", "khuya"): (20, 23, 20),
}
"""Parts of the day: the hours that may be meant, and which is when none is said."""

_PARTS = {word: hours for words, hours in _PERIODS.items() for word in words}

_NOW = re.compile(r"(gui |send )?(ngay|luon|now)( bay gio| luon| lap tuc)?|(gui )?bay gio|right now")
_COMING = re.compile(r"\b(?:tuần này|this week|(?<!tuần )tới|this|coming)\b")
_DATE = re.compile(r"\b(\d{1,2})\s?[/-]\s?(\d{1,2})(?:\s?[/-]\s?(\d{4}))?\b")
_TIME = re.compile(r"\b(\d{1,2})\s?[:.h]\s?(\d{2})\b")
_SPOKEN_DATE = re.compile(r"\bngay (\d{1,2})(?: thang (\d{1,2}))?(?: nam (\d{4}))?\b")
_SPOKEN_TIME = re.compile(
    rf"\b(?:(muoi )?({'|'.join(_HOURS)})|(\d{{1,2}})) ?(?:(?:gio|h|g|ruoi)\b|(?=[ap]m\b))"
    r"(?: (?:(ruoi)|(\d{1,2})(?: phut)?)\b)?"
)
_WEEKDAY = re.compile(rf"\b(?:thu (?:({'|'.join(_WEEKDAYS)})|([2-7]))|t([2-7])|(chu nhat|cn)|({'|'.join(_ENGLISH)}))\b")
_NEXT_WEEK = re.compile(r"\b(?:tuan sau|tuan toi|next week|next)\b")
_DAYS_AHEAD = re.compile(rf"\b(?:{'|'.join(_SOON)})\b")
_PERIOD = re.compile(rf"\b(?:{'|'.join(_PARTS)})\b")
_FILLING = frozenset(["luc", "vao", "ngay", "buoi", "gui", "hen", "nhe", "a", "at", "on", "in", "the", "send"])


def moment(text: str, now: datetime) -> datetime | None:
    """What is meant, in the time zone of `now`; it may lie in the past. None: not understood.

    A day without a time is its morning, a time without a day the next such time.
    """
    if len(text) > LONGEST:
        return None
    words = _Words(text)
    if _NOW.fullmatch(words.left.strip()):
        return now
    try:
        at, days = words.time(), words.days(now.date())
    except ValueError:  # 31 April, 25 o'clock, eight in the afternoon
        return None
    if set(words.left.split()) - _FILLING or len(days) > 1 or not (days or at):
        return None
    found = datetime.combine(days.pop() if days else now.date(), at or time(8), now.tzinfo)
    if found <= now and words.step:
        found += words.step
    return found


class _Words:
    """What is still to be understood; whatever is taken is gone. `step`: when the next one comes that is called so."""

    def __init__(self, text: str) -> None:
        self._signs = _COMING.sub(" ", clean(text).casefold())
        self._date, self._time = self._sign(_DATE), self._sign(_TIME)
        self.left = fold(self._signs).replace("tonight", "toi nay")
        self.step: timedelta | None = timedelta(days=1)

    def _sign(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.search(self._signs)
        self._signs = pattern.sub(" ", self._signs, count=1)
        return found

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.search(self.left)
        self.left = pattern.sub(" ", self.left, count=1)
        return found

    def days(self, today: date) -> set[date]:
        """The days that are named, in whatever way: one, or they contradict each other. Raises ValueError."""
        found = set()
        said = self._date or self._take(_SPOKEN_DATE)
        weekday, is_next = self._take(_WEEKDAY), self._take(_NEXT_WEEK)
        if said:
            found.add(_on(today, said))
        elif ahead := self._take(_DAYS_AHEAD):
            found.add(today + timedelta(days=_SOON[ahead[0]]))
        if weekday:
            number = _number(weekday)
            week = today - timedelta(days=today.weekday()) if is_next else today
            day = week + timedelta(days=(number - week.weekday()) % 7 + 7 * bool(is_next))
            same = {each for each in found if each.weekday() == number}
            found = same or {*found, day}
            self.step = None if is_next or same else timedelta(weeks=1)
        elif found:
            self.step = None
        if is_next and not weekday:
            raise ValueError
        return found

    def time(self) -> time | None:
        """The time of day, if any is said. Raises ValueError."""
        hour = minute = None
        if self._time:
            hour, minute = int(self._time[1]), int(self._time[2])
        elif spoken := self._take(_SPOKEN_TIME):
            teen, word, digits, half, minutes = spoken.groups()
            hour = int(digits) if digits else _HOURS.index(word) + 1 + 10 * bool(teen)
            minute = 30 if half or spoken[0].endswith("ruoi") else int(minutes or 0)
        period = self._take(_PERIOD)
        if period:
            first, last, usual = _PARTS[period[0]]
            hours = [usual] if hour is None else [each for each in (hour, hour + 12) if first <= each <= last]
            hour = hours[0] if hours else 24
        return None if hour is None else time(hour, minute or 0)


def _on(today: date, said: re.Match[str]) -> date:
    """A date; without a year the next one if that is within half a year, without a month the next one. May raise."""
    day, month, year = (int(each) if each else 0 for each in said.groups())
    if year:
        return date(year, month, day)
    if month:
        found = date(today.year, month, day)
        later = date(today.year + 1, month, day)
        return later if found < today and later - today < HALF_A_YEAR else found
    first = today.replace(day=1) if day >= today.day else (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first.replace(day=day)


def _number(said: re.Match[str]) -> int:
    """Monday is 0."""
    word, number, short, sunday, english = said.groups()
    if sunday:
        return 6
    if english:
        return _ENGLISH.index(english)
    return _WEEKDAYS.index(word) if word else int(number or short) - 2
