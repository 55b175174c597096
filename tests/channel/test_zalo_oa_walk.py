"""The whole bot on a Zalo official account: guides walked by tapping, windows, the staff, and what people do with a chat."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace

import aiohttp
import pytest
from sqlalchemy import update

from bot.channel.picture import WIDTH
from bot.store import jobs, tables
from bot.store.windows import Windows
from tests.channel.conftest import ROOT, telegram_of
from tests.channel.test_zalo_bot_walk import walk_to_every_end, ways
from tests.channel.zalo_oa import HOUR, living_on_oa
from tests.kit.telegram import TelegramDouble
from tests.kit.telegram_rules import photo_size
from tests.kit.zalo_oa import APP_SECRET, OA_SECRET, SEND, UPLOAD, ZaloOaDouble


@pytest.fixture
async def double():
    """A double that must have seen no mistake when the test ends."""
    async with ZaloOaDouble() as made:
        yield made
        assert made.violations == []


def now():
    """Milliseconds."""
    return time.time_ns() // 1_000_000


# --- guides


async def test_every_guide_is_walked_to_every_end_by_tapping(tmp_path):
    """Each guide of the house leads strangers to all its ends; a step is one call, a drawing is uploaded once."""
    assert ways()
    async with ZaloOaDouble(per_minute=100_000) as double:
        async with living_on_oa(double, ROOT, tmp_path) as bot:
            await walk_to_every_end(bot, double)
            assert bot.oa.status == "ok"
            kept = await bot.rows(tables.file)
        said = [each for screen in double.screens.values() for each in screen if each.by_bot]
        assert double.violations == []
    assert all(len(each.text) <= 2000 and len(each.buttons) <= 5 for each in said)
    assert len(said) == len(double.calls_of(SEND))
    assert len(kept) == len(double.calls_of(UPLOAD)) == len(double.pictures)
    assert all(row["until"] > now() + 5 * 24 * HOUR for row in kept)


@pytest.mark.parametrize("echo", ["payload", "title"])
async def test_a_tap_is_understood_whatever_zalo_makes_of_it(tea, tmp_path, echo):
    """Its payload comes back, or the words on the button: both answer the question."""
    async with ZaloOaDouble(echo=echo) as double:
        async with living_on_oa(double, tea, tmp_path) as bot:
            person = double.person("a")
            await person.says("/start tea")
            shown = await person.waits_for("Bắt đầu pha trà")
            assert shown.labels == ["Pha luôn", "Để sau", "🔁 Xem lại"]
            await person.taps("Pha luôn")
            shown = await person.waits_for("Đun nước")
            assert photo_size(shown.picture) == (WIDTH, WIDTH * 480 // 640)
            await bot.answers(person, "done")
            await person.waits_for("Gõ số cốc")
            await person.says("2")
            await person.waits_for("Gõ tên")
        assert double.violations == []


async def test_the_first_words_say_what_can_always_be_typed(double, tea, tmp_path):
    """There are buttons, so nobody is told that there are none."""
    async with living_on_oa(double, tea, tmp_path):
        person = double.person("a")
        await person.says("xin chào")
        (told,) = [await person.waits_for("“Về đầu”, “Đọc to”, “Gặp người giúp”", anywhere=True)]
        assert "Lúc nào cũng có thể gõ" in told.text
        assert "không có nút" not in told.text


async def test_the_phone_of_a_human_and_a_voice_are_buttons(double, tea, tmp_path):
    """One calls, the other opens the recording."""
    async with living_on_oa(double, tea, tmp_path, human_phone="024 3333 4444"):
        person = double.person("a")
        await person.says("gặp người giúp")
        shown = await person.waits_for("024 3333 4444")
        (call,) = [button for button in shown.buttons if button["type"] == "oa.open.phone"]
        assert (call["title"], call["payload"]) == ("📞 Gọi 024 3333 4444", {"phone_code": "842433334444"})
        await person.says("/start tea")
        await person.waits_for("Bắt đầu pha trà")
        await person.says("1")
        await person.waits_for("Đun nước")
        await person.says("đọc to")
        shown = await person.waits_for("Chạm vào nút dưới để nghe.")
        (listen,) = shown.buttons
        async with aiohttp.ClientSession() as client, client.get(listen["payload"]["url"]) as answer:
            assert (answer.status, (await answer.read())[:4]) == (200, b"OggS")


async def test_everything_but_text_is_answered_in_words(double, tea, tmp_path):
    """A sentence each, and the step is kept."""
    async with living_on_oa(double, tea, tmp_path):
        person = double.person("a")
        await person.says("/start tea")
        await person.waits_for("Bắt đầu pha trà")
        for kind in ("image", "gif", "audio", "video", "sticker", "location", "business_card", "file"):
            await person.sends(kind)
            await person.waits_for(lambda shown: "Pha luôn" in shown.labels)
        await person.taps("Pha luôn")
        await person.waits_for("Đun nước")


async def test_what_comes_again_changes_nothing(double, tea, tmp_path):
    """While the bot runs, and after a restart."""
    for _ in range(2):
        async with living_on_oa(double, tea, tmp_path) as bot:
            person = double.person("a")
            if not person.screen:
                await person.says("/start tea")
                await bot.answers(person, "yes")
                await person.waits_for("Đun nước")
            for event in list(double.events):
                double.push(event)
            given = sum(len(event.answers) for event in double.events)
            await double.until(lambda given=given: sum(len(e.answers) for e in double.events) >= given + 2)
            await asyncio.sleep(0.1)
            assert len(await bot.rows(tables.inbox)) == 2
    assert [shown.by_bot for shown in person.screen].count(True) == 3  # the welcome and two steps


async def test_unknown_events_are_stored_and_receipts_are_not(double, tea, tmp_path):
    """200 for all of them; groups and strangers of a web page concern nobody."""
    async with living_on_oa(double, tea, tmp_path) as bot:
        person = double.person("a", started=True)
        for name in ("user_invented", "user_seen_message", "user_send_group_text", "anonymous_send_text"):
            double.happens(person.event(name, {"text": "x"}, ident=name))
        double.happens({"event_name": "oa_moved", "data": 1})
        assert await double.settled()
        rows = [(row["external"], row["what"]) for row in await bot.rows(tables.inbox)]
    assert rows == [("user_invented", "other")]
    assert person.screen == []


async def test_following_and_leaving(double, tea, tmp_path):
    """Who leaves is not written to; who comes back, or writes, is."""
    async with living_on_oa(double, tea, tmp_path) as bot:
        person = double.person("a")
        await person.says("/start tea")
        await person.waits_for("Bắt đầu pha trà")
        for follows in (False, True):
            await person.follows(again=follows)
            assert await double.settled()
            assert (await bot.chat("a"))[0].reachable is follows
        await person.follows(again=False)
        person.left = False
        await person.says("1")
        await person.waits_for("Đun nước")
        assert (await bot.chat("a"))[0].reachable


async def test_secrets_are_in_no_log(double, tea, tmp_path, caplog):
    """Not even when everything is logged: tokens that are renewed, faults that quote them, wrong knocks."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "aiosqlite")  # as in service: it would show every value that is stored
    async with living_on_oa(double, tea, tmp_path) as bot:
        person = double.person("a")
        double.expire()
        for kind in (-100, -216, "html"):
            double.fault(SEND, kind)
        await person.says("/start tea")
        await bot.answers(person, "yes")
        await person.waits_for("Đun nước")
        double.fault(SEND, -201)
        await person.says("về đầu")
        async with aiohttp.ClientSession() as client, client.post(double.webhook, json={"event_name": "x"}) as answer:
            assert answer.status == 401
        assert await double.settled()
    assert caplog.records
    for secret in (APP_SECRET, OA_SECRET, "access-", "refresh-"):
        assert secret not in caplog.text


