"""What is said beside plain text is kept nowhere: captions, cards, forwarded messages, what is given to the scam check.

Over HTTP, against Telegram's double and on the web page. tests/test_log.py does the same with plain text.
"""

from __future__ import annotations

import io
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest

from bot import log
from bot.people.role import Role
from bot.store import tables
from tests.channel.conftest import living
from tests.kit.house import house
from tests.kit.shell import Shell, make_root
from tests.kit.teams import invited, make_team
from tests.kit.telegram import TelegramDouble
from tests.web.visitor import visitor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

OTP = "mã xác thực là 481516"
CARD = "thẻ 4111 1111 1111 1111"
PASSWORD = "mật khẩu: Hoa-Sen#2342"
PRIVATE = "Nguyệt Quế canary"
NUMBER = "+37529481516"
FRAUD = (
    f"Hoa ơi {PRIVATE} đây, bấm https://bidv-vn.top/khach/481516 gửi gấp 5 triệu vào stk 0481516777, đừng nói với ai"
)
MARKS = re.compile(r"(?<!\d)0?481516(777)?(?!\d)|37529481516|4111[ -]?1111|Sen\S?2342|canary|Nguyệt Quế".encode())
"""What must be found nowhere. (Ids and times are long numbers too: six digits inside one mean nothing.)"""

ORIGIN = {"type": "hidden_user", "sender_user_name": PRIVATE, "date": 1}
CHANNEL = {"id": -1001, "type": "channel", "title": PRIVATE}
VCARD = f"BEGIN:VCARD\nFN:{PRIVATE}\nTEL:{NUMBER}\nNOTE:{OTP}\nEND:VCARD"
SECRET_CARD = "không giữ tin vừa rồi"

PLAIN = {"type": "regular", "is_animated": False, "is_video": False}
FILE = {"file_id": "x", "file_unique_id": "x"}
CAPTIONED: dict[str, dict[str, Any]] = {
    "voice": {"voice": {**FILE, "duration": 3}},
    "photo": {"photo": [{**FILE, "width": 1, "height": 1}]},
    "video": {"video": {**FILE, "width": 1, "height": 1, "duration": 3, "file_name": OTP}},
    "video note": {"video_note": {**FILE, "length": 1, "duration": 3}},
    "audio": {"audio": {**FILE, "duration": 3, "title": PRIVATE, "performer": PRIVATE, "file_name": CARD}},
    "document": {"document": {**FILE, "file_name": f"{PRIVATE} 481516.pdf"}},
    "animation": {"animation": {**FILE, "width": 1, "height": 1, "duration": 3, "file_name": PASSWORD}},
}
"""Everything that a caption can stand below, as the Bot API tells it; names of files are somebody's words as well."""

CARDS: dict[str, dict[str, Any]] = {
    "a contact": {"contact": {"phone_number": NUMBER, "first_name": PRIVATE, "last_name": OTP, "vcard": VCARD}},
    "a forwarded contact": {"contact": {"phone_number": NUMBER, "first_name": CARD}, "forward_origin": ORIGIN},
    "a place": {
        "venue": {"location": {"latitude": 20.0, "longitude": 105.0}, "title": PRIVATE, "address": OTP},
        "location": {"latitude": 20.0, "longitude": 105.0},
    },
    "a sticker": {"sticker": {**FILE, "width": 1, "height": 1, "emoji": "👍", "set_name": PRIVATE, **PLAIN}},
}
"""Cards and such: no words to answer, but words inside."""

AROUND: dict[str, dict[str, Any]] = {
    "forwarded": {"forward_origin": ORIGIN},
    "forwarded from a channel": {"forward_origin": {"type": "channel", "chat": CHANNEL, "message_id": 1, "date": 1}},
    "an answer with a quote": {
        "quote": {"text": OTP, "position": 0, "is_manual": True},
        "reply_to_message": {"message_id": 1, "date": 1, "chat": CHANNEL, "text": CARD},
    },
    "with a preview": {"link_preview_options": {"url": f"https://bidv-vn.top/{PRIVATE}"}},
}
"""What can stand around a text."""


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything that is logged, by our own formatter, down to the finest."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.set_up(logging.DEBUG)
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    root.handlers, root.level = before, level


