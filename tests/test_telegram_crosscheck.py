"""The same conversation against a double that others wrote."""

from __future__ import annotations

import pytest
import telegram

from tests.kit.emulator import Emulator


@pytest.fixture
async def emulator():
    """The emulator on a free port."""
    async with Emulator() as running:
        yield running


async def test_a_plain_bot_hears_and_answers(emulator):
    """A message and a tap arrive by polling; a message, an edit and the answer to the tap are accepted and readable."""
    async with telegram.Bot(emulator.token, base_url=f"{emulator.url}/bot") as bot:
        assert bot.username == "cam_tay_double_bot"
        heard = await emulator.says(7, "/start vneid")
        (update,) = await bot.get_updates(allowed_updates=["message", "callback_query"], timeout=1)
        assert (update.update_id, update.message.text, update.message.from_user.id) == (heard, "/start vneid", 7)
        keyboard = telegram.InlineKeyboardMarkup.from_button(telegram.InlineKeyboardButton("Xong", callback_data="x"))
        sent = await bot.send_message(7, "Bước 1", reply_markup=keyboard)
        assert (await emulator.waits_for(7, "Bước 1")).method == "sendMessage"
        tapped = await emulator.taps(7, "Xong")
        (update,) = await bot.get_updates(offset=heard + 1, timeout=1)
        assert (update.update_id, update.callback_query.data) == (tapped, "x")
        await update.callback_query.answer("Được")
        await bot.edit_message_text("Bước 1, xong", 7, sent.message_id)
        assert (await emulator.waits_for(7, "xong")).method == "editMessageText"
    assert [sent.method for sent in emulator.sent] == ["sendMessage", "answerCallbackQuery", "editMessageText"]


async def test_waiting_in_vain_tells_what_came(emulator):
    """The failure shows the messages there are, and a missing button is named."""
    async with telegram.Bot(emulator.token, base_url=f"{emulator.url}/bot") as bot:
        await bot.send_message(7, "Bước 1")
        with pytest.raises(AssertionError, match="Bước 1"):
            await emulator.waits_for(7, "Bước 2", within=0.05)
        with pytest.raises(AssertionError, match="no button 'Xong'"):
            await emulator.taps(7, "Xong")
