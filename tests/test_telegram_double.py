"""The double of the Bot API: every rule it enforces and every fault it can show, tried through python-telegram-bot."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest
import telegram
from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.request import HTTPXRequest

from tests.kit.telegram import TelegramDouble
from tests.kit.telegram_rules import check_update, photo_size, read_text
from tests.kit.telegram_world import PIXEL

OPUS = b"OggS" + bytes(24) + b"OpusHead" + bytes(64)


def bot_of(double):
    """A plain bot of python-telegram-bot that talks to the double."""
    plain = {"httpx_kwargs": {"verify": False}}  # no certificates are needed on the way, and reading them is slow
    return telegram.Bot(
        double.token,
        base_url=f"{double.url}/bot",
        base_file_url=f"{double.url}/file/bot",
        request=HTTPXRequest(**plain),
        get_updates_request=HTTPXRequest(**plain),
    )


def keyboard(*labels):
    """One button a row, its data the label."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=label)] for label in labels])


@pytest.fixture
async def double():
    """A double that must have seen no mistake when the test ends."""
    async with TelegramDouble(answer_within=0.4) as made:
        yield made
        assert made.violations == []


@pytest.fixture
async def bot(double):
    """A bot at the double."""
    async with bot_of(double) as made:
        yield made


@pytest.fixture
def lan(double):
    """Somebody who has written to the bot before."""
    return double.person(7, first_name="Lan", started=True)


def blames(double, words):
    """The double lists exactly one mistake, with these words; it is then forgiven."""
    assert len(double.violations) == 1, double.violations
    assert words in double.violations[0]
    double.violations.clear()


@asynccontextmanager
async def receiver(*statuses):
    """A webhook that answers with these statuses, then 200; yields its url and what it got."""
    got, answers = [], list(statuses)

    async def take(request):
        got.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), await request.json(), time.monotonic()))
        return web.Response(status=answers.pop(0) if answers else 200)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", got
    finally:
        await runner.cleanup()


# --- addresses and encodings ---


async def test_a_bot_learns_who_it_is(bot):
    """GetMe has what PTB needs, the username included."""
    assert bot.username == "cam_tay_double_bot"


async def test_a_wrong_token_is_unauthorized(double):
    """Another token is answered 401."""
    async with aiohttp.ClientSession() as client, client.get(f"{double.url}/bot5:wrong/getMe") as answer:
        assert answer.status == 401
        assert await answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    blames(double, "Unauthorized")


async def test_an_unknown_method_is_not_found(double, bot):
    """A misspelt method is answered 404."""
    with pytest.raises((EndPointNotFound, InvalidToken)):
        await bot.do_api_request("sendMesage", {"chat_id": 7, "text": "x"})
    blames(double, "Not Found: method not found")


async def test_a_method_the_double_does_not_know_is_said_to_be_so(double, bot, lan):
    """What is not modelled fails loudly instead of pretending."""
    with pytest.raises(NetworkError, match="the double does not know sendDice"):
        await bot.send_dice(lan.id)
    blames(double, "does not know sendDice")


@pytest.mark.parametrize("encoding", ["form", "json", "multipart", "query"])
async def test_every_encoding_is_read_alike(double, lan, encoding):
    """Form, JSON, multipart and query arrive as the same message."""
    body = {"chat_id": lan.id, "text": "<b>Chào</b> 😀", "parse_mode": "HTML", "disable_notification": True}
    markup = {"inline_keyboard": [[{"text": "Xong", "callback_data": "x"}]]}
    flat = {name: json.dumps(value) if value is True else str(value) for name, value in body.items()}
    flat["reply_markup"] = json.dumps(markup)
    form = aiohttp.FormData(flat)
    multipart = aiohttp.FormData(flat, default_to_multipart=True)
    ways = {
        "form": {"data": form},
        "json": {"json": body | {"reply_markup": markup}},
        "multipart": {"data": multipart},
        "query": {"params": flat},
    }
    address = f"{double.url}/bot{double.token}/sendmessage"
    async with aiohttp.ClientSession() as client, client.post(address, **ways[encoding]) as answer:
        result = (await answer.json())["result"]
    assert result["text"] == "Chào 😀"
    assert result["entities"] == [{"type": "bold", "offset": 0, "length": 4}]
    assert lan.screen[-1].labels == ["Xong"]


