"""The Zalo channel alone: its form, its faults, how it listens."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
import unicodedata
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.channel.base import Button, Correction, Deletion, Fault, Message, Picture, SendFailed, VoiceNote, What
from bot.channel.counts import Uncounted
from bot.channel.numbered import in_words
from bot.channel.parts import units
from bot.channel.zalo_bot import probe
from bot.channel.zalo_bot_api import TOO_MUCH, Api
from bot.channel.zalo_bot_update import read_update
from bot.channel.zalo_form import parts
from bot.channel.zalo_rest import LONGEST_REST, REST
from tests.channel.test_telegram_listen import Stored
from tests.channel.zalo import ZALO_SECRET, zalo_of
from tests.kit.zalo_bot import ZaloBotDouble

YES = (Button("yes", "✅ Có"), Button("no", "Không"))


@pytest.fixture
async def zalo():
    """A double that must have seen no mistake when the test ends."""
    async with ZaloBotDouble() as made:
        yield made
        assert made.violations == []


@pytest.fixture
async def mouth(zalo, tea, tmp_path):
    """The channel without a bot behind it."""
    made = zalo_of(zalo, tea, tmp_path)
    yield made
    await made.close()


@asynccontextmanager
async def listens(double, tea, tmp_path, **settings):
    """The channel with a store behind it."""
    mouth, stored = zalo_of(double, tea, tmp_path, **settings), Stored()
    await mouth.start(stored)
    try:
        yield mouth, stored
    finally:
        await mouth.stop_listening()
        await mouth.close()


def say(language, block, names):
    """The words of this test."""
    return f"{language} {block} {' '.join(map(str, names.values()))}".strip()


def test_a_photo_can_be_shown_again_by_its_address():
    """Under the name of the documentation and the one that was seen; nothing but an address will do."""
    chat = {"message_id": "m", "from": {"id": "a"}, "chat": {"id": "a"}}
    for more, photo in (
        ({"photo": "https://zalo.example/1.jpg"}, "https://zalo.example/1.jpg"),
        ({"photo_url": "https://zalo.example/1.jpg"}, "https://zalo.example/1.jpg"),
        ({"photo_url": "file:///etc/passwd"}, ""),
        ({"photo": [3]}, ""),
        ({}, ""),
    ):
        got = read_update({"event_name": "message.image.received", "message": chat | more}, 1)
        assert (got.what, got.detail, got.photo) == (What.MEDIA, "photo", photo)


# --- the form


def test_answers_are_numbered_lines():
    """In the language of the chat, below the rest."""
    made = in_words(Message("Đầu", "Thân.", buttons=YES, language="vi"), say)
    assert (made.head, made.body, made.buttons) == ("Đầu", "Thân.\n\nvi press 1 ✅ Có\nvi press 2 Không", ())


def test_beside_a_question_that_is_typed_nothing_has_a_number():
    """A number would be taken as the answer."""
    assert in_words(Message("Đầu", buttons=YES, language="vi", typed=True), say).body == "vi say “Có”, “Không”"


def test_what_is_always_there_is_named_without_its_signs():
    """As one types it."""
    assert in_words(Message("x", constants=("🏠 Về đầu", "☎️ Gặp")), say).body == "always “Về đầu”, “Gặp”"


def test_the_place_of_the_headline_counts_as_java_does():
    """In units of UTF-16, behind the progress line."""
    (part,) = parts(Message("Mở 🙏 máy", "Thân", "Bước 1/3"), 2000)
    assert part.text == "Bước 1/3\nMở 🙏 máy\n\nThân"
    assert part.styles == [{"start": 9, "len": 9, "st": ["b", "f_20"]}]
    assert parts(Message("", "Thân"), 2000)[0].styles == []
    assert parts(Message(" ", "\n"), 2000) == []


@given(st.text(), st.text(), st.text(), st.integers(20, 200))
def test_any_message_fits_and_nothing_is_lost(head, body, progress, limit):
    """Each part fits however it is counted, in composed letters; all words arrive, in order."""
    made = parts(Message(head, body, progress), limit)
    assert all(units(part.text) <= limit for part in made)
    said = "".join("".join(part.text.split()) for part in made)
    pieces = (f"{progress}\n" if progress else "") + head, body
    whole = "".join("".join(piece.split()) for piece in pieces if piece.strip())
    assert unicodedata.normalize("NFC", said) == unicodedata.normalize("NFC", whole)


async def test_a_long_text_is_never_cut_inside_a_sentence(zalo, mouth):
    """In letters that came decomposed as well; the numbers stand under the last part."""
    person = zalo.person("a", started=True)
    body = unicodedata.normalize("NFD", "Đọc kỹ câu này rồi làm. " * 200)
    await mouth.send("a", Message("Đọc kỹ", body, buttons=YES))
    texts = [shown.text for shown in person.screen]
    assert len(texts) > 1
    assert all(len(text) <= 2000 for text in texts)
    assert all(text.endswith(".") for text in texts[:-1])
    assert texts[-1].endswith("Bấm số 1: ✅ Có\nBấm số 2: Không")
    assert [shown.large for shown in person.screen] == ["Đọc kỹ"] + [""] * (len(texts) - 1)


async def test_styles_that_are_refused_are_left_out(zalo, mouth, caplog):
    """The words arrive; without the setting nobody tries."""
    person = zalo.person("a", started=True)
    zalo.fault("sendMessage", kind="refused")
    await mouth.send("a", Message("Đầu"))
    assert [(shown.text, shown.large) for shown in person.screen] == [("Đầu", "")]
    assert "styles refused" in caplog.text


async def test_styles_may_be_switched_off(zalo, tea, tmp_path):
    """By the setting."""
    plain = zalo_of(zalo, tea, tmp_path, zalo_bot_styles=False)
    person = zalo.person("a", started=True)
    await plain.send("a", Message("Đầu"))
    await plain.close()
    assert person.screen[0].large == ""


@pytest.mark.parametrize("drawing", ["tea/kettle.svg", "tea/none.svg"])
async def test_a_picture_that_cannot_be_fetched_is_told_in_words(zalo, tea, tmp_path, drawing):
    """Our door is shut, or there is no such drawing: headline, what it shows, the rest."""
    mouth = zalo_of(zalo, tea, tmp_path, public_url="http://127.0.0.1:1")
    person = zalo.person("a", started=True)
    await mouth.send("a", Message("Đun nước", "Đợi sôi.", picture=Picture(drawing, "Một cái ấm")))
    await mouth.close()
    assert [shown.text for shown in person.screen] == ["Đun nước\n\n🖼 Một cái ấm\n\nĐợi sôi."]


async def test_a_voice_without_words_and_address_is_refused(mouth):
    """A fault of ours, told by its path and the setting."""
    with pytest.raises(SendFailed, match=r"vi/none\.ogg.*web\.public_url") as failed:
        await mouth.send("a", VoiceNote("vi/none.ogg"))
    assert failed.value.fault is Fault.REFUSED


async def test_what_cannot_be_changed_is_said_or_let_be(zalo, mouth):
    """A correction is refused; a message that should disappear costs no call."""
    with pytest.raises(SendFailed, match="cannot be changed"):
        await mouth.send("a", Correction("m1", Message("x")))
    assert (await mouth.send("a", Deletion("m1"))).message == "m1"
    assert zalo.calls == []


# --- faults


@pytest.mark.parametrize(
    ("kind", "fault", "status"),
    [
        ("unauthorized", Fault.SETUP, "token refused"),
        ("forbidden", Fault.PASSING, "unreachable: 403"),
        ("refused", Fault.REFUSED, "ok"),
        ("unknown", Fault.REFUSED, "ok"),
        ("server_error", Fault.PASSING, "unreachable: 500"),
        ("html", Fault.PASSING, "unreachable: 502 without JSON"),
        ("cloudflare", Fault.PASSING, "unreachable: 403 without JSON"),
        ("flood", Fault.WAIT, TOO_MUCH),
    ],
)
async def test_every_fault_has_its_class_and_its_status(zalo, mouth, kind, fault, status):
    """And the next message goes through."""
    person = zalo.person("a", started=True)
    zalo.fault("sendMessage", kind=kind)
    with pytest.raises(SendFailed) as failed:
        await mouth.send("a", Message("", "x"))
    assert (failed.value.fault, mouth.status) == (fault, status)
    await mouth.send("a", Message("", "y"))
    assert (person.screen[-1].text, mouth.status) == ("y", "ok")


@pytest.mark.parametrize("kind", ["cut", "cut_after"])
async def test_what_may_have_arrived_is_unknown(zalo, mouth, kind):
    """Nobody answered: it is not sent again blindly."""
    zalo.person("a", started=True)
    zalo.fault("sendMessage", kind=kind)
    with pytest.raises(SendFailed) as failed:
        await mouth.send("a", Message("", "x"))
    assert failed.value.fault is Fault.UNKNOWN


async def test_nobody_there_is_passing(tea, tmp_path):
    """A refused connection: nothing was sent."""
    async with ZaloBotDouble() as gone:
        pass
    mouth = zalo_of(gone, tea, tmp_path)
    with pytest.raises(SendFailed) as failed:
        await mouth.send("a", Message("x"))
    assert (failed.value.fault, mouth.status) == (Fault.PASSING, "unreachable: ConnectError")
    await mouth.close()


async def test_a_plan_that_is_used_up_rests_longer_and_longer(zalo):
    """One minute, then two, at most an hour; many that are refused at once are one refusal; a success begins anew."""
    zalo.person("a", started=True)
    now = 0.0
    api = Api(zalo.token, zalo.url, clock=lambda: now)

    async def sends():
        with pytest.raises(SendFailed) as failed:
            await api.call("sendMessage", {"chat_id": "a", "text": "x"})
        return failed.value.retry_after

    zalo.messages = 0
    rests = [await sends(), await sends()]
    for _ in range(8):
        now += rests[-1]
        rests.append(await sends())
    assert rests[:4] == [REST, REST, 2 * REST, 4 * REST]
    assert rests[-1] == LONGEST_REST
    now += rests[-1]
    zalo.messages = 1
    await api.call("sendMessage", {"chat_id": "a", "text": "x"})
    assert await sends() == REST
    await api.renew()


async def test_a_message_of_several_parts_goes_on_where_it_was_stopped(zalo, mouth):
    """The first part is not said twice."""
    person = zalo.person("a", started=True)
    message = Message("Đọc kỹ", "Một câu. " * 400)
    await mouth.send("a", Message("", "x"))
    zalo.messages = 1
    with pytest.raises(SendFailed) as failed:
        await mouth.send("a", message)
    assert failed.value.fault is Fault.WAIT
    zalo.messages = 10
    await mouth.send("a", message)
    said = "".join(shown.text for shown in person.screen[1:])
    assert "".join(said.split()) == "Đọckỹ" + "Mộtcâu." * 400


async def test_the_token_is_in_no_exception(tea, tmp_path):
    """Neither ours nor the HTTP client's nor the platform's own words."""

    async def answer(request):
        words = f"Bad request: {request.path}"
        return web.json_response({"ok": False, "error_code": 400, "description": words}, status=400)

    app = web.Application()
    app.router.add_post("/{rest:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    told = ""
    for base in (f"http://127.0.0.1:{runner.addresses[0][1]}", "http://127.0.0.1:1", "http://[", "ftp://127.0.0.1"):
        api = Api("5:a-very-secret-token", base)
        with pytest.raises(SendFailed) as failed:
            await api.call("sendMessage", {"chat_id": "a", "text": "x"})
        told += "".join(traceback.format_exception(failed.value)) + repr(failed.value) + api.status
        await api.renew()
    await runner.cleanup()
    assert "secret" not in told
    with pytest.raises(SendFailed, match="ZALO_BOT_TOKEN is no token") as failed:
        await Api("nonsense", base).call("getMe", {})
    assert "nonsense" not in str(failed.value)


async def test_a_proxy_of_its_own_is_used(zalo):
    """Every call goes to the proxy, which is asked for the platform's address."""
    asked = []

    async def forward(request):
        asked.append(str(request.url))
        return web.json_response({"ok": True, "result": {}})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", forward)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api = Api(zalo.token, "http://zalo.example", proxy=f"http://127.0.0.1:{runner.addresses[0][1]}")
    assert await api.call("getMe", {}) == {}
    await api.renew()
    await runner.cleanup()
    assert len(asked) == 1
    assert asked[0].startswith("http://zalo.example/bot")
    assert zalo.calls == []


