"""A day and a time as they are typed: what is understood, and that nothing is guessed."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.event import VIETNAM
from bot.meaning.moment import moment

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=VIETNAM)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("mai 8 giờ", "11-25 08:00"),
        ("Mai 8h", "11-25 08:00"),
        ("8 giờ sáng mai", "11-25 08:00"),
        ("8 giờ sáng ngày mai ạ", "11-25 08:00"),
        ("tám giờ sáng mai", "11-25 08:00"),
        ("tam gio ruoi sang mai", "11-25 08:30"),
        ("mười một giờ trưa mai", "11-25 11:00"),
        ("1 giờ chiều nay", "11-24 13:00"),
        ("một giờ rưỡi chiều nay", "11-24 13:30"),
        ("chiều nay 2h30", "11-24 14:30"),
        ("chiều mai", "11-25 14:00"),
        ("tối nay", "11-24 19:00"),
        ("7 giờ 15 phút tối mai", "11-25 19:15"),
        ("ngày kia 8h00", "11-26 08:00"),
        ("ngày mốt lúc 8.30", "11-26 08:30"),
        ("mai", "11-25 08:00"),
        ("25/11 8:00", "11-25 08:00"),
        ("8:00 25/11", "11-25 08:00"),
        ("8 giờ 25/11/2026", "11-25 08:00"),
        ("25-11 lúc 14h", "11-25 14:00"),
        ("ngày 25 tháng 11 năm 2026, 8 giờ", "11-25 08:00"),
        ("8 giờ ngày 25", "11-25 08:00"),
        ("ngày 3 8 giờ", "12-03 08:00"),
        ("8h sáng thứ hai", "11-30 08:00"),
        ("thu 2 8h", "11-30 08:00"),
        ("t2 8h", "11-30 08:00"),
        ("thứ năm 8 giờ", "11-26 08:00"),
        ("thứ tư 25/11 8 giờ", "11-25 08:00"),
        ("thứ ba 10 giờ", "11-24 10:00"),
        ("thứ ba 8 giờ", "12-01 08:00"),
        ("thứ hai tới 8 giờ", "11-30 08:00"),
        ("thứ tư tuần sau 8 giờ", "12-02 08:00"),
        ("thứ sáu tuần này 8 giờ", "11-27 08:00"),
        ("chủ nhật 9h", "11-29 09:00"),
        ("cn 9h", "11-29 09:00"),
        ("20h", "11-24 20:00"),
        ("8 giờ", "11-25 08:00"),
        ("8 giờ tối", "11-24 20:00"),
        ("hôm nay 7 giờ", "11-24 07:00"),
        ("hôm nay 10 giờ kém", None),
        ("20/11 8:00", "11-20 08:00"),
        ("tomorrow 8 am", "11-25 08:00"),
        ("tomorrow at 3pm", "11-25 15:00"),
        ("next monday 8:00", "11-30 08:00"),
        ("friday 8:00", "11-27 08:00"),
        ("tonight", "11-24 19:00"),
        ("gửi ngay", "11-24 09:30"),
        ("ngay bây giờ", "11-24 09:30"),
        ("", None),
        ("mai mốt 8 giờ", None),
        ("25 giờ mai", None),
        ("8 giờ chiều mai", None),
        ("31/4 8:00", None),
        ("32/11", None),
        ("thứ hai 25/11 8 giờ", None),
        ("thứ tám 8 giờ", None),
        ("tuần sau", None),
        ("khi nào rảnh", None),
        ("mai 8 giờ nếu trời đẹp", None),
        ("412", None),
        ("8", None),
    ],
)
def test_what_people_type_is_that_moment_or_not_understood(text, then):
    """With and without accents, figures and words, day first or time first; what contradicts itself is nothing."""
    expected = None if then is None else datetime.fromisoformat(f"2026-{then}").replace(tzinfo=VIETNAM)
    assert moment(text, NOW) == expected
    assert moment(unicodedata.normalize("NFD", text.upper()), NOW) == expected


@pytest.mark.parametrize(("text", "year"), [("5/1 8:00", 2027), ("5/5 8:00", 2027), ("20/10 8:00", 2026)])
def test_a_date_without_a_year_is_the_next_unless_that_is_far(text, year):
    """Half a year ahead at most: last month's date is a mistake, and in the past."""
    found = moment(text, NOW)
    assert found is not None
    assert found.year == year


@given(st.timedeltas(timedelta(), timedelta(days=1500)), st.timedeltas(timedelta(minutes=1), timedelta(days=6)))
def test_what_a_moment_is_called_finds_it_again(since, ahead):
    """Any moment of the coming days, by its date or its weekday."""
    now = (NOW + since).replace(second=0, microsecond=0)
    then = (now + ahead).replace(second=0, microsecond=0)
    if then <= now:
        return
    weekday = (*(f"thứ {name}" for name in ("hai", "ba", "tư", "năm", "sáu", "bảy")), "chủ nhật")[then.weekday()]
    for text in (
        f"{then:%d/%m/%Y %H:%M}",
        f"{then:%Hh%M} ngày {then.day} tháng {then.month}",
        f"{weekday} {then:%H:%M}",
    ):
        assert moment(text, now) == then


@given(st.text(max_size=100))
def test_whatever_is_typed_it_is_a_moment_or_nothing(text):
    """No text breaks it."""
    assert moment(text, NOW) is None or moment(text, NOW).tzinfo is VIETNAM
