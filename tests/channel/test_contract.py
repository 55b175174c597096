"""What every channel promises, the same for each of them."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from bot.capability import Capabilities
from bot.channel.base import (
    Button,
    Deletion,
    Document,
    Fault,
    Keyboard,
    Message,
    Photo,
    Picture,
    Receipt,
    SendFailed,
    VoiceNote,
)
from bot.channel.terminal import Terminal
from bot.channel.web import Web
from tests.channel.conftest import telegram_of
from tests.channel.zalo import zalo_of
from tests.channel.zalo_oa import oa_of
from tests.kit.telegram import TelegramDouble
from tests.kit.zalo_bot import ZaloBotDouble
from tests.kit.zalo_oa import ZaloOaDouble

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = Message(
    "Đun nước <1>",
    "Đợi sôi & tắt bếp.",
    "Bước 1/2",
    Picture("tea/kettle.svg", "Một cái ấm"),
    (Button("yes", "Có", "main"), Button("no", "Không"), Button("back", "Lùi", "small")),
)


@dataclass
class Case:
    """One channel under test: itself, a chat of its, and what a person there sees (None: it is not in the channel)."""

    channel: Any
    chat: str
    seen: Callable[[], str] | None


async def _terminal(tea, tmp_path):
    out = io.StringIO()
    yield Case(Terminal(out), "me", out.getvalue)


async def _web(tea, tmp_path):
    yield Case(Web(), "somebody", None)


async def _telegram(tea, tmp_path):
    async with TelegramDouble() as double:
        person = double.person(7, started=True)
        yield Case(telegram_of(double, tea, tmp_path), "7", person.phone)
        assert double.violations == []


async def _zalo_bot(tea, tmp_path):
    async with ZaloBotDouble() as double:
        person = double.person("a7", started=True)
        yield Case(zalo_of(double, tea, tmp_path, public_url="http://127.0.0.1:1"), "a7", person.phone)
        assert double.violations == []


async def _zalo_oa(tea, tmp_path):
    async with ZaloOaDouble() as double:
        person = double.person("a7", started=True)
        yield Case(oa_of(double, tea, tmp_path, public_url="https://bot.example"), "a7", person.phone)
        assert double.violations == []


CASES = {"terminal": _terminal, "web": _web, "telegram": _telegram, "zalo_bot": _zalo_bot, "zalo_oa": _zalo_oa}


@pytest.fixture(params=CASES)
async def case(request, tea, tmp_path):
    """Each channel in turn, closed at the end."""
    made = CASES[request.param](tea, tmp_path)
    case = await anext(made)
    yield case
    await case.channel.stop_listening()
    await case.channel.close()
    with pytest.raises(StopAsyncIteration):
        await anext(made)


async def nothing(incoming):
    """Takes anything."""


async def test_it_says_who_it_is_and_what_it_can(case):
    """A name for keys and logs, and sane limits."""
    assert case.channel.name.isidentifier()
    can = case.channel.capabilities
    assert isinstance(can, Capabilities)
    assert can.text >= can.caption >= 1000
    assert can.buttons == 0 or can.buttons >= 5
    assert can.button_label >= 40
    assert can.chat_burst >= 1


async def test_a_message_arrives_whole(case):
    """Headline, body, place and every button; what comes back is a receipt."""
    receipt = await case.channel.send(case.chat, FULL)
    assert isinstance(receipt, Receipt)
    if case.seen:
        seen = case.seen()
        for word in ("Đun nước <1>", "Đợi sôi & tắt bếp.", "Bước 1/2", "Có", "Không", "Lùi"):
            assert word in seen


async def test_what_can_be_edited_has_a_message_id(case):
    """An answered message becomes a record, twice without harm, and can be taken away."""
    receipt = await case.channel.send(case.chat, FULL)
    keyboard = Keyboard(receipt.message, (Button("r", "✓ Có · 10:24"),))
    await case.channel.send(case.chat, keyboard)
    await case.channel.send(case.chat, keyboard)
    if case.seen and case.channel.capabilities.edits:
        assert receipt.message
        assert "✓ Có · 10:24" in case.seen()
        assert "Không" not in case.seen()
    await case.channel.send(case.chat, Deletion(receipt.message))
    if case.seen and case.channel.capabilities.deletes:
        assert "deleted" in case.seen()


async def test_a_voice_is_sent_where_there_is_a_voice(case):
    """Or told in another way."""
    await case.channel.send(case.chat, VoiceNote("vi/kettle.ogg"))
    if case.seen:
        assert "kettle" in case.seen() or "[voice]" in case.seen()


async def test_a_photo_of_somebody_s_is_sent_on_or_told(case):
    """By the platform's own id of it; a platform that does not know it (any more) refuses, and says so."""
    photo = Photo("nobody knows this", "Bác gửi ảnh này.")
    if case.channel.capabilities.photos:
        with pytest.raises(SendFailed) as failed:
            await case.channel.send(case.chat, photo)
        assert failed.value.fault is Fault.REFUSED
    else:
        await case.channel.send(case.chat, photo)
        assert case.seen is None or "Bác gửi ảnh này." in case.seen()


async def test_a_document_is_given(case):
    """By its name, to be opened and kept."""
    await case.channel.send(case.chat, Document("cam-tay.json", '{"chat": []}'))
    if case.seen:
        assert "cam-tay.json" in case.seen() or "[document]" in case.seen()


@pytest.mark.parametrize("path", ["", "vi/none.ogg", "vi/kettle.ogg"], ids=["draft", "missing", "recorded"])
async def test_a_voice_that_has_words_is_never_silence(case, path):
    """Recorded, spoken by a program, or, where nobody speaks, as words."""
    receipt = await case.channel.send(case.chat, VoiceNote(path, "Đun nước.", "vi"))
    assert isinstance(receipt, Receipt)
    if case.seen:
        can = case.channel.capabilities
        takes = bool(can.voice) and not can.by_address  # there is no web door here
        assert ("[voice]" in case.seen()) == (path == "vi/kettle.ogg" and takes)
        assert "Đun nước." in case.seen() or "[voice]" in case.seen() or "/media/voice/vi/" in case.seen()


async def test_sending_works_without_listening_and_after_it(case):
    """The outbox is emptied before listening begins and after it ends."""
    await case.channel.send(case.chat, Message("trước"))
    await case.channel.start(nothing)
    await case.channel.stop_listening()
    await case.channel.send(case.chat, Message("sau"))
    if case.seen:
        assert case.seen().index("trước") < case.seen().index("sau")


async def test_stopping_twice_or_without_a_start_is_harmless(case):
    """However the bot came to its end."""
    await case.channel.stop_listening()
    await case.channel.start(nothing)
    await case.channel.stop_listening()
    await case.channel.stop_listening()
    await case.channel.close()


async def test_starting_returns_at_once(case):
    """A platform that is slow or away holds nobody up."""
    await asyncio.wait_for(case.channel.start(nothing), 0.5)


@pytest.mark.parametrize("text", ["<b>&", "\x00\x01", "🙏" * 3, "\u202eabc", "a" * 9000], ids=range(5))
async def test_no_text_breaks_it(case, text):
    """It arrives, whatever it holds and however long it is."""
    await case.channel.send(case.chat, Message("Đầu", text))
    if case.seen:
        assert "Đầu" in case.seen()