# --- texts ---


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<b>x", "Can't parse entities: can't find end tag corresponding to start tag \"b\""),
        ("x<br>y", 'Can\'t parse entities: unsupported start tag "br" at byte offset 1'),
        ("a < b", 'Can\'t parse entities: unsupported start tag "" at byte offset 2'),
        ("<b>x</i>", 'Can\'t parse entities: unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("", "Message text is empty"),
        (" \n ", "Text must be non-empty"),
        ("<b></b>", "Text must be non-empty"),
        ("x" * 4097, "Message is too long"),
    ],
)
async def test_a_wrong_text_is_refused_in_telegrams_words(double, bot, lan, text, words):
    """Bad HTML, an empty and a too long text never reach the screen, sent or edited."""
    sent = await bot.send_message(lan.id, "đúng")
    for call, where in ((bot.send_message, {}), (bot.edit_message_text, {"message_id": sent.message_id})):
        with pytest.raises(BadRequest) as refused:
            await call(chat_id=lan.id, text=text, parse_mode="HTML", **where)
        assert refused.value.message.lower() == words.lower()
        assert lan.screen[-1].plain == "đúng"
        blames(double, words[1:20])


async def test_length_counts_after_parsing(bot, lan):
    """4096 characters fit whatever their markup and however many bytes they take."""
    await bot.send_message(lan.id, "<b>" + "ạ" * 4095 + "</b>😀", parse_mode="HTML")
    assert len(lan.screen[-1].plain) == 4096
    assert lan.screen[-1].text.startswith("<b>")


async def test_a_caption_has_its_own_limit(double, bot, lan):
    """1024 characters fit under a photo, one more does not, and none is fine."""
    await bot.send_photo(lan.id, PIXEL, caption="ạ" * 1024)
    await bot.send_photo(lan.id, PIXEL)
    with pytest.raises(BadRequest, match="caption is too long"):
        await bot.send_photo(lan.id, PIXEL, caption="ạ" * 1025)
    blames(double, "caption is too long")


async def test_an_unknown_parse_mode_is_refused(double, bot, lan):
    """HTML misspelt is not plain text."""
    with pytest.raises(BadRequest, match="nsupported parse_mode"):
        await bot.send_message(lan.id, "x", parse_mode="HTLM")
    blames(double, "unsupported parse_mode")


async def test_a_link_telegram_would_drop_is_blamed(double, bot, lan):
    """tel: links vanish silently in the real thing; here they are listed."""
    await bot.send_message(lan.id, '<a href="https://dichvucong.gov.vn">Cổng</a>', parse_mode="HTML")
    assert double.violations == []
    await bot.send_message(lan.id, '<a href="tel:113">Gọi 113</a>', parse_mode="HTML")
    blames(double, "a link is dropped silently")


def test_blank_ends_are_cut_and_offsets_follow():
    """Leading and trailing blanks go, as Telegram does it, and entities still cover their words."""
    text = read_text("\n  chào <b>bác</b> \n", "HTML")
    assert text.plain == "chào bác"
    assert text.entities == ({"type": "bold", "offset": 5, "length": 3},)


# --- requests and keyboards ---


async def test_an_unknown_parameter_is_blamed(double, bot, lan):
    """A misspelt parameter would be ignored in silence; here it is listed, also deep inside."""
    button = {"text": "x", "callback_data": "x", "colour": "red"}
    markup = {"inline_keyboard": [[button]]}
    await bot.send_message(lan.id, "x", reply_markup=markup, api_kwargs={"parsemode": "HTML"})
    assert double.violations[0].endswith("no parameter parsemode")
    assert double.violations[1].endswith("no parameter reply_markup.inline_keyboard.0.0.colour")
    double.violations.clear()


async def test_a_parameter_of_the_wrong_type_is_refused(double, bot, lan):
    """Aiogram's model of the method has the word."""
    with pytest.raises(BadRequest, match="essage_thread_id: input should be a valid integer"):
        await bot.send_message(lan.id, "x", api_kwargs={"message_thread_id": "first"})
    blames(double, "message_thread_id")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[{"text": "x", "callback_data": "ạ" * 22}]], "BUTTON_DATA_INVALID"),  # 22 letters, 66 bytes
        ([[{"text": "x", "callback_data": "x"}] * 9], "reply markup is too long"),
        ([[{"text": "x", "callback_data": "x"}] * 8] * 13, "reply markup is too long"),
        ([[{"text": "x"}]], "Text buttons are unallowed"),
        ([[{"callback_data": "x"}]], 'Can\'t find field "text"'),
        ([[{"text": "x", "callback_data": "x", "url": "https://a.vn"}]], "exactly one kind"),
        ([[{"text": "x", "url": "tel:113"}]], "Unsupported URL protocol"),
        ([[{"text": "x", "url": "http://localhost/x"}]], "Wrong HTTP URL"),
        ([{"text": "x", "callback_data": "x"}], "Array of Arrays"),
        ([[{"text": "x", "callback_data": "x", "style": 3}]], "inline_keyboard.0.0.style"),
    ],
)
async def test_a_wrong_keyboard_is_refused(double, bot, lan, rows, words):
    """Too many buttons, too much data, or a button that does nothing."""
    with pytest.raises(BadRequest):
        await bot.send_message(lan.id, "x", reply_markup={"inline_keyboard": rows})
    assert lan.screen == []
    blames(double, words)