# --- what comes in


def test_ids_may_be_missing_or_numbers():
    """Without a message id the whole event is its id, so that a replay is known."""
    event = {"event_name": "message.text.received", "message": {"chat": {"id": 7}, "text": "x"}}
    first, again = read_update(event, 1), read_update({"ok": True, "result": event}, 2)
    assert (first.chat, first.what, first.text) == ("7", What.TEXT, "x")
    assert first.external == again.external != ""


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from(
                    ["result", "event_name", "message", "chat", "id", "text", "from", "is_bot", "message_id"]
                ),
                x,
            )
        ),
    )
)
def test_no_update_however_odd_raises(update):
    """What is not understood is nobody's."""
    if isinstance(update, dict):
        read_update(update, 1)


async def test_what_is_older_than_the_inbox_remembers_is_left_out(zalo, tea, tmp_path, caplog):
    """Zalo may say it again after weeks, when nobody knows any more that it was answered; or our clock is wrong."""
    person = zalo.person("a", started=True)
    old = int(time.time() * 1000) - 4 * 86_400_000
    async with listens(zalo, tea, tmp_path) as (_, stored):
        zalo.happens(person.event("message.text.received", {"text": "cũ"}, date=old))
        await person.says("mới")
        await zalo.until(lambda: stored)
        assert await zalo.settled()
    assert [incoming.text for incoming in stored] == ["mới"]
    assert "is the clock right?" in caplog.text


