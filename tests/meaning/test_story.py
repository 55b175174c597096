"""A fraud told by its victim leads to the guide that is most pressing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.meaning.alarm import AlarmEntry
from bot.meaning.ear import LIFT, SUSPECT, Ear
from bot.meaning.finder import Entry
from bot.meaning.plain import joined, words_of
from bot.meaning.story import Stories, Told, story_book
from bot.service.house import load_house

STORIES = Stories(joined)


def told(text: str) -> Told:
    """What a sentence tells."""
    return STORIES.told(joined(words_of(text)), accented=not text.isascii())


@pytest.mark.parametrize(
    ("typed", "guide"),
    [
        ("trưởng công an huyện gọi bắt tôi chuyển tiền", "scam-fake-police"),
        ("toa an goi doa tam giam", "scam-fake-police"),
        ("nó xưng bên điện lực", "scam-fake-police"),
        ("con gọi video mượn tiền mà giọng lạ", "scam-fake-police"),
        ("công an gọi bảo tải app về máy", "scam-fake-app"),
        ("bị lừa cài app thuế", "scam-fake-app"),
        ("họ bảo chia sẻ màn hình", "scam-fake-app"),
        ("shipper gọi đòi tiền hàng", "scam-link"),
        ("nhắn tin kèm link nhận quà", "scam-link"),
        ("em gái nhắn zalo mượn tiền", "scam-link"),
        ("lỡ đọc otp cho nó rồi", "scam-report"),
        ("công an giả lừa lấy hết tiền của tôi", "scam-report"),
        ("cài app xong mất tiền trong thẻ", "scam-report"),
        ("bam link xong bay mat 5tr", "scam-report"),
        ("tố cáo kẻ lừa đảo ở đâu", "scam-report"),
        ("chuyển khoản nhầm cho người lạ", "wrong-transfer"),
        ("chuyển nhầm cho bọn lừa rồi", "scam-report"),
        ("mở thẻ ngân hàng ở đâu", ""),
        ("hôm nay trời đẹp", ""),
        ("", ""),
    ],
)
def test_the_most_pressing_guide(typed: str, guide: str) -> None:
    """Money gone before an app, an app before a caller, a caller before a link."""
    assert told(typed).guide == guide


@pytest.mark.parametrize(
    ("typed", "sign"),
    [
        ("tôi chưa mất tiền", "gone"),
        ("so mat tien", "gone"),
        ("gửi qua đường bưu điện", "bait"),
        ("cài đặt bảo lãnh", "app"),
    ],
)
def test_what_is_no_sign(typed: str, sign: str) -> None:
    """What is denied or feared, and in a sentence with accents a word with others."""
    assert sign not in told(typed).signs


@pytest.mark.parametrize(
    ("typed", "sign"),
    [
        ("mất tiền rồi", "gone"),
        ("mat tien roi", "gone"),
        ("số lạ gọi", "calls"),
        ("bay mất của tôi", "gone"),
        ("nó rút hết của mẹ tôi tiền", "charged"),
    ],
)
def test_what_is_a_sign(typed: str, sign: str) -> None:
    """With and without accents, behind "số", with little words between."""
    assert sign in told(typed).signs


def test_many_words_between_are_no_sign() -> None:
    """Little words only, and few of them."""
    assert "gone" in told("nhận của nó tiền xong").signs
    assert "gone" not in told("nhận của nó của họ tiền xong").signs
    assert "gone" not in told("nhận nước tiền xong").signs


def test_a_story_lifts_its_guide() -> None:
    """Above the other guides of stories, and these above one that fits as well."""
    guides = ("open:a-shop", "open:scam-fake-police", "open:scam-link")
    ear = Ear([Entry(guide, ("mở cửa hàng",)) for guide in guides], ())
    police, link, shop = ear.hear("công an gọi mở cửa hàng").found
    assert [police.answer, link.answer, shop.answer] == ["open:scam-fake-police", "open:scam-link", "open:a-shop"]
    assert police.score - link.score == pytest.approx(LIFT)
    assert link.score - shop.score == pytest.approx(SUSPECT)
    assert len({found.score for found in ear.hear("mở cửa hàng lớn").found}) == 1


def test_accents_are_asked_of_who_types_them() -> None:
    """A word or two with accents, from the keyboard's own guesses, do not make a sentence with accents."""
    ear = Ear([Entry("open:scam-fake-police", ("rửa tiền",)), Entry("open:b", ("mở thẻ",))], ())
    assert ear.why("tui sợ quá ho noi tui dinh rua tien").told.guide == "scam-fake-police"
    assert ear.why("tôi sợ quá họ nói tôi dính rua tien").told.guide == ""


def test_a_word_that_stands_for_several_is_a_sign() -> None:
    """“Mã xác nhận” in a sentence with accents is the code of a sign, which is written “otp”."""
    assert "given" in told("tôi đã đọc mã xác nhận").signs


def test_a_story_decides_between_cries_of_its_kind() -> None:
    """Who was tricked into an app is in the guide about apps; an emergency stays one."""
    alarms = [AlarmEntry("open:scam-report", ("bị lừa",)), AlarmEntry("open:emergency", ("muốn chết quá",))]
    ear = Ear([Entry("open:scam-report", ("bị lừa",)), Entry("open:scam-fake-app", ("cài app",))], alarms)
    assert ear.hear("bị lừa cài app").alarm == "open:scam-fake-app"
    assert ear.hear("bị lừa").alarm == "open:scam-report"
    assert ear.hear("bị lừa cài app muốn chết quá").alarm == "open:emergency"


def test_why_tells_the_signs() -> None:
    """For whoever mends them."""
    lines = Ear([Entry("open:scam-report", ("bị lừa",))], ()).why("bị lừa mất tiền").lines()
    assert "story   scam-report by fraud, gone, tricked" in lines


def test_the_book_holds_together() -> None:
    """Every guide and every sign of a story is there, and every sign is of use."""
    flows = load_house(Path(__file__).parents[2], {})[0].flows
    book = story_book()
    assert {story.guide for story in book.stories} <= set(flows)
    used = {sign for story in book.stories for either in (*story.signs, story.without) for sign in either}
    assert used == set(book.signs)
