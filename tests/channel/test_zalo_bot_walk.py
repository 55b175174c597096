"""The whole bot on Zalo: guides walked by typing numbers, and everything else people do with a chat."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
import unicodedata
from dataclasses import replace
from functools import cache

import aiohttp
import pytest
from sqlalchemy import select

from bot.channel.picture import WIDTH
from bot.engine.event import Said
from bot.engine.path import STUCK
from bot.flow.model import INPUTS, Kind
from bot.store import tables
from bot.voice.provider import find_provider
from bot.voice.sound import OGG, encode
from tests.channel.conftest import ROOT, telegram_of
from tests.channel.test_telegram_walk import GUIDES, TYPED
from tests.channel.zalo import answers, living_on_zalo
from tests.kit.ready import loaded
from tests.kit.telegram import TelegramDouble
from tests.kit.telegram_rules import photo_size
from tests.kit.walk import ways_to_ends
from tests.kit.zalo_bot import ZaloBotDouble


@pytest.fixture
async def zalo():
    """A double that must have seen no mistake when the test ends."""
    async with ZaloBotDouble() as made:
        yield made
        assert made.violations == []


async def walk(bot, person, guide):
    """Start to end by the first answer each time, by number or by typing; the steps passed."""
    flow = bot.house.flows[guide]
    await person.says(f"/start {guide}")
    passed = []
    for _ in range(60):
        await person.waits_for(bot.asks)
        _, sessions = await bot.chat(person.id)
        session = sessions[guide]
        if session.finished:
            return passed
        step = flow.steps[session.step]
        passed.append(step.name)
        if step.kind in INPUTS:
            await person.says(TYPED[step.kind])
        else:
            again = passed.count(step.name) - 1  # a guide that leads back is left by another answer
            choices = ["done"] if step.kind is Kind.DO else list(step.go)
            await bot.answers(person, choices[again % len(choices)])
    raise AssertionError(f"no end of {guide}: {passed}\n{person.phone()}")


AT_ONCE = 16
"""People who walk at the same time."""


@cache
def ways():
    """(guide, end, the shortest way there) of every end of every guide of the house. Takes seconds: before a bot runs."""
    flows = loaded(ROOT, {}).flows
    found = [
        (guide, end, way)
        for guide in GUIDES
        for end, way in ways_to_ends(flows[guide], time.time_ns() // 1_000_000).items()
    ]
    ends = {(guide, step.name) for guide in GUIDES for step in flows[guide].steps.values() if step.kind is Kind.END}
    assert {(guide, end) for guide, end, _ in found} == ends
    return found


async def walk_to_every_end(bot, double):
    """To every end of every guide, each by somebody of their own; who they are."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(guide, end, way):
        async with room:
            return await walks(double.person(f"{guide}-{end}"), guide, end, way)

    async def walks(person, guide, end, way):
        flow = bot.house.flows[guide]
        await person.says(f"/start {guide}")
        for event in way:
            await person.waits_for(bot.asks, within=20)
            if isinstance(event, Said):
                await person.says(event.text)
                continue
            if event.answer.startswith(STUCK):
                await bot.answers(person, "stuck")
                await person.waits_for(bot.asks, within=20)
            await bot.answers(person, event.answer)
        await person.waits_for(bot.asks, within=20)
        _, sessions = await bot.chat(person.id)
        assert (sessions[guide].step, sessions[guide].finished) == (end, True), f"{guide}\n{person.phone()}"
        passed = {visit.step for visit in sessions[guide].visits} | {end}
        drawn = [step for step in passed if flow.steps[step].picture]
        assert len([shown for shown in person.screen if shown.picture]) >= len(drawn)
        return person

    return await asyncio.gather(*(one(*each) for each in ways()))