async def test_a_clock_ahead_of_ours_loses_nothing(zalo, tea, tmp_path):
    """What Zalo dates in the future is taken and counted as of now, and so is what comes after it."""
    counted = []

    class Counting(Uncounted):
        def received(self, at):
            counted.append(at)

    person, ahead = zalo.person("a", started=True), int(time.time() * 1000) + 86_400_000
    async with listens(zalo, tea, tmp_path) as (mouth, stored):
        mouth.counts = Counting()
        zalo.happens(person.event("message.text.received", {"text": "sớm"}, date=ahead))
        await zalo.until(lambda: stored)
        await person.says("đúng giờ")
        await zalo.until(lambda: len(counted) == 2)
    assert [incoming.text for incoming in stored] == ["sớm", "đúng giờ"]
    assert counted[0] <= counted[1] < ahead


@pytest.mark.parametrize("replays", [True, False], ids=["given again", "given once"])
async def test_polling_works_whether_updates_are_given_once_or_again(tea, tmp_path, replays):
    """In order, each once; a rest between answers that bring nothing new."""
    async with ZaloBotDouble(replays=replays) as double:
        person = double.person("a")
        for number in range(20):
            await person.says(str(number))
        async with listens(double, tea, tmp_path) as (mouth, stored):
            assert await double.settled()
            await asyncio.sleep(0.4)
            assert mouth.status == "ok"
        assert [incoming.text for incoming in stored] == [str(number) for number in range(20)]
        assert len(double.calls_of("getUpdates")) < 20 + 0.4 / 0.05 + 4
        assert double.violations == []