async def test_the_largest_keyboard_passes(bot, lan):
    """100 buttons, eight in a row, 64 bytes of data each."""
    row = [InlineKeyboardButton("x", callback_data="ạ" * 21 + "x")] * 8
    rows = [*[row] * 12, row[:4]]
    await bot.send_message(lan.id, "x", reply_markup=InlineKeyboardMarkup(rows))
    assert len(lan.screen[-1].buttons) == 100


async def test_a_button_without_text_is_blamed(double, bot, lan):
    """Telegram drops it in silence."""
    rows = [[{"text": "", "callback_data": "a"}, {"text": "b", "callback_data": "b"}]]
    await bot.send_message(lan.id, "x", reply_markup={"inline_keyboard": rows})
    assert lan.screen[-1].labels == ["b"]
    blames(double, "a button without text")


async def test_a_chat_begins_with_the_person(double, bot):
    """A bot cannot write first, neither to a stranger nor to nobody."""
    stranger = double.person(8)
    for chat in (stranger.id, 999, "@nobody"):
        with pytest.raises(BadRequest, match="hat not found"):
            await bot.send_message(chat, "x")
        blames(double, "chat not found")
    await stranger.says("xin chào")
    await bot.send_message(stranger.id, "x")


# --- edits and deletions ---


async def test_an_edit_shows_and_drops_the_keyboard(bot, lan):
    """Editing a text without a keyboard takes the keyboard away, and says so to the bot."""
    sent = await bot.send_message(lan.id, "một", reply_markup=keyboard("Xong"))
    edited = await bot.edit_message_text("<i>hai</i>", lan.id, sent.message_id, parse_mode="HTML")
    shown = lan.screen[-1]
    assert (shown.plain, shown.labels, shown.edits, edited.text, edited.reply_markup) == ("hai", [], 1, "hai", None)
    assert edited.edit_date is not None


async def test_an_edit_that_changes_nothing_is_refused(bot, lan):
    """Same text and keyboard, whatever the markup that led there."""
    sent = await bot.send_message(lan.id, "<b>một</b>", parse_mode="HTML", reply_markup=keyboard("a"))
    with pytest.raises(BadRequest, match="essage is not modified"):
        await bot.edit_message_text(
            "<b>một</b> ", lan.id, sent.message_id, parse_mode="HTML", reply_markup=keyboard("a")
        )
    with pytest.raises(BadRequest, match="essage is not modified"):
        await bot.edit_message_reply_markup(lan.id, sent.message_id, reply_markup=keyboard("a"))
    await bot.edit_message_reply_markup(lan.id, sent.message_id, reply_markup=keyboard("b"))
    assert lan.screen[-1].labels == ["b"]
    await bot.edit_message_reply_markup(lan.id, sent.message_id)
    assert lan.screen[-1].labels == []


async def test_a_message_that_is_gone_cannot_be_edited(double, bot, lan):
    """Neither one that never was, nor one that was deleted, nor the person's own."""
    sent = await bot.send_message(lan.id, "một")
    assert await bot.delete_message(lan.id, sent.message_id)
    assert lan.screen[-1].deleted
    for message_id in (sent.message_id, 9999):
        with pytest.raises(BadRequest, match="essage to edit not found"):
            await bot.edit_message_text("hai", lan.id, message_id)
    with pytest.raises(BadRequest, match="essage to delete not found"):
        await bot.delete_message(lan.id, sent.message_id)
    own = await lan.says("của tôi")
    with pytest.raises(BadRequest, match="essage can't be edited"):
        await bot.edit_message_text("hai", lan.id, own.id)
    blames(double, "can't be edited")


async def test_text_and_caption_are_edited_each_by_its_own_method(double, bot, lan):
    """A photo has no text, a text has no caption."""
    photo = await bot.send_photo(lan.id, PIXEL, caption="một", reply_markup=keyboard("a"))
    text = await bot.send_message(lan.id, "một")
    with pytest.raises(BadRequest, match="here is no text in the message to edit"):
        await bot.edit_message_text("hai", lan.id, photo.message_id)
    blames(double, "no text")
    with pytest.raises(BadRequest, match="here is no caption in the message to edit"):
        await bot.edit_message_caption(lan.id, text.message_id, caption="hai")
    blames(double, "no caption")
    await bot.edit_message_caption(lan.id, photo.message_id, caption="<b>hai</b>", parse_mode="HTML")
    assert (lan.screen[0].plain, lan.screen[0].labels) == ("hai", [])


async def test_a_reply_to_a_missing_message_is_refused(bot, lan):
    """Unless the bot allows it to go without."""
    with pytest.raises(BadRequest, match="essage to be replied not found"):
        await bot.send_message(lan.id, "x", reply_to_message_id=77)
    await bot.send_message(lan.id, "x", reply_to_message_id=77, allow_sending_without_reply=True)
    assert lan.screen[-1].reply_to is None