async def test_every_guide_is_walked_to_every_end_by_numbers(zalo, tmp_path):
    """Each guide of the house leads strangers to all its ends; every drawing is fetched, every text fits."""
    assert ways()
    async with living_on_zalo(zalo, ROOT, tmp_path) as bot:
        walked = await walk_to_every_end(bot, zalo)
        assert bot.zalo.status == "ok"
    assert len(walked) > 3 * len(GUIDES)
    assert sum(bool(shown.picture) for person in walked for shown in person.screen) > len(walked)
    assert all(len(shown.text) <= 2000 for screen in zalo.screens.values() for shown in screen)


async def test_guides_are_walked_by_webhook(zalo, tmp_path):
    """Some are enough: only the door is another."""
    async with living_on_zalo(zalo, ROOT, tmp_path, webhook=True) as bot:
        passed = await asyncio.gather(*(walk(bot, zalo.person(guide), guide) for guide in GUIDES[::5]))
        assert all(len(steps) >= 3 for steps in passed)
        assert bot.zalo.status == "ok"


async def test_the_first_words_say_how_to_answer_here(zalo, tea, tmp_path):
    """There are no buttons: numbers are typed, and what is always there is named once."""
    async with living_on_zalo(zalo, tea, tmp_path):
        person = zalo.person("a")
        await person.says("xin chào")
        await person.waits_for("Ở đây không có nút")
        (told,) = [shown for shown in person.screen if "“Về đầu”, “Đọc to”, “Gặp người giúp”" in shown.text]
        assert "Cầm Tay" in told.text
        await person.says("về đầu")
        await person.waits_for("Pha trà")
        assert len([shown for shown in person.screen if "Ở đây không có nút" in shown.text]) == 1


async def test_a_headline_is_large(zalo, tea, tmp_path):
    """By the styles of the platform; the rest is as it is."""
    async with living_on_zalo(zalo, tea, tmp_path):
        person = zalo.person("a")
        await person.says("/start tea")
        shown = await person.waits_for("Bắt đầu pha trà")
        assert shown.large == "Bắt đầu pha trà"
        assert "Cần ấm & <nước>." in shown.text
        assert answers(shown) == {1: "Pha luôn", 2: "Để sau", 3: "🔁 Xem lại"}


async def test_a_step_shows_its_drawing_from_our_door(zalo, tea, tmp_path):
    """As PNG in the width of a phone; the words stand below it in the same message."""
    async with living_on_zalo(zalo, tea, tmp_path) as bot:
        person = zalo.person("a")
        await person.says("/start tea")
        await person.waits_for("Bắt đầu pha trà")
        await person.says("Bấm số 1")
        shown = await person.waits_for("Đun nước")
        assert photo_size(shown.picture) == (WIDTH, WIDTH * 480 // 640)
        assert "Đợi sôi." in shown.text
        assert answers(shown)[1] == "✅ Xong rồi"
        address = zalo.calls_of("sendPhoto")[0].body["photo"]
        assert address.startswith(f"{bot.url}/picture/")
        async with aiohttp.ClientSession() as client, client.get(address) as answer:
            assert "immutable" in answer.headers["cache-control"]


async def test_without_a_public_address_a_drawing_is_told(zalo, tea, tmp_path):
    """Zalo could not fetch it."""
    async with living_on_zalo(zalo, tea, tmp_path, public_url=""):
        person = zalo.person("a")
        await person.says("/start tea")
        await person.waits_for("Bắt đầu pha trà")
        await person.says("1")
        assert "🖼 Một cái ấm" in (await person.waits_for("Đun nước")).text
    assert zalo.calls_of("sendPhoto") == []


async def test_a_number_that_is_asked_for_is_no_button(zalo, tea, tmp_path):
    """Where the answer is typed, what stands beside it is named and has no number."""
    async with living_on_zalo(zalo, tea, tmp_path) as bot:
        person = zalo.person("a")
        await person.says("/start tea")
        await bot.says_by_number(person, "yes")
        await person.waits_for("Đun nước")
        await bot.says_by_number(person, "done")
        shown = await person.waits_for("Gõ số cốc")
        assert answers(shown) == {}
        assert "Gõ “Bước trước”, “Xem lại” cũng được." in shown.text
        await person.says("2")
        await person.waits_for("Gõ tên")
        await person.says("bước trước")
        await person.waits_for("Gõ số cốc")


@pytest.fixture
def ffmpeg(tmp_path, monkeypatch):
    """Somebody makes AAC: the package av where it is installed, else this."""
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "tests" / "kit" / "ffmpeg.py", tmp_path / "bin" / "ffmpeg")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")


