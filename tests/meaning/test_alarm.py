"""A cry for help is heard in any sentence; questions and denials do not alarm."""

from __future__ import annotations

import pytest

from bot.meaning.alarm import Alarm, AlarmEntry
from bot.meaning.ear import Ear
from bot.meaning.finder import Entry
from bot.meaning.plain import joined

ALARM = Alarm(
    [
        AlarmEntry("open:police", ("công an gọi", "xưng công an", "fake police")),
        AlarmEntry("open:report", ("bị lừa", "mất tiền", "mất tiền rồi", "lỡ đọc mã"), ("chuyển nhầm",)),
        AlarmEntry(
            "open:emergency",
            ("cháy nhà",),
            calm=("biên lai", "cần tiền", "nóng muốn chết"),
            life=("tai biến", "không thở được", "muốn chết"),
        ),
    ],
    joined,
)


def heard(text: str) -> list[str]:
    """The answers that a sentence cries for."""
    return [cry.answer for cry in ALARM.cries(text)]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("công an gọi điện bảo tôi chuyển tiền", "open:police"),
        ("cong an goi", "open:police"),
        ("Cháu ơi bà BỊ LỪA rồi!", "open:report"),
        ("tôi mất tiền rồi", "open:report"),
        ("mất hết tiền rồi", "open:report"),
        ("lỡ đọc cái mã cho nó rồi", "open:report"),
        ("lo doc ma roi", "open:report"),
        ("mat tien khong biet lam sao", "open:report"),
        ("cháy nhà cứu với", "open:emergency"),
        ("mẹ tôi không thở được", "open:emergency"),
        ("the fake police called", "open:police"),
        ("nó xưng công an", "open:police"),
        ("no xung cong an", "open:police"),
    ],
)
def test_a_cry_for_help_is_heard(typed: str, answer: str) -> None:
    """With and without accents, anywhere in the sentence, also with words in between that say nothing."""
    assert heard(typed) == [answer]


@pytest.mark.parametrize(
    "typed",
    [
        "đăng ký có mất tiền không",
        "làm cái này mất tiền không ạ",
        "mất tiền không cháu",
        "có bị lừa không",
        "không bị lừa đâu",
        "chưa mất tiền",
        "sợ mất tiền",
        "để khỏi bị lừa",
        "chuyển nhầm mất tiền rồi",
        "tải biên lai ở đâu",
        "mặt tiền nhà tôi",
        "bị lừng",
        "công việc gọi",
        "công an có gọi điện không",
        "",
        "✅",
    ],
)
def test_a_question_is_no_cry(typed: str) -> None:
    """Prices, fears and denials; accents that differ; what the guide itself says is no alarm."""
    assert heard(typed) == []


def test_of_several_cries_the_longest_phrase_goes_first() -> None:
    """It says most."""
    assert heard("công an gọi, tôi mất tiền rồi") == ["open:report", "open:police"]
    assert heard("cháy nhà, tôi mất tiền rồi") == ["open:report", "open:emergency"]


@pytest.mark.parametrize(
    ("typed", "answers"),
    [
        ("mất tiền rồi muốn chết", ["open:emergency", "open:report"]),
        ("công an gọi mẹ không thở được", ["open:emergency", "open:police"]),
        ("cần tiền quá muốn chết", ["open:emergency"]),
        ("cháy nhà cần tiền", []),
        ("nóng muốn chết", []),
        ("không muốn chết", []),
    ],
)
def test_a_life_goes_before_everything(typed: str, answers: list[str]) -> None:
    """However long the other phrases are; only what shares a word with it calms it."""
    assert heard(typed) == answers


def test_of_equal_cries_the_one_that_is_found_goes_first() -> None:
    """The whole sentence decides."""
    entries = [Entry("open:police", ("công an gọi video",)), Entry("open:report", ("mất tiền trong tài khoản",))]
    alarms = [AlarmEntry("open:police", ("công an gọi",)), AlarmEntry("open:report", ("bị mất tiền",))]
    ear = Ear(entries, alarms)
    assert ear.hear("công an gọi, bị mất tiền trong tài khoản").alarm == "open:report"
    assert ear.hear("hôm nay trời mưa").alarm == ""


def test_an_empty_phrase_alarms_nobody() -> None:
    """A phrase of nothing but signs is no phrase."""
    assert Alarm([AlarmEntry("open:x", ("!!!",), ("✅",))], joined).cries("✅ !!!") == []