async def test_what_is_not_stored_is_taken_when_it_comes_again(zalo, tea, tmp_path, caplog):
    """The database refused: the replay brings it."""
    async with listens(zalo, tea, tmp_path) as (_, stored):
        stored.refuse = 1
        await zalo.person("a").says("x")
        await zalo.until(lambda: len(zalo.calls_of("getUpdates")) > 4)
        await zalo.until(lambda: stored)
    assert [incoming.text for incoming in stored] == ["x"]
    assert "not stored" in caplog.text


@pytest.mark.parametrize("kind", ["server_error", "html", "cloudflare", "cut", "forbidden", "refused"])
async def test_polling_survives_any_failure(zalo, tea, tmp_path, kind):
    """Pauses, then everything arrives."""
    async with listens(zalo, tea, tmp_path) as (mouth, stored):
        fault = zalo.fault("getUpdates", kind=kind, times=3)
        await zalo.person("a").says("x")
        await zalo.until(lambda: fault.hits == 3, within=10)
        await zalo.until(lambda: stored)
        assert await zalo.settled()
        await zalo.until(lambda: zalo.calls[-1].status == 200)
        await asyncio.sleep(0.02)
        assert mouth.status == "ok"


async def test_a_silent_poll_is_given_up(zalo, tea, tmp_path, caplog):
    """The connection hangs: a new one is taken, and nothing is lost."""
    zalo.fault("getUpdates", kind="lost_answer")
    async with listens(zalo, tea, tmp_path) as (_, stored):
        await zalo.until(lambda: zalo.calls_of("getUpdates"))
        await zalo.person("a").says("x")
        await zalo.until(lambda: stored)
    assert "new connection" in caplog.text


