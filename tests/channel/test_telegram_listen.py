"""Listening to Telegram: start-up, long polling, and what is told to an operator."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager

import pytest

from bot.channel.base import Button, Message, What
from bot.channel.telegram import probe
from bot.channel.timing import Timing
from tests.channel.conftest import HASTY, SECRET, telegram_of
from tests.kit.telegram import TelegramDouble


class Stored(list):
    """What was accepted; the next `refuse` things are not."""

    refuse = 0

    async def __call__(self, incoming):
        """Keeps it or not."""
        if self.refuse:
            self.refuse -= 1
            raise RuntimeError("disk full")
        await asyncio.sleep(0)
        self.append(incoming)


@asynccontextmanager
async def listens(double, tea, tmp_path, **more):
    """The channel with a store behind it."""
    telegram, stored = telegram_of(double, tea, tmp_path, **more), Stored()
    await telegram.start(stored)
    try:
        yield telegram, stored
    finally:
        await telegram.stop_listening()
        await telegram.close()


async def test_updates_arrive_in_order_and_are_confirmed(double, tea, tmp_path):
    """A hundred at once, and the time of the last answer is told."""
    person = double.person(7)
    for number in range(150):
        await person.says(str(number))
    async with listens(double, tea, tmp_path) as (telegram, stored):
        assert await double.delivery.settled(5)
        assert [incoming.text for incoming in stored] == [str(number) for number in range(150)]
        assert telegram.status == "ok"
        assert time.time() - telegram._poller.last < 5


async def test_nothing_is_confirmed_before_it_is_stored(double, tea, tmp_path, caplog):
    """The whole batch comes again, nothing is lost."""
    person = double.person(7)
    for word in "abc":
        await person.says(word)
    async with listens(double, tea, tmp_path) as (_, stored):
        stored.refuse = 2
        assert await double.delivery.settled(5)
    assert {incoming.text for incoming in stored} == set("abc")
    assert "not stored" in caplog.text


async def test_the_offset_survives_a_restart_on_telegrams_side(double, tea, tmp_path):
    """What was stored but not yet confirmed comes again, with its old id."""
    person = double.person(7)
    async with listens(double, tea, tmp_path) as (_, stored):
        await double.until(lambda: double.delivery.polled)
        await person.says("a")
        await double.until(lambda: double.delivery.updates[0].sent)
        await asyncio.sleep(0.05)
    first = [incoming.external for incoming in stored]
    await person.says("b")
    async with listens(double, tea, tmp_path) as (_, stored):
        assert await double.delivery.settled(5)
    assert [incoming.text for incoming in stored][-1] == "b"
    assert len(stored) == 1 or stored[0].external == first[0]


async def test_ids_may_begin_anew(double, tea, tmp_path):
    """After a quiet week Telegram goes on with any id, also a smaller one."""
    person = double.person(7)
    async with listens(double, tea, tmp_path, timing=Timing(poll=0, first=0.05)) as (_, stored):
        await person.says("a")
        assert await double.delivery.settled(5)
        await asyncio.sleep(0.1)
        double.delivery._next_id = 5
        await person.says("b")
        assert await double.delivery.settled(5)
    assert [incoming.text for incoming in stored] == ["a", "b"]


async def test_a_tap_is_answered_before_it_is_stored(double, tea, tmp_path):
    """The spinner ends even while the database is slow."""
    person = double.person(7, started=True)
    telegram = telegram_of(double, tea, tmp_path)
    gate = asyncio.Event()
    taken = []

    async def slow(incoming):
        taken.append(incoming)
        await gate.wait()

    await telegram.start(slow)
    await telegram.send("7", Message("?", buttons=(Button("yes", "Có"),)))
    tap = await person.taps("Có")
    await tap.waits_for_answer()
    assert [incoming.what for incoming in taken] == [What.TAP]
    gate.set()
    assert await double.delivery.settled(5)
    await telegram.stop_listening()
    await telegram.close()


async def test_an_answer_that_comes_too_late_disturbs_nobody(tea, tmp_path, caplog):
    """The query is too old: the tap still counts."""
    async with TelegramDouble(answer_within=0.0) as double:
        person = double.person(7, started=True)
        async with listens(double, tea, tmp_path) as (telegram, stored):
            await telegram.send("7", Message("?", buttons=(Button("yes", "Có"),)))
            await person.taps("Có")
            await double.until(lambda: stored)
            await double.until(lambda: double.calls_of("answerCallbackQuery"))
            assert telegram.status == "ok"


async def test_the_command_menu_is_set_in_every_language(double, tea, tmp_path):
    """And for all others."""
    menu = {"": [("home", "Start page")], "vi": [("home", "Về đầu"), ("help", "Gặp người")]}
    async with listens(double, tea, tmp_path, commands=menu):
        await double.until(lambda: len(double.commands) == 2)
    shown = {language: [command["command"] for command in value] for (_, language), value in double.commands.items()}
    assert shown == {"": ["home"], "vi": ["home", "help"]}


async def test_a_webhook_left_over_is_removed_and_nothing_with_it(double, tea, tmp_path):
    """A bot that polls takes the webhook away, and what waited is still there."""
    await double.delivery.set_webhook({"url": "http://127.0.0.1:1/hook"})
    await double.person(7).says("a")
    async with listens(double, tea, tmp_path) as (_, stored):
        assert await double.delivery.settled(5)
    assert [incoming.text for incoming in stored] == ["a"]


async def test_without_a_webhook_none_is_removed(double, tea, tmp_path):
    """One question, no order."""
    async with listens(double, tea, tmp_path):
        await double.until(lambda: double.delivery.polled)
    assert len(double.calls_of("getWebhookInfo")) == 1
    assert double.calls_of("deleteWebhook") == []


async def test_the_webhook_is_set_as_configured(double, tea, tmp_path):
    """Address, secret, kinds; nobody polls."""
    async with listens(double, tea, tmp_path, webhook="http://127.0.0.1:1/hook", secret=SECRET) as (telegram, _):
        await double.until(lambda: double.delivery.webhook)
        (call,) = double.calls_of("setWebhook")
        assert call.arguments["secret_token"] == SECRET
        assert call.arguments["max_connections"] == 40
        assert set(call.arguments["allowed_updates"]) == {
            "message",
            "edited_message",
            "callback_query",
            "my_chat_member",
            "inline_query",
        }
        assert telegram.status == "ok"
    assert double.calls_of("getUpdates") == []


async def test_a_refused_webhook_is_told_by_its_setting(double, tea, tmp_path, caplog):
    """One sentence, and sending goes on."""
    async with listens(double, tea, tmp_path, webhook="http://bot.example/hook", secret=SECRET) as (telegram, _):
        await double.until(lambda: double.calls_of("setWebhook"))
        await asyncio.sleep(0.05)
        assert "telegram.webhook" in telegram.status
    assert "telegram.webhook" in caplog.text
    double.violations.clear()


async def test_a_refused_token_stops_telegram_alone(double, tea, tmp_path, caplog):
    """One sentence that names the variable; the start was not held up, no more calls."""
    async with listens(double, tea, tmp_path, token="1000000001:wrong") as (telegram, _):
        await double.until(lambda: telegram.status == "token refused")
        await asyncio.sleep(0.3)
        assert len(double.calls) == 1
    sentences = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(sentences) == 1
    assert "TELEGRAM_BOT_TOKEN" in sentences[0]
    assert "wrong" not in caplog.text
    double.violations.clear()


async def test_a_token_refused_while_polling_stops_the_poller(double, tea, tmp_path, caplog):
    """Revoked in the middle of the night."""
    async with listens(double, tea, tmp_path) as (telegram, _):
        await double.until(lambda: double.delivery.polled)
        double.fault("getUpdates", kind="unauthorized", times=None)
        await double.until(lambda: telegram.status == "token refused")
        polls = len(double.calls_of("getUpdates"))
        await asyncio.sleep(0.3)
        assert len(double.calls_of("getUpdates")) == polls
    assert "TELEGRAM_BOT_TOKEN" in caplog.text


async def test_a_second_poller_is_explained_and_waited_for(double, tea, tmp_path, caplog):
    """409: one sentence, a pause, and on when the other is gone."""
    async with listens(double, tea, tmp_path) as (telegram, stored):
        fault = double.fault("getUpdates", kind="conflict", times=2)
        await double.until(lambda: fault.hits == 2)
        assert "another program" in telegram.status
        await double.person(7).says("a")
        assert await double.delivery.settled(5)
        assert [incoming.text for incoming in stored] == ["a"]
        assert telegram.status == "ok"
    polls = [call.at for call in double.calls_of("getUpdates") if call.fault]
    assert polls[1] - polls[0] >= HASTY.conflict - 0.02
    assert "TELEGRAM_BOT_TOKEN" in caplog.text


@pytest.mark.parametrize("kind", ["server_error", "html", "cut", "flood"])
async def test_polling_survives_any_failure(double, tea, tmp_path, kind):
    """Three failures with growing pauses, then everything arrives."""
    async with listens(double, tea, tmp_path) as (telegram, stored):
        fault = double.fault("getUpdates", kind=kind, times=3)
        await double.person(7).says("a")
        await double.until(lambda: fault.hits == 3, within=10)
        assert await double.delivery.settled(5)
        assert [incoming.text for incoming in stored] == ["a"]
        assert telegram.status == "ok"
    times = [call.at for call in double.calls_of("getUpdates") if call.fault]
    assert times[1] - times[0] >= 0.045


async def test_a_silent_poll_is_given_up(double, tea, tmp_path, caplog):
    """The connection hangs: after a while a new one is taken, and nothing is lost."""
    quick = Timing(poll=1, silent=0.4, first=0.05)
    double.fault("getUpdates", kind="lost_answer")
    async with listens(double, tea, tmp_path, timing=quick) as (_, stored):
        await double.until(lambda: double.calls_of("getUpdates"))
        await double.person(7).says("a")
        await double.until(lambda: stored)
    assert "new connection" in caplog.text


async def test_telegram_that_cannot_be_reached_holds_nobody_up(tea, tmp_path):
    """The start returns at once; when Telegram is back, all is set up."""
    async with TelegramDouble() as double:
        url = double.url
    telegram = telegram_of(double, tea, tmp_path)
    began = time.monotonic()
    await telegram.start(Stored())
    assert time.monotonic() - began < 0.1
    await asyncio.sleep(0.2)
    assert telegram.status.startswith("unreachable")
    assert url.rsplit(":")[-1] not in telegram.status
    await telegram.stop_listening()
    await telegram.close()


async def test_a_failing_start_is_tried_until_it_works(double, tea, tmp_path):
    """Each of the first calls may fail."""
    faults = [double.fault(method, kind="html", times=2) for method in ("getMe", "getWebhookInfo", "setMyCommands")]
    async with listens(double, tea, tmp_path, commands={"": [("home", "x")]}):
        await double.until(lambda: double.commands)
    assert [fault.hits for fault in faults] == [2, 2, 2]


async def test_the_doctor_hears_how_telegram_takes_the_token(double):
    """The bot's name; a webhook that fails; a wrong token; nobody there; a server in trouble."""
    assert await probe(double.token, double.url) == f"ok: @{double.bot_user['username']}"
    await double.delivery.set_webhook({"url": "http://127.0.0.1:1/hook"})
    await double.person(7).says("a")
    await double.until(lambda: double.delivery.webhook.last_error)
    assert "the webhook fails" in await probe(double.token, double.url)
    assert "TELEGRAM_BOT_TOKEN" in await probe("5:wrong", double.url)
    assert "TELEGRAM_API" in await probe(double.token, "http://[")
    assert await probe(double.token, "http://127.0.0.1:1") == "unreachable: ConnectError"
    double.violations.clear()