# --- files ---


async def test_an_uploaded_photo_gets_a_file_id_that_can_be_sent_again(double, bot, lan):
    """The second sending uploads nothing; after the ids are lost the bot is told."""
    first = await bot.send_photo(lan.id, PIXEL)
    ident = first.photo[-1].file_id
    again = await bot.send_photo(lan.id, ident, caption="lại")
    assert again.photo[-1].file_id == ident == lan.screen[-1].photo
    assert double.files[ident] == PIXEL
    double.forget_files()
    with pytest.raises(BadRequest, match="rong file identifier/http url specified"):
        await bot.send_photo(lan.id, ident)


async def test_a_file_id_of_another_kind_or_an_address_is_refused(double, bot, lan):
    """A voice is no photo; the double fetches nothing from the net."""
    voice = await bot.send_voice(lan.id, OPUS, duration=2)
    with pytest.raises(BadRequest, match="an't use file of type voice as photo"):
        await bot.send_photo(lan.id, voice.voice.file_id)
    blames(double, "of type Voice as Photo")
    with pytest.raises(BadRequest, match="ailed to get http url content"):
        await bot.send_photo(lan.id, "https://example.vn/x.png")
    blames(double, "failed to get HTTP URL")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<svg/>", "IMAGE_PROCESS_FAILED"),
        (b"", "file must be non-empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(8) + struct.pack(">II", 9000, 1001), "PHOTO_INVALID_DIMENSIONS"),
        (b"\x89PNG\r\n\x1a\n" + bytes(8) + struct.pack(">II", 2100, 100), "PHOTO_INVALID_DIMENSIONS"),
        (PIXEL + bytes(10 * 2**20), "file is too big for a photo"),
    ],
)
async def test_what_is_no_photo_is_refused(double, bot, lan, data, words):
    """Another format, nothing, far too large or far too narrow."""
    with pytest.raises(BadRequest):
        await bot.send_photo(lan.id, data)
    blames(double, words)


def test_the_size_of_a_jpeg_is_read():
    """Segments before the frame header are stepped over."""
    jpeg = b"\xff\xd8\xff\xe0\x00\x10" + bytes(14) + b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 480, 640)
    assert photo_size(jpeg) == (640, 480)


async def test_a_voice_in_the_wrong_format_is_blamed(double, bot, lan):
    """It would arrive as a file to be saved, not as a voice to be heard."""
    await bot.send_voice(lan.id, OPUS, caption="nghe")
    assert "voice" in lan.screen[-1].content
    assert double.violations == []
    await bot.send_voice(lan.id, b"RIFF....WAVE")
    blames(double, "neither OGG")


async def test_a_bot_can_fetch_what_a_person_sent(double, bot, lan):
    """GetFile and the file address, as for a forwarded photo."""
    shown = await lan.sends_photo(PIXEL)
    file = await bot.get_file(shown.photo)
    assert bytes(await file.download_as_bytearray()) == PIXEL


# --- taps ---


async def test_a_tap_carries_its_message_and_data_and_is_answered_once(double, bot, lan):
    """The second answer is refused and blamed."""
    await bot.send_message(lan.id, "?", reply_markup=keyboard("Xong rồi"))
    tap = await lan.taps("Xong")
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert (query.data, query.message.text, query.from_user.id) == ("Xong rồi", "?", lan.id)
    assert await query.answer("Ghi nhận")
    assert (await tap.waits_for_answer())["text"] == "Ghi nhận"
    with pytest.raises(BadRequest, match="uery is too old"):
        await query.answer()
    blames(double, "query is too old")


async def test_a_redelivered_tap_may_be_answered_again_in_vain(double, bot, lan):
    """The refusal stays, the blame does not: the bot cannot know."""
    await bot.send_message(lan.id, "?", reply_markup=keyboard("a"))
    tap = await lan.taps("a")
    await bot.answer_callback_query(tap.id)
    await bot.get_updates()
    double.delivery.redeliver(tap.update)
    await bot.get_updates()
    with pytest.raises(BadRequest, match="uery is too old"):
        await bot.answer_callback_query(tap.id)


async def test_an_unknown_or_late_answer_is_refused(double, bot, lan):
    """Unknown is a mistake; late (here 0.4 s) is life."""
    with pytest.raises(BadRequest, match="uery is too old and response timeout expired or query id is invalid"):
        await bot.answer_callback_query("123")
    blames(double, "query is too old")
    await bot.send_message(lan.id, "?", reply_markup=keyboard("a"))
    tap = await lan.taps("a")
    await asyncio.sleep(0.45)
    with pytest.raises(BadRequest, match="uery is too old"):
        await bot.answer_callback_query(tap.id)
    assert tap.answer is None
    with pytest.raises(AssertionError, match="was not answered"):
        await tap.waits_for_answer(0.01)