@pytest.mark.usefixtures("ffmpeg")
async def test_what_is_read_aloud_is_a_voice_note(zalo, tea, tmp_path):
    """A draft, with a sign that somebody works on it, at once the second time; a recording. Zalo fetches AAC."""
    async with living_on_zalo(zalo, tea, tmp_path, voice_provider="espeak") as bot:
        bot.app.conversation.house = replace(bot.house, speaks=frozenset({"vi"}))
        person = zalo.person("a")
        for _ in range(2):
            await person.says("đọc to")
            await person.waits_for("[voice]", within=20)
        assert len(zalo.calls_of("sendChatAction")) == 1
        wav = await find_provider("vi").speak("Đun nước. Đợi sôi.")
        (tea / "content" / "media" / "voice" / "vi" / "kettle.ogg").write_bytes(encode(wav, OGG))
        await person.says("/start tea")
        await bot.says_by_number(person, "yes")
        await person.waits_for("Đun nước")
        await person.says("đọc to")
        await person.waits_for("[voice]", within=20)
    addresses = [call.body["voice_url"] for call in zalo.calls_of("sendVoice")]
    assert len(set(addresses)) == 2
    assert all(address.startswith(f"{bot.url}/spoken/") for address in addresses)


@pytest.mark.usefixtures("ffmpeg")
async def test_a_voice_note_that_is_refused_is_a_link(zalo, tea, tmp_path, caplog):
    """Nobody is left without an answer."""
    async with living_on_zalo(zalo, tea, tmp_path, voice_provider="espeak") as bot:
        bot.app.conversation.house = replace(bot.house, speaks=frozenset({"vi"}))
        zalo.fault("sendVoice", kind="refused")
        person = zalo.person("a")
        await person.says("đọc to")
        await person.waits_for("Chạm vào dòng dưới để nghe.", within=20)
    assert "voice refused" in caplog.text


async def test_a_recorded_voice_is_a_link_where_there_are_no_voice_notes(zalo, tea, tmp_path):
    """It leads to the recording."""
    async with living_on_zalo(zalo, tea, tmp_path, zalo_bot_voice=False) as bot:
        person = zalo.person("a")
        await person.says("/start tea")
        await bot.says_by_number(person, "yes")
        await person.waits_for("Đun nước")
        await person.says("đọc to")
        shown = await person.waits_for("Chạm vào dòng dưới để nghe.")
        address = shown.text.rsplit("\n", 1)[1]
        async with aiohttp.ClientSession() as client, client.get(address) as answer:
            assert (answer.status, (await answer.read())[:4]) == (200, b"OggS")


async def test_a_draft_voice_is_a_link_to_an_mp3(zalo, tea, tmp_path):
    """Spoken when it is first asked for, with a sign that somebody works on it; at once the second time."""
    async with living_on_zalo(zalo, tea, tmp_path, voice_provider="espeak", zalo_bot_voice=False) as bot:
        bot.app.conversation.house = replace(bot.house, speaks=frozenset({"vi"}))
        person = zalo.person("a")
        for _ in range(2):
            await person.says("đọc to")
            shown = await person.waits_for("Chạm vào dòng dưới để nghe.", within=20)
        address = shown.text.rsplit("\n", 1)[1]
        async with aiohttp.ClientSession() as client, client.get(address) as answer:
            assert (answer.status, answer.content_type) == (200, "audio/mpeg")
        assert len(zalo.calls_of("sendChatAction")) == 1