# --- windows


async def set_back(bot, chat, hours):
    """So long ago the person did something."""
    async with bot.app.database.write() as connection:
        where = (tables.reach.c.channel == "zalo_oa", tables.reach.c.chat == chat)
        await connection.execute(update(tables.reach).where(*where).values(opened_at=now() - int(hours * HOUR)))


async def reminder_is_due(bot, chat):
    """The step waits no longer."""
    key = jobs.waiting_for(f"zalo_oa:{chat}")
    async with bot.app.database.write() as connection:
        found = await jobs.find(connection, key)
        await jobs.add(connection, [replace(found, due_at=now() - 1)])
    await bot.app.clock.look(now())
    async with bot.app.database.read() as connection:
        return await jobs.find(connection, key)


@pytest.mark.parametrize(
    ("hours", "paid", "comes"), [(47, False, True), (49, False, False), (49, True, True), (169, True, False)]
)
async def test_a_reminder_keeps_to_the_window(double, tea, tmp_path, *, hours, paid, comes):
    """Free for 48 hours, for a price up to seven days if the operator says so; else it is left out, with the reason."""
    async with living_on_oa(double, tea, tmp_path, zalo_oa_paid=paid) as bot:
        person = double.person("a")
        await person.says("/start tea")
        await person.waits_for("Bắt đầu pha trà")
        await set_back(bot, "a", hours)
        person.acted_at = now() - hours * HOUR
        before = len(person.screen)
        left = await reminder_is_due(bot, "a")
        skipped = [row for row in await bot.rows(tables.journal) if row["what"] == "skipped"]
        if comes:
            await double.until(lambda: len(person.screen) > before)
            assert skipped == []
        else:
            assert (left, len(person.screen)) == (None, before)
            assert [(row["step"], row["answer"]) for row in skipped] == [("begin", "window")]
        assert double.charged == (1 if comes and hours > 48 else 0)
        used = [row["sent"] for row in await bot.rows(tables.quota) if row["channel"] == "zalo_oa"]
    assert sum(used) in {double.charged, 0}