async def test_an_answer_of_more_than_200_characters_is_refused(double, bot, lan):
    """The bubble over the chat is small."""
    await bot.send_message(lan.id, "?", reply_markup=keyboard("a"))
    tap = await lan.taps("a")
    with pytest.raises(BadRequest, match="essage_too_long"):
        await bot.answer_callback_query(tap.id, "x" * 201)
    blames(double, "MESSAGE_TOO_LONG")


async def test_the_newest_button_is_tapped_and_a_stale_one_on_demand(bot, lan):
    """Equal labels in two messages; a keyboard edited away a moment ago."""
    old = await bot.send_message(lan.id, "1", reply_markup=keyboard("Xong"))
    await bot.send_message(lan.id, "2", reply_markup=keyboard("Xong"))
    assert (await lan.taps("Xong")).message.plain == "2"
    await bot.edit_message_reply_markup(lan.id, old.message_id)
    with pytest.raises(AssertionError, match="no button"):
        await lan.taps_message(lan.screen[0], "Xong")
    assert (await lan.taps_message(lan.screen[0], "Xong", stale=True)).data == "Xong"


async def test_a_reply_keyboard_types_its_label_until_removed(bot, lan):
    """A tap on it arrives as an ordinary message."""
    await bot.send_message(lan.id, "?", reply_markup=telegram.ReplyKeyboardMarkup([["Có", "Không"]]))
    await lan.taps("Không")
    assert (await bot.get_updates())[-1].message.text == "Không"
    await bot.send_message(lan.id, "!", reply_markup=telegram.ReplyKeyboardRemove())
    with pytest.raises(AssertionError, match="no button"):
        await lan.taps("Không", within=0.01)


async def test_waiting_looks_only_at_what_came_after_the_last_act(bot, lan):
    """An old message with the same words does not pass for the answer to a new one."""
    await bot.send_message(lan.id, "Bước 1")
    await lan.says("tiếp")
    with pytest.raises(AssertionError, match="Bước 1"):
        await lan.waits_for("Bước 1", 0.05)
    assert (await lan.waits_for("Bước", anywhere=True)).plain == "Bước 1"
    waiting = asyncio.create_task(lan.waits_for(lambda shown: "2" in shown.plain))
    await bot.send_message(lan.id, "Bước 2")
    assert (await waiting).plain == "Bước 2"


# --- what people send ---


async def test_everything_a_person_sends_arrives_in_order(bot, double, lan):
    """All kinds pass PTB's and aiogram's reading, with growing ids."""
    group = double.group(-1001234567890)
    said = await lan.starts("vneid")
    await lan.sends_photo(caption="ảnh")
    await lan.sends_voice()
    await lan.sends_sticker()
    await lan.sends_location()
    await lan.sends_contact()
    await lan.sends_document()
    await lan.edits(said, "sửa")
    await lan.says("chào nhóm", group)
    updates = await bot.get_updates()
    assert [update.update_id for update in updates] == list(range(100_001, 100_010))
    first = updates[0].message
    assert (first.text, first.entities[0].type, first.from_user.language_code) == ("/start vneid", "bot_command", "vi")
    assert updates[1].message.caption == "ảnh"
    kinds = ("voice", "sticker", "location", "contact", "document")
    for update, kind in zip(updates[2:], kinds, strict=False):
        assert getattr(update.message, kind)
    assert updates[5].message.contact.user_id == lan.id
    assert updates[7].edited_message.text == "sửa"
    assert (updates[8].message.chat.type, updates[8].message.chat.id) == ("supergroup", group.id)
    await bot.send_message(group.id, "chào cả nhà")
    assert double.screens[group.id][-1].plain == "chào cả nhà"


async def test_blocking_is_told_and_refuses_messages_until_the_person_writes(bot, lan):
    """my_chat_member both ways, 403 in between."""
    await lan.blocks()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(lan.id, "x")
    await lan.unblocks()
    await bot.send_message(lan.id, "x")
    statuses = [update.my_chat_member.new_chat_member.status for update in await bot.get_updates()]
    assert statuses == ["kicked", "member"]
    await lan.blocks()
    await lan.says("tôi đây")
    await bot.send_message(lan.id, "x")
    assert (await bot.get_updates())[-2].my_chat_member.new_chat_member.status == "member"


def test_an_update_no_telegram_would_send_is_noticed():
    """The double checks itself against aiogram's types."""
    message = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "x"}
    check_update({"update_id": 1, "message": message})
    with pytest.raises(ValueError, match=r"message\.txt"):
        check_update({"update_id": 1, "message": message | {"txt": "x"}})
    with pytest.raises(ValueError, match="date"):
        check_update({"update_id": 1, "message": {"message_id": 1, "chat": {"id": 1, "type": "private"}}})