@pytest.fixture
async def double() -> AsyncIterator[TelegramDouble]:
    """A double that must have seen no mistake when the test ends."""
    async with TelegramDouble() as made:
        yield made
        assert made.violations == []


def found(lines: io.StringIO, *folders: Path) -> list[str]:
    """Where one of the marks stands: in the log, or in any file there is."""
    places = {"log": lines.getvalue().encode()}
    for folder in folders:
        places |= {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [f"{seen[0]!r} in {name}" for name, data in places.items() if (seen := MARKS.search(data))]


class Phone:
    """Somebody on Telegram who sends more than text."""

    def __init__(self, double: TelegramDouble, ident: int = 501) -> None:
        self.double = double
        self.person = double.person(ident, first_name=PRIVATE)

    async def sends(self, content: dict[str, Any], text: str = "", *, hears: str = "") -> Any:
        """One message with this content and text, answered by one with these words; the message that was sent."""
        about = {key: value for key, value in content.items() if key in FIELDS}
        rest = {key: value for key, value in content.items() if key not in FIELDS}
        shown = self.double.show(self.person, self.person.user, content=rest, text=text, plain=text)
        body = self.double.message_json(shown) | about
        self.double.deliver("message", body, lane=self.person.id)
        await self.person.waits_for(lambda each: each.serial > shown.serial and hears in each.plain)
        return shown


FIELDS = frozenset(key for about in AROUND.values() for key in about)


async def test_a_secret_below_anything_is_kept_nowhere_and_taken_off_the_screen(tmp_path, double, lines):
    """Voice, photo, video, music, file: the words below are read, answered with a warning, and forgotten."""
    async with living(double, make_root(tmp_path / "house"), tmp_path) as bot:
        phone = Phone(double)
        await phone.person.starts()
        for content in CAPTIONED.values():
            for secret in (OTP, CARD, PASSWORD):
                shown = await phone.sends(content, secret, hears=SECRET_CARD)
                await double.until(lambda shown=shown: shown.deleted)
        async with bot.app.database.read() as connection:
            rows = (await connection.execute(tables.journal.select().where(tables.journal.c.what == "secret"))).all()
        assert {row.answer for row in rows} == {"otp", "card", "password"}
        assert len(rows) == 3 * len(CAPTIONED)
        assert found(lines, tmp_path) == []
    assert found(lines, tmp_path) == []


@pytest.mark.parametrize("guide", ["", "tea"])
async def test_private_words_in_captions_cards_and_names_are_kept_nowhere(tmp_path, double, lines, guide):
    """At home and at a step: what is no secret by its form, yet nobody's business."""
    async with living(double, make_root(tmp_path / "house"), tmp_path):
        phone = Phone(double)
        await phone.person.starts(guide)
        for content in CAPTIONED.values():
            await phone.sends(content, f"ảnh của {PRIVATE}")
        for content in CARDS.values():
            await phone.sends(content)
        assert found(lines, tmp_path) == []
    assert found(lines, tmp_path) == []


@pytest.mark.parametrize("text", [OTP, CARD, PASSWORD])
async def test_a_secret_in_a_forwarded_message_or_an_answer_is_kept_nowhere(tmp_path, double, lines, text):
    """Whose it is does not matter; nor is the name of its sender kept, or what it answers to."""
    async with living(double, make_root(tmp_path / "house"), tmp_path):
        phone = Phone(double)
        await phone.person.starts("tea")
        for around in AROUND.values():
            await phone.sends(around, text, hears=SECRET_CARD)
            await phone.sends(around | CAPTIONED["photo"], text, hears=SECRET_CARD)
            await phone.sends(around, f"chào {PRIVATE}")
        assert found(lines, tmp_path) == []
    assert found(lines, tmp_path) == []


async def test_what_is_given_to_the_scam_check_is_kept_nowhere_on_telegram(tmp_path, double, lines):
    """Asked for, forwarded, pasted, below a picture: a verdict and reasons, without name, number or path."""
    async with living(double, make_root(tmp_path / "house"), tmp_path) as bot:
        phone = Phone(double)
        await phone.person.starts("tea")
        await phone.sends({}, FRAUD, hears="🛑")
        await phone.sends(AROUND["forwarded"], FRAUD, hears="🛑")
        await phone.sends({}, "/check", hears="gửi tin cần xem")
        await phone.sends({}, FRAUD, hears="🛑")
        for secret in (OTP, CARD, PASSWORD):
            await phone.sends({}, "/check", hears="gửi tin cần xem")
            await phone.sends({}, secret, hears=SECRET_CARD)
            await phone.sends(AROUND["forwarded"], f"{FRAUD}\n{secret}", hears=SECRET_CARD)
        await phone.sends(CAPTIONED["photo"] | AROUND["forwarded"], FRAUD)
        async with bot.app.database.read() as connection:
            rows = (await connection.execute(tables.journal.select().where(tables.journal.c.what == "scam"))).all()
        assert {row.answer for row in rows} == {"stop"}
        assert found(lines, tmp_path) == []
    assert found(lines, tmp_path) == []


async def test_what_is_given_to_the_scam_check_is_kept_nowhere_on_the_web_page(tmp_path, lines):
    """The page shows its messages from the database: also there stands only what was quoted with care."""
    async with house(tmp_path / "data", root=make_root(tmp_path / "house")) as bot:
        async with visitor(bot.url) as someone:
            await someone.get()
            await someone.get("/")
            for said in (FRAUD, "kiểm tra tin nhắn", FRAUD):
                page = await someone.say(said)
            assert "🛑" in page.html
            for secret in (OTP, CARD, PASSWORD):
                await someone.say("kiểm tra tin nhắn")
                page = await someone.say(f"nó bảo tôi gửi {secret}")
                assert SECRET_CARD in page.text
            assert MARKS.search(page.html.encode()) is None
        assert found(lines, tmp_path) == []
    assert found(lines, tmp_path) == []


async def test_a_photo_in_a_call_for_help_leaves_nothing(tmp_path, double, lines):
    """Two people on Telegram: after a yes the helper sees the very file; it is not fetched, and its id is kept nowhere."""
    root = make_root(tmp_path / "house")
    async with living(double, root, tmp_path) as bot:
        helped, helper = double.person(501), double.person(502)
        shell = Shell(bot.app, bot.telegram)
        await make_team(shell)
        await helper.starts(await invited(shell, Role.VOLUNTEER))
        await helper.waits_for("Đoàn xã Ngọc Lặc")
        await helper.says("/team")
        await helper.waits_for("muốn làm việc gì")
        await helper.taps("🟢 Trực")
        await helper.waits_for("đang trực")
        await helped.says("gặp người giúp")
        await helped.waits_for("Có đội tình nguyện")
        await helped.taps("🙋 Nhờ người giúp")
        await helped.waits_for("ở xã, phường nào")
        await helped.taps("Không rõ")
        await helper.waits_for("Có người cần giúp")
        await helper.taps("🙋 Nhận giúp")
        await helped.waits_for("Người thật đã vào giúp")
        sent = await helped.sends_photo(caption="đây cháu")
        await helped.waits_for("muốn gửi ảnh này")
        assert not any(shown.photo for shown in helper.screen)
        await helped.taps("✅ Gửi ảnh")
        shown = await helper.waits_for(lambda each: each.photo is not None)
        assert (shown.photo, shown.plain) == (sent.photo, "Người cần giúp gửi ảnh này.")
        await helped.waits_for("đã chuyển ảnh")
        await double.until(lambda: not bot.app.sender.backlog["telegram"])
    assert not any("getFile" in each.method for each in double.calls)
    marks = re.compile(rf"\b{sent.photo}\b|đây cháu".encode())
    places = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert [name for name, data in places.items() if marks.search(data)] == []
    assert not marks.search(lines.getvalue().encode())