@pytest.mark.parametrize("envelope", ["bare", "wrapped"])
async def test_both_envelopes_are_understood(tea, tmp_path, envelope):
    """The event alone, or as the result of an answer."""
    async with ZaloBotDouble(envelope=envelope) as double:
        async with living_on_zalo(double, tea, tmp_path, webhook=True):
            person = double.person("a")
            await person.says("/start tea")
            await person.waits_for("Bắt đầu pha trà")
            assert await double.settled()
        assert double.violations == []


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_what_comes_again_changes_nothing(zalo, tea, tmp_path, webhook):
    """A replay while the bot runs, and after a restart."""
    for _ in range(2):
        async with living_on_zalo(zalo, tea, tmp_path, webhook=webhook) as bot:
            person = zalo.person("a")
            if not person.screen:
                await person.says("/start tea")
                await bot.says_by_number(person, "yes")
                await person.waits_for("Đun nước")
            for update in zalo.updates:
                zalo.push(update)
            given = sum(len(update.given) for update in zalo.updates)
            await zalo.until(lambda given=given: sum(len(update.given) for update in zalo.updates) >= given + 2)
            await asyncio.sleep(0.1)
            async with bot.app.database.read() as connection:
                assert len((await connection.execute(select(tables.inbox))).all()) == 2
    assert [shown.by_bot for shown in person.screen].count(True) == 3  # the welcome and two steps


async def test_a_restart_in_the_middle_loses_nothing(zalo, tea, tmp_path):
    """What came while the bot was away is answered when it is back, from where the person was."""
    async with living_on_zalo(zalo, tea, tmp_path) as bot:
        person = zalo.person("a")
        await person.says("/start tea")
        await bot.says_by_number(person, "yes")
        await person.waits_for("Đun nước")
    await person.says("xong rồi")
    async with living_on_zalo(zalo, tea, tmp_path):
        await person.waits_for("Gõ số cốc")


async def test_everything_but_text_is_answered_in_words(zalo, tea, tmp_path):
    """Photo, voice, sticker, and what bots do not get: a sentence each, and the step is kept."""
    async with living_on_zalo(zalo, tea, tmp_path):
        person = zalo.person("a")
        await person.says("/start tea")
        await person.waits_for("Bắt đầu pha trà")
        for sending in (person.sends_photo, person.sends_voice, person.sends_sticker, person.sends_unsupported):
            await sending()
            await person.waits_for("Bấm số 1: Pha luôn")
        await person.says("số 1")
        await person.waits_for("Đun nước")


async def test_a_secret_is_recognised_although_it_cannot_be_taken_away(zalo, tea, tmp_path):
    """The person is warned; nothing of it is kept; what Zalo cannot do is not tried."""
    async with living_on_zalo(zalo, tea, tmp_path) as bot:
        person = zalo.person("a")
        await person.sends_photo(caption="mật khẩu của tôi là Abc@12345")
        await person.waits_for(lambda shown: "mật khẩu" in shown.text)
        async with bot.app.database.read() as connection:
            assert len((await connection.execute(select(tables.inbox))).all()) == 1
    assert b"Abc@12345" not in (tmp_path / "bot.db").read_bytes()


async def test_in_a_group_it_speaks_once(zalo, tea, tmp_path):
    """One sentence: it talks with one person at a time."""
    async with living_on_zalo(zalo, tea, tmp_path):
        zalo.person("g1", started=True)
        for word in ("@bot ơi", "@bot?"):
            await zalo.person("a").says_in_group(word, "g1")
        assert await zalo.settled()
        await zalo.until(lambda: zalo.screens["g1"])
        await asyncio.sleep(0.2)
    assert len(zalo.screens["g1"]) == 1


async def test_an_unknown_event_is_stored_and_answered_with_200(zalo, tea, tmp_path):
    """New kinds of events break nothing; what has no chat concerns nobody."""
    async with living_on_zalo(zalo, tea, tmp_path, webhook=True) as bot:
        person = zalo.person("a", started=True)
        zalo.happens(person.event("message.reaction.received", {"reaction": "❤"}, ident="r1"))
        zalo.happens({"event_name": "bot.moved", "data": 1})
        assert await zalo.settled()
        async with bot.app.database.read() as connection:
            rows = (await connection.execute(select(tables.inbox.c.external, tables.inbox.c.what))).all()
        assert rows == [("r1", "other")]
    assert person.screen == []