# --- delivery by polling ---


async def test_an_offset_confirms_what_is_below_it(double, bot, lan):
    """Unconfirmed updates come again, confirmed ones never, a negative offset keeps the last."""
    for word in ("a", "b", "c", "d"):
        await lan.says(word)
    first = await bot.get_updates(limit=2)
    assert [update.message.text for update in first] == ["a", "b"]
    assert [update.message.text for update in await bot.get_updates()] == ["a", "b", "c", "d"]
    rest = await bot.get_updates(offset=first[-1].update_id + 1)
    assert [update.message.text for update in rest] == ["c", "d"]
    assert [update.message.text for update in await bot.get_updates(offset=-1)] == ["d"]
    assert await bot.get_updates(offset=rest[-1].update_id + 1) == ()
    assert await double.delivery.settled(0.1)


async def test_a_long_poll_waits_for_the_next_update(bot, lan):
    """It neither returns early nor sleeps through."""
    began = time.monotonic()
    poll = asyncio.create_task(bot.get_updates(timeout=5))
    await asyncio.sleep(0.1)
    assert not poll.done()
    await lan.says("a")
    assert [update.message.text for update in await poll] == ["a"]
    assert time.monotonic() - began < 2
    began = time.monotonic()
    assert await bot.get_updates(offset=200_000, timeout=1) == ()
    assert time.monotonic() - began > 0.9


async def test_a_second_poller_ends_the_first(double, bot, lan):
    """409 for the first, the update for the second, and a word of blame."""
    poll = asyncio.create_task(bot.get_updates(timeout=5))
    await double.until(lambda: double.delivery.polled)
    async with bot_of(double) as other:
        second = asyncio.create_task(other.get_updates(timeout=5))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await poll
        await lan.says("a")
        assert len(await second) == 1
    blames(double, "two pollers")


async def test_a_poller_that_hung_up_is_no_second_poller(double, bot, lan):
    """A bot that lost its connection polls on without a conflict, and what was sent into the void comes again."""
    async with aiohttp.ClientSession() as client:
        with pytest.raises(TimeoutError):
            await client.get(
                f"{double.url}/bot{double.token}/getUpdates?timeout=5", timeout=aiohttp.ClientTimeout(total=0.2)
            )
    await asyncio.sleep(0.05)
    await lan.says("a")
    assert len(await bot.get_updates(timeout=1)) == 1


async def test_unwanted_kinds_are_not_kept(bot, lan):
    """allowed_updates lasts until changed; chat_member is never among the default ones."""
    await bot.get_updates(allowed_updates=["message"])
    await lan.blocks()
    await lan.says("a")
    assert [update.message.text for update in await bot.get_updates()] == ["a"]
    await bot.get_updates(allowed_updates=[])
    await lan.blocks()
    assert (await bot.get_updates())[-1].my_chat_member


async def test_a_kind_that_does_not_exist_is_blamed(double, bot):
    """A misspelt kind would never arrive."""
    await bot.get_updates(allowed_updates=["mesage"])
    blames(double, "mesage")


async def test_taps_expire_before_messages(bot, lan):
    """After an outage longer than 150 s (here 0.1 s) the taps are lost and the messages are not."""
    async with TelegramDouble(tap_kept=0.1) as short:
        person = short.person(7, started=True)
        async with bot_of(short) as other:
            await other.send_message(7, "?", reply_markup=keyboard("a"))
            await person.taps("a")
            await person.says("b")
            await asyncio.sleep(0.15)
            (update,) = await other.get_updates()
            assert update.message.text == "b"


async def test_a_polled_update_comes_again_on_demand(double, bot, lan):
    """Redelivery keeps the id, whatever the offset says."""
    await lan.says("a")
    (update,) = await bot.get_updates()
    assert await bot.get_updates(offset=update.update_id + 1) == ()
    double.delivery.redeliver(double.delivery.updates[0])
    (again,) = await bot.get_updates(offset=update.update_id + 1)
    assert again.update_id == update.update_id
    assert await bot.get_updates(offset=update.update_id + 1) == ()


# --- delivery by webhook ---


async def test_a_webhook_gets_updates_with_its_secret(double, bot, lan):
    """Set, served, seen in getWebhookInfo, deleted."""
    async with receiver() as (url, got):
        await bot.set_webhook(url, secret_token="s3cret_-", allowed_updates=["message"])
        await lan.says("a")
        assert await double.delivery.settled(2)
        assert got[0][:2] == ("s3cret_-", double.delivery.updates[0].json)
        info = await bot.get_webhook_info()
        assert (info.url, info.pending_update_count, info.allowed_updates) == (url, 0, ("message",))
        await bot.delete_webhook()
        assert (await bot.get_webhook_info()).url == ""