async def test_the_platform_knows_better_that_a_chat_is_closed(double, tea, tmp_path):
    """Then so do we: the row says why, and it opens when the person does something."""
    async with living_on_oa(double, tea, tmp_path) as bot:
        person = double.person("a")
        double.fault(SEND, -230)
        await person.says("xin chào")
        await double.until(lambda: len(double.calls_of(SEND)) >= 2)
        await double.until(lambda: person.screen[-1].by_bot)
        for _ in range(100):
            failed = [row["reason"] for row in await bot.rows(tables.outbox) if row["state"] == "failed"]
            if failed:
                break
            await asyncio.sleep(0.02)
        assert failed == ["window"]
        assert [row["opened_at"] for row in await bot.rows(tables.reach)] == [0]
        await person.says("xin chào")
        await person.waits_for(lambda shown: shown.by_bot)
        assert [row["opened_at"] > 0 for row in await bot.rows(tables.reach)] == [True]


# --- the staff


@pytest.mark.parametrize("admin_echo", [False, True], ids=["ours nameless", "ours named as well"])
async def test_where_the_staff_answers_the_bot_is_silent(tea, tmp_path, admin_echo):
    """What we send ourselves is not theirs. Until home is asked for, nothing is answered, and nobody is reminded."""
    async with ZaloOaDouble(admin_echo=admin_echo) as double:
        async with living_on_oa(double, tea, tmp_path) as bot:
            person, other = double.person("a"), double.person("b")
            await person.says("/start tea")
            await person.waits_for("Bắt đầu pha trà")
            assert await double.settled()
            person.hears_staff()
            assert await double.settled()
            before = len(person.screen)
            await person.says("1")
            await person.sends("image")
            assert await double.settled()
            (job,) = [await reminder_is_due(bot, "a")]
            assert now() + HOUR < job.due_at < now() + 3 * HOUR
            await other.says("/start tea")
            await other.waits_for("Bắt đầu pha trà")
            assert [shown.by_bot for shown in person.screen[before:]] == [False, False]
            await person.says("về đầu")
            await person.waits_for(lambda shown: shown.by_bot)
            await person.says("/start tea")
            await person.waits_for("Bắt đầu pha trà")
        assert double.violations == []


async def test_a_tap_on_a_button_wakes_the_bot(double, tea, tmp_path):
    """It is ours."""
    async with living_on_oa(double, tea, tmp_path):
        person = double.person("a")
        await person.says("/start tea")
        await person.waits_for("Bắt đầu pha trà")
        person.hears_staff()
        assert await double.settled()
        await person.taps("Pha luôn")
        await person.waits_for("Đun nước")


async def test_silence_ends_by_itself(double, tea, tmp_path):
    """After the time that is set."""
    async with living_on_oa(double, tea, tmp_path) as bot:
        person = double.person("a")
        await person.says("/start tea")
        await person.waits_for("Bắt đầu pha trà")
        await Windows(bot.app.database, "zalo_oa").silence("a", now() - 1)
        await person.says("1")
        await person.waits_for("Đun nước")


# --- one channel down


@pytest.mark.parametrize("down", ["telegram", "zalo_oa"])
async def test_one_channel_down_never_stops_another(tea, tmp_path, down):
    """A page of a gateway, or access that was taken back: the other platform's people notice nothing."""
    async with ZaloOaDouble() as zalo, TelegramDouble() as telegram:
        mouth = telegram_of(telegram, tea, tmp_path)
        if down == "telegram":
            telegram.fault("*", kind="html", times=3)
            telegram.fault("*", kind="unauthorized", times=None)
        else:
            zalo.fault("*", "html", times=None)
        async with living_on_oa(zalo, tea, tmp_path, channels=[mouth]) as bot:
            if down == "telegram":
                person = zalo.person("a")
                await person.says("/start tea")
                await person.waits_for("Bắt đầu pha trà")
                assert bot.oa.status == "ok"
                await telegram.until(lambda: mouth.status == "token refused")
            else:
                person = telegram.person(1)
                await person.starts("tea")
                await person.waits_for("Bắt đầu pha trà")
                assert bot.oa.status == "unreachable: 502 without JSON"
            async with aiohttp.ClientSession() as client, client.get(f"{bot.url}/health") as answer:
                states = (await answer.json())["channels"]
            assert (states["zalo_oa"] == "ok") is (down == "telegram")