async def test_the_token_and_the_secret_are_in_no_log(zalo, tea, tmp_path, caplog):
    """Not even when everything is logged: start, a picture, faults, a wrong knock, the end."""
    caplog.set_level(logging.DEBUG)
    async with living_on_zalo(zalo, tea, tmp_path, webhook=True) as bot:
        person = zalo.person("a")
        zalo.fault("sendPhoto", kind="html")
        zalo.fault("sendMessage", kind="forbidden")
        await person.says("/start tea")
        await bot.says_by_number(person, "yes")
        await person.waits_for("Đun nước")
        async with aiohttp.ClientSession() as client, client.post(zalo.webhook[0], json={}) as answer:
            assert answer.status == 401
    assert caplog.records
    assert zalo.token.partition(":")[2] not in caplog.text
    assert zalo.webhook[1] not in caplog.text


@pytest.mark.parametrize("kind", ["html", "cloudflare", "forbidden", "server_error", "unauthorized"])
async def test_what_a_gateway_or_a_revoked_token_stops_is_sent_later(zalo, tea, tmp_path, kind):
    """Nothing that people asked for is lost meanwhile, and nothing comes twice."""
    async with living_on_zalo(zalo, tea, tmp_path) as bot:
        bot.app.sender.patience = replace(bot.app.sender.patience, first=0.02, longest=0.05)
        person, fault = zalo.person("a"), zalo.fault("sendMessage", kind=kind, times=3)
        await person.says("/start tea")
        await person.waits_for("Bắt đầu pha trà")
        await zalo.until(lambda: bot.zalo.status == "ok")
        assert fault.hits == 3
        assert [shown.text for shown in person.screen].count(person.screen[-1].text) == 1


ODD = {
    "NUL": "a\x00b",
    "decomposed": unicodedata.normalize("NFD", "Pha luôn nhé"),
    "emoji": "🙏🙏🙏",
    "long": "dài " * 1024,
    "nothing": "\u200b",
    "a keycap": "1️⃣",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
async def test_odd_texts_are_answered(zalo, tea, tmp_path, text):
    """Whatever is typed: an answer with a way on, and no fault of ours."""
    async with living_on_zalo(zalo, tea, tmp_path) as bot:
        person = zalo.person("a")
        await person.says("/start tea")
        await person.waits_for("Bắt đầu pha trà")
        await person.says(text)
        await person.waits_for(answers)
        async with bot.app.database.read() as connection:
            assert (await connection.execute(select(tables.inbox).where(tables.inbox.c.state == "parked"))).all() == []


@pytest.mark.parametrize("down", ["telegram", "zalo"])
async def test_one_channel_down_never_stops_another(tea, tmp_path, down):
    """A page of a gateway on every call, or a token that is revoked: the other platform's people notice nothing."""
    async with ZaloBotDouble() as zalo, TelegramDouble() as telegram:
        for double in (telegram,) if down == "telegram" else (zalo,):
            double.fault("*", kind="html", times=3)
            double.fault("*", kind="unauthorized", times=None)
        mouth = telegram_of(telegram, tea, tmp_path)
        async with living_on_zalo(zalo, tea, tmp_path, channels=[mouth], heard=down != "zalo") as bot:
            if down == "telegram":
                person = zalo.person("a")
                await person.says("/start tea")
                await person.waits_for("Bắt đầu pha trà")
                assert bot.zalo.status == "ok"
                await telegram.until(lambda: mouth.status == "token refused")
            else:
                person = telegram.person(1)
                await person.starts("tea")
                await person.waits_for("Bắt đầu pha trà")
                assert mouth.status == "ok"
                await zalo.until(lambda: bot.zalo.status == "token refused")