async def test_polling_and_webhook_exclude_each_other(double, bot):
    """409 while a webhook is set; setting one ends the poll that waits."""
    async with receiver() as (url, _):
        poll = asyncio.create_task(bot.get_updates(timeout=5))
        await double.until(lambda: double.delivery.polled)
        await bot.set_webhook(url)
        with pytest.raises(Conflict, match="terminated by setWebhook request"):
            await poll
        with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
            await bot.get_updates()
        blames(double, "while webhook is active")


@pytest.mark.parametrize(
    ("url", "secret", "words"),
    [
        ("http://example.vn/hook", "x", "HTTPS URL must be provided"),
        ("hook", "x", "invalid webhook URL"),
        ("https://example.vn/hook", "a b", "unallowed characters"),
        ("https://example.vn/hook", "a" * 257, "secret token is too long"),
    ],
)
async def test_a_wrong_webhook_is_refused(double, bot, url, secret, words):
    """Only https beyond this machine, and a secret Telegram can put into a header."""
    with pytest.raises(BadRequest):
        await bot.set_webhook(url, secret_token=secret)
    blames(double, words)


async def test_a_failed_delivery_comes_again_with_the_same_id_and_holds_its_lane(double, bot, lan):
    """Three failures, then success; the next message of the chat waits behind it."""
    async with receiver(500, 503, 302) as (url, got):
        await bot.set_webhook(url)
        await lan.says("a")
        await lan.says("b")
        assert await double.delivery.settled(5)
        first, second = (update.id for update in double.delivery.updates)
        assert [body["update_id"] for _, body, _ in got] == [first, first, first, first, second]
        assert "302" in (await bot.get_webhook_info()).last_error_message


async def test_a_webhook_that_is_down_gets_everything_when_it_is_back(double, bot, lan):
    """A refused connection counts as a failure like any other."""
    async with receiver() as (url, _):
        pass
    await bot.set_webhook(url)
    await lan.says("a")
    await double.delivery.bell.wait_until(lambda: double.delivery.webhook.last_error, 2)
    assert "Connection failed" in (await bot.get_webhook_info()).last_error_message
    async with receiver() as (other, got):
        await bot.set_webhook(other)
        assert await double.delivery.settled(2)
        assert got[0][1]["message"]["text"] == "a"


async def test_a_message_a_tap_and_a_block_of_one_person_arrive_at_once(double, bot, lan):
    """Three lanes: while the message is being served, the others are already there, each once."""
    together, kinds = asyncio.Barrier(3), []

    async def take(request):
        kinds.extend((await request.json()).keys() - {"update_id"})
        await asyncio.wait_for(together.wait(), 2)
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await bot.send_message(lan.id, "?", reply_markup=keyboard("a"))
    await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook")
    double.delivery.hold()
    await lan.says("b")
    await lan.taps("a")
    await lan.blocks()
    await asyncio.sleep(0.05)
    assert kinds == []
    double.delivery.release()
    assert await double.delivery.settled(3)
    assert sorted(kinds) == ["callback_query", "message", "my_chat_member"]
    await runner.cleanup()


async def test_a_webhook_update_comes_again_on_demand(double, bot, lan):
    """As if the 200 had been lost."""
    async with receiver() as (url, got):
        await bot.set_webhook(url)
        await lan.says("a")
        assert await double.delivery.settled(2)
        double.delivery.redeliver(double.delivery.updates[0])
        assert await double.delivery.settled(2)
        assert got[0][1] == got[1][1]


async def test_pending_updates_can_be_dropped(double, bot, lan):
    """drop_pending_updates forgets what waits."""
    await lan.says("a")
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


async def test_a_webhook_answer_that_sends_a_message_is_blamed(double, bot, lan):
    """It is carried out, but nobody hears how it went."""

    async def take(request):
        return web.json_response({"method": "sendMessage", "chat_id": 7, "text": "x"})

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook")
    await lan.says("a")
    assert await double.delivery.settled(2)
    await runner.cleanup()
    assert [shown.text for shown in lan.screen if shown.by_bot] == ["x"]
    blames(double, "carries sendmessage")


# --- faults ---


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("blocked", Forbidden, "bot was blocked by the user"),
        ("deactivated", Forbidden, "user is deactivated"),
        ("kicked", Forbidden, "bot was kicked"),
        ("chat_not_found", BadRequest, "hat not found"),
        ("unauthorized", InvalidToken, "Unauthorized"),
        ("conflict", Conflict, "make sure that only one bot instance is running"),
        ("server_error", NetworkError, "restart"),
        ("html", NetworkError, "Bad Gateway|JSON|parsed|502"),
        ("cut", NetworkError, "httpx"),
    ],
)
async def test_a_fault_strikes_as_often_as_told_and_leaves_no_message(double, bot, kind, error, words):
    """The first call fails, the second does not, other chats are spared."""
    lan, other = double.person(7, started=True), double.person(8, started=True)
    fault = double.fault("sendMessage", chat=lan.id, kind=kind)
    await bot.send_message(other.id, "x")
    with pytest.raises(error, match=words):
        await bot.send_message(lan.id, "x")
    assert lan.screen == []
    await bot.send_message(lan.id, "x")
    assert (fault.hits, len(lan.screen)) == (1, 1)