async def test_a_webhook_left_over_is_removed(zalo, tea, tmp_path):
    """Zalo gives out nothing while one is set."""
    zalo.webhook = ("https://old.example/hook", "12345678")
    await zalo.person("a").says("x")
    async with listens(zalo, tea, tmp_path) as (_, stored):
        await zalo.until(lambda: stored)
    assert zalo.webhook is None


async def test_the_webhook_is_set_as_configured(zalo, tea, tmp_path):
    """Address and secret; nobody polls. A refusal does no harm as long as the address is ours already."""
    hook = {"zalo_bot_webhook": "http://127.0.0.1:1/hook", "zalo_bot_secret": ZALO_SECRET}
    for _ in range(2):
        async with listens(zalo, tea, tmp_path, **hook) as (mouth, _):
            await zalo.until(lambda: zalo.webhook and zalo.calls[-1].status)
            await asyncio.sleep(0.05)
            assert mouth.status == "ok"
        zalo.fault("setWebhook", kind="refused")
    assert zalo.webhook == ("http://127.0.0.1:1/hook", ZALO_SECRET)
    assert zalo.calls_of("getUpdates") == []


async def test_a_refused_webhook_is_told_by_its_setting(zalo, tea, tmp_path, caplog):
    """One sentence, and sending goes on."""
    hook = {"zalo_bot_webhook": "http://bot.example/hook", "zalo_bot_secret": ZALO_SECRET}
    zalo.person("a", started=True)
    async with listens(zalo, tea, tmp_path, **hook) as (mouth, _):
        await zalo.until(lambda: zalo.calls_of("getWebhookInfo") and zalo.calls[-1].status)
        await asyncio.sleep(0.05)
        assert "zalo_bot.webhook" in mouth.status
        await mouth.send("a", Message("x"))
    assert "zalo_bot.webhook" in caplog.text
    zalo.violations.clear()


async def test_a_token_revoked_while_polling_stops_the_poller_alone(zalo, tea, tmp_path, caplog):
    """One sentence that names the variable; no more calls."""
    async with listens(zalo, tea, tmp_path) as (mouth, _):
        await zalo.until(lambda: zalo.calls_of("getUpdates"))
        fault = zalo.fault("getUpdates", kind="unauthorized", times=None)
        await zalo.until(lambda: fault.hits)
        await asyncio.sleep(0.3)
        assert (mouth.status, fault.hits) == ("token refused", 1)
    sentences = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(sentences) == 1
    assert "ZALO_BOT_TOKEN" in sentences[0]


async def test_the_doctor_hears_how_zalo_takes_the_token(zalo):
    """The bot's name; a wrong token; nobody there."""
    assert await probe(zalo.token, zalo.url) == "ok: bot.camtay"
    assert "ZALO_BOT_TOKEN" in await probe("5:wrong", zalo.url)
    assert "ZALO_BOT_API" in await probe(zalo.token, "http://[")
    assert await probe(zalo.token, "http://127.0.0.1:1") == "unreachable: ConnectError"
    zalo.violations.clear()
