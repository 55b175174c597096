"""Every way in which Telegram can fail a message, and what becomes of it."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.channel.base import Button, Deletion, Fault, Keyboard, Message, Picture, SendFailed, VoiceNote
from bot.channel.telegram import Telegram
from bot.channel.telegram_api import Api
from tests.channel.conftest import telegram_of
from tests.kit.telegram import TelegramDouble

TOKEN = "5:a-very-secret-token"
YES = (Button("yes", "Có"),)


@pytest.fixture
async def telegram(double, tea, tmp_path):
    """The channel alone, without a bot behind it."""
    made = telegram_of(double, tea, tmp_path)
    yield made
    await made.close()


@asynccontextmanager
async def answering(tmp_path, *answers, status=400):
    """A channel at a server that gives these answers in turn (a text is a body, a dict is JSON)."""
    left, got = list(answers), []

    async def answer(request):
        got.append(await request.json() if request.content_type == "application/json" else dict(await request.post()))
        given = left.pop(0) if left else {"ok": True, "result": {"message_id": 42, "photo": [], "date": 1}}
        if isinstance(given, str):
            return web.Response(text=given, status=status)
        code = given.get("error_code", 200)
        return web.json_response(given, status=code)

    app = web.Application()
    app.router.add_post("/bot{rest:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    telegram = Telegram(TOKEN, media=tmp_path, cache=tmp_path, api=url)
    yield telegram, got
    await telegram.close()
    await runner.cleanup()


def refusal(code, words, **parameters):
    """An error as the Bot API tells it."""
    return {"ok": False, "error_code": code, "description": words, "parameters": parameters}


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("blocked", Fault.GONE),
        ("deactivated", Fault.GONE),
        ("kicked", Fault.GONE),
        ("chat_not_found", Fault.GONE),
        ("unauthorized", Fault.SETUP),
        ("conflict", Fault.SETUP),
        ("server_error", Fault.PASSING),
        ("html", Fault.PASSING),
        ("cut", Fault.UNKNOWN),
        ("cut_after", Fault.UNKNOWN),
    ],
)
async def test_every_fault_has_its_class(double, telegram, kind, fault):
    """And the next message goes through."""
    person = double.person(7, started=True)
    double.fault("sendMessage", kind=kind)
    with pytest.raises(SendFailed) as failed:
        await telegram.send("7", Message("x"))
    assert failed.value.fault is fault
    await telegram.send("7", Message("y"))
    assert person.screen[-1].plain == "y"


async def test_too_fast_says_for_how_long(double, telegram):
    """retry_after is handed on."""
    double.person(7, started=True)
    double.fault("sendMessage", kind="flood", retry_after=17, chat=7)
    with pytest.raises(SendFailed) as failed:
        await telegram.send("7", Message("x"))
    assert (failed.value.fault, failed.value.retry_after) == (Fault.WAIT, 17)


async def test_a_moved_group_says_whereto(double, telegram):
    """migrate_to_chat_id is handed on."""
    double.group(-5)
    double.fault("sendMessage", kind="migrated", migrate_to=-1000000000005)
    with pytest.raises(SendFailed) as failed:
        await telegram.send("-5", Message("x"))
    assert (failed.value.fault, failed.value.moved_to) == (Fault.MOVED, "-1000000000005")


async def test_no_answer_after_sending_is_unknown(double):
    """It may have arrived: here it has."""
    api = Api(double.token, double.url)
    person = double.person(7, started=True)
    double.fault("sendMessage", kind="lost_answer")
    with pytest.raises(SendFailed) as failed:
        await api.call("sendMessage", {"chat_id": 7, "text": "x"}, seconds=0.2)
    assert failed.value.fault is Fault.UNKNOWN
    await api.renew()
    assert person.screen[-1].plain == "x"


async def test_what_may_be_done_twice_is_tried_again(double, telegram):
    """Nobody knows whether the keyboard was changed; changing it again does no harm."""
    double.person(7, started=True)
    receipt = await telegram.send("7", Message("x", buttons=YES))
    double.fault("editMessageReplyMarkup", kind="cut_after")
    new = Keyboard(receipt.message, (Button("no", "Không"),))
    with pytest.raises(SendFailed) as failed:
        await telegram.send("7", new)
    assert failed.value.fault is Fault.PASSING
    await telegram.send("7", new)


async def test_nobody_there_is_passing(tea, tmp_path):
    """A refused connection: nothing was sent."""
    async with TelegramDouble() as gone:
        pass
    telegram = telegram_of(gone, tea, tmp_path)
    with pytest.raises(SendFailed) as failed:
        await telegram.send("7", Message("x"))
    assert failed.value.fault is Fault.PASSING
    assert telegram.status == "unreachable: ConnectError"
    await telegram.close()


async def test_no_free_connection_is_passing(double):
    """All are busy for too long: this one was not sent."""
    api = Api(double.token, double.url, connections=1, connect=0.2)
    person = double.person(7, started=True)
    double.fault("sendMessage", kind="lost_answer")
    busy = asyncio.create_task(api.call("sendMessage", {"chat_id": 7, "text": "x"}))
    await double.until(lambda: person.screen)
    with pytest.raises(SendFailed) as failed:
        await api.call("sendMessage", {"chat_id": 7, "text": "y"})
    assert failed.value.fault is Fault.PASSING
    busy.cancel()
    await asyncio.gather(busy, return_exceptions=True)
    assert [shown.plain for shown in person.screen] == ["x"]
    await api.renew()


async def test_what_is_already_so_is_success(double, telegram):
    """The same keyboard again; a message that is gone."""
    double.person(7, started=True)
    receipt = await telegram.send("7", Message("x", buttons=YES))
    await telegram.send("7", Keyboard(receipt.message, YES))
    await telegram.send("7", Deletion(receipt.message))
    await telegram.send("7", Deletion(receipt.message))
    await telegram.send("7", Keyboard(receipt.message, YES))


async def test_refused_markup_is_sent_once_more_as_plain_text(tmp_path):
    """The person reads the words, buttons and all."""
    async with answering(tmp_path, refusal(400, "Bad Request: Can't parse entities: oh")) as (telegram, got):
        assert (await telegram.send("7", Message("a < b", buttons=YES))).message == "42"
    assert got[0]["parse_mode"] == "HTML"
    assert "parse_mode" not in got[1]
    assert got[1]["text"] == "a < b"
    assert got[0]["reply_markup"] == got[1]["reply_markup"]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (refusal(400, "Bad Request: BUTTON_DATA_INVALID"), Fault.REFUSED),
        (refusal(400, "Bad Request: reply markup is too long"), Fault.REFUSED),
        (refusal(403, "Forbidden: bot can't initiate conversation with a user"), Fault.GONE),
        (refusal(403, "FORBIDDEN: BOT IS NOT A MEMBER of the channel chat"), Fault.GONE),
        (refusal(404, "Not Found"), Fault.SETUP),
        (refusal(429, "Too Many Requests"), Fault.WAIT),
        (refusal(500, "Internal Server Error"), Fault.PASSING),
        ("<html>blocked by your provider</html>", Fault.PASSING),
        ("[]", Fault.PASSING),
        ("", Fault.PASSING),
    ],
)
async def test_refusals_have_their_class(tmp_path, answer, fault):
    """By parts of their words, in any case; a page that is no JSON comes from somebody in between."""
    async with answering(tmp_path, answer, status=200) as (telegram, _):
        with pytest.raises(SendFailed) as failed:
            await telegram.send("7", Message("x"))
        assert failed.value.fault is fault


async def test_the_token_is_in_no_exception_and_in_no_log(tmp_path, tea, caplog):
    """Neither ours nor the HTTP client's nor Telegram's own words."""
    caplog.set_level(logging.DEBUG)
    async with answering(tmp_path, refusal(400, f"Bad Request: {TOKEN}")) as (telegram, _):
        with pytest.raises(SendFailed) as failed:
            await telegram.send("7", Message("x"))
    told = "".join(traceback.format_exception(failed.value))
    for address in ("http://127.0.0.1:1", "https://127.0.0.1:1", "http://[", "ftp://127.0.0.1"):
        telegram = Telegram(TOKEN, media=tea / "content" / "media", cache=tmp_path, api=address)
        for outgoing in (Message("x"), Message("x", picture=Picture("tea/kettle.svg", "ấm"))):
            with pytest.raises(SendFailed) as failed:
                await telegram.send("7", outgoing)
            told += "".join(traceback.format_exception(failed.value)) + repr(failed.value) + telegram.status
        await telegram.close()
    assert "secret" not in told
    assert "secret" not in caplog.text


async def test_a_token_that_is_none_is_told_in_a_sentence(tmp_path, tea):
    """It names the variable, not its value, and nothing is sent anywhere."""
    telegram = Telegram("not a token", media=tmp_path, cache=tmp_path)
    with pytest.raises(SendFailed, match="TELEGRAM_BOT_TOKEN") as failed:
        await telegram.send("7", Message("x"))
    assert failed.value.fault is Fault.SETUP
    assert "not a token" not in str(failed.value)
    assert telegram.status == "token refused"


# --- pictures, voices, long texts


async def test_a_caption_that_is_too_long_comes_as_a_text(double, telegram):
    """Picture first, then the words with the buttons."""
    person = double.person(7, started=True)
    long = "Một câu. " * 200
    receipt = await telegram.send("7", Message("Đun nước", long, "Bước 1/2", Picture("tea/kettle.svg", "ấm"), YES))
    photo, text = person.screen
    assert (bool(photo.photo), photo.plain, photo.buttons) == (True, "", [])
    assert text.plain.startswith("Bước 1/2\nĐun nước")
    assert text.labels == ["Có"]
    assert receipt.message == str(text.id)


async def test_a_long_text_goes_on_where_it_was_stopped(tmp_path):
    """Too fast at the second part: the first is not said again, the buttons stand under the last."""
    sent = {"ok": True, "result": {"message_id": 41}}
    message = Message("Đọc kỹ", "Một câu. " * 1000, buttons=YES)
    async with answering(tmp_path, sent, refusal(429, "Too Many Requests", retry_after=1)) as (telegram, got):
        with pytest.raises(SendFailed):
            await telegram.send("7", message)
        assert (await telegram.send("7", message)).message == "42"
    assert got[1] == got[2]
    assert ["reply_markup" in body for body in got] == [False, False, False, True]
    said = "".join(got[at]["text"] for at in (0, 1, 3))
    assert "".join(said.split()) == "<b>Đọckỹ</b>" + "Mộtcâu." * 1000


@pytest.mark.parametrize("drawing", ["tea/no-such.svg", "tea/broken.svg", "tea/broken.png"])
async def test_without_its_picture_a_step_is_told_in_words(double, telegram, tea, drawing, caplog):
    """Missing, damaged, or refused by Telegram: headline, what the picture shows, the rest, the buttons."""
    for broken in ("broken.svg", "broken.png"):
        (tea / "content" / "media" / "tea" / broken).write_text("<svg")
    person = double.person(7, started=True)
    await telegram.send("7", Message("Đun nước", "Đợi sôi.", "", Picture(drawing, "Một cái ấm"), YES))
    (shown,) = person.screen
    assert shown.plain == "Đun nước\n\n🖼 Một cái ấm\n\nĐợi sôi."
    assert shown.labels == ["Có"]
    assert "picture" in caplog.text
    double.violations.clear()  # the double blames the damaged file, as it should


async def test_a_voice_that_is_missing_is_refused(telegram):
    """A fault of ours, told by its path."""
    with pytest.raises(SendFailed, match=r"vi/none\.ogg") as failed:
        await telegram.send("7", VoiceNote("vi/none.ogg"))
    assert failed.value.fault is Fault.REFUSED


@pytest.mark.parametrize(
    ("kind", "fault"), [("blocked", Fault.GONE), ("html", Fault.PASSING), ("cut_after", Fault.UNKNOWN)]
)
async def test_uploads_fail_in_the_same_classes(double, telegram, kind, fault):
    """Through the library, too."""
    double.person(7, started=True)
    picture = Message("x", picture=Picture("tea/kettle.svg", "ấm"), buttons=YES)
    double.fault("sendPhoto", kind=kind)
    with pytest.raises(SendFailed) as failed:
        await telegram.send("7", picture)
    assert failed.value.fault is fault
    double.fault("sendPhoto", kind="flood", retry_after=3, chat=8)
    double.person(8, started=True)
    with pytest.raises(SendFailed) as failed:
        await telegram.send("8", picture)
    assert (failed.value.fault, failed.value.retry_after) == (Fault.WAIT, 3)


async def test_the_library_is_imported_beside_the_loop(double, telegram):
    """Its import takes long; other chats are answered meanwhile."""
    double.person(7, started=True)
    double.person(8, started=True)
    began = time.monotonic()
    photo = asyncio.create_task(telegram.send("7", Message("x", picture=Picture("tea/kettle.svg", "ấm"))))
    await telegram.send("8", Message("y"))
    assert time.monotonic() - began < 5
    await photo
    assert double.calls_of("sendMessage", 8)[0].at <= double.calls_of("sendPhoto", 7)[0].at