async def test_a_fault_for_ever_ends_when_told(double, bot, lan):
    """times=None goes on; end() stops it."""
    fault = double.fault("*", kind="server_error", times=None, status=503)
    for _ in range(3):
        with pytest.raises(NetworkError):
            await bot.send_message(lan.id, "x")
    assert double.calls[-1].status == 503
    fault.end()
    await bot.send_message(lan.id, "x")


async def test_a_flood_is_refused_until_its_time_has_passed(double, bot, lan, monkeypatch):
    """429 with retry_after; a bot that does not wait is blamed, one that waits is served."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # without it PTB warns whenever it raises RetryAfter
    double.fault("sendMessage", chat=lan.id, kind="flood", retry_after=1)
    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(lan.id, "x")
    assert refused.value.retry_after == timedelta(seconds=1)
    await asyncio.sleep(0.2)
    with pytest.raises(RetryAfter):
        await bot.send_message(lan.id, "x")
    blames(double, "before retry_after had passed")
    await asyncio.sleep(0.9)
    await bot.send_message(lan.id, "x")


async def test_a_migrated_group_says_where_it_went(double, bot):
    """400 with migrate_to_chat_id, and the new chat is there."""
    group = double.group(-5)
    double.fault("sendMessage", chat=group.id, kind="migrated", migrate_to=-1000000000005)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(group.id, "x")
    await bot.send_message(moved.value.new_chat_id, "x")
    assert double.screens[-1000000000005][-1].plain == "x"


async def test_a_lost_answer_keeps_the_message(double, bot, lan):
    """The bot cannot know; the person has read it."""
    double.fault("sendMessage", kind="lost_answer")
    with pytest.raises(TimedOut):
        await bot.send_message(lan.id, "x", read_timeout=0.2)
    assert [shown.plain for shown in lan.screen] == ["x"]
    assert (double.calls[-1].status, double.calls[-1].fault) == (None, "lost_answer")


async def test_a_cut_after_keeps_the_message(double, bot, lan):
    """The same with a connection that dies."""
    double.fault("sendMessage", kind="cut_after")
    with pytest.raises(NetworkError):
        await bot.send_message(lan.id, "x")
    assert [shown.plain for shown in lan.screen] == ["x"]


async def test_a_slow_answer_comes_late_but_comes(double, bot, lan):
    """Slow is not lost."""
    double.fault("sendMessage", kind="slow", seconds=0.3)
    began = time.monotonic()
    await bot.send_message(lan.id, "x")
    assert time.monotonic() - began > 0.3


# --- profile and records ---


async def test_the_profile_is_kept_by_language(double, bot):
    """Commands, name and descriptions, each with its limit."""
    await bot.set_my_commands([("start", "Bắt đầu")], language_code="vi")
    assert (await bot.get_my_commands(language_code="vi"))[0].command == "start"
    assert await bot.get_my_commands() == ()
    await bot.set_my_name("Cầm Tay", language_code="vi")
    assert (await bot.get_my_name("vi")).name == "Cầm Tay"
    await bot.set_my_description("x" * 512)
    await bot.set_my_short_description("x" * 120)
    await bot.set_chat_menu_button()
    for wrong in (bot.set_my_description("x" * 513), bot.set_my_commands([("Start", "x")]), bot.set_my_name("x" * 65)):
        with pytest.raises(BadRequest):
            await wrong
    assert len(double.violations) == 3
    double.violations.clear()


async def test_chat_actions_are_a_closed_list(double, bot, lan):
    """Typing is one, thinking is none."""
    assert await bot.send_chat_action(lan.id, "typing")
    with pytest.raises(BadRequest, match="rong parameter action in request"):
        await bot.send_chat_action(lan.id, "thinking")
    blames(double, "wrong parameter action")


async def test_calls_are_recorded_and_the_busiest_second_is_counted(double, bot, lan):
    """What was asked, when, where and how it ended."""
    other = double.person(8, started=True)
    for person in (lan, lan, other):
        await bot.send_message(person.id, "x")
    await bot.send_chat_action(lan.id, "typing")
    assert [call.arguments["chat_id"] for call in double.calls_of("sendMessage")] == [7, 7, 8]
    assert (double.busiest(), double.busiest(lan.id), double.busiest(999)) == (3, 2, 0)
    assert double.busiest(seconds=0) == 1
    assert double.calls_of("sendMessage", 8)[0].status == 200
