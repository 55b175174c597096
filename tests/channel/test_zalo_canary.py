"""What is secret of Zalo's accounts stands in no log, no error and no status, whatever a platform or a gateway says."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web

from bot.channel.base import Message, Picture, SendFailed
from bot.channel.zalo_bot import probe as probe_bot
from bot.channel.zalo_oa import probe as probe_oa
from bot.channel.zalo_oa_faults import FAULTS
from bot.channel.zalo_oa_token import Held, InMemory
from bot.web.hook import ZaloBotHook, ZaloOaHook
from tests.channel.conftest import listening
from tests.channel.zalo import config_of, zalo_of
from tests.channel.zalo_oa import HOUR, oa_of
from tests.kit.zalo_bot import ZaloBotDouble
from tests.kit.zalo_oa import ZaloOaDouble

TOKEN = "7412:botTokenCanary-4f8e"
BOT_SECRET = "hookCanary-91ab"
APP_SECRET = "appSecretCanary-77c0"
OA_SECRET = "oaSecretCanary-3d52"
ACCESS, REFRESH, CODE = "accessCanary-c1d7", "refreshCanary-e940", "codeCanary-5b11"
MARKS = ("botToken", "hookCan", "appSecr", "oaSecre", "accessC", "refreshC", "codeCan")
"""Beginnings of them: half a secret is one too many."""

ANSWERS = {
    "page": (502, None),
    "cloudflare": (403, None),
    "cut": (0, None),
    "words for a number": (200, "quoted"),
    **{f"bot {code}": (code, code) for code in (400, 401, 403, 404, 408, 426, 429, 500)},
    **{f"oa {code}": (200, code) for code in (*sorted(FAULTS), -999)},
}
"""What comes back: a status, and a number in JSON that quotes the whole request; no number: a page that does."""


@pytest.fixture
async def quoting():
    """A platform that fails in the way of `quoting.answer`, and tells all it was told."""
    here = SimpleNamespace(answer="page", url="")

    async def fail(request):
        status, code = ANSWERS[here.answer]
        said = (await request.read()).decode("utf-8", "replace")
        quoted = " ".join((request.raw_path, request.path, said, *request.headers.values(), REFRESH, APP_SECRET))
        if not status:
            request.transport.abort()
            return web.Response()
        if code is None:
            return web.Response(text=f"<html>{quoted * 3}</html>", status=status, content_type="text/html")
        shown = request.headers.get("access_token") or request.headers.get("secret_key") or request.raw_path[9:]
        words = f"{'x' * 190} {shown} {quoted}"  # cut in the middle of a secret: "/bot7412:" stands in front of a token
        number = quoted if code == "quoted" else code
        about = {"message": words, "description": words, "error_name": words, "error": number, "error_code": number}
        return web.json_response({"ok": False, **about}, status=status)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", fail)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield here
    await runner.cleanup()


@pytest.fixture
async def door():
    """A real web server."""
    async with listening() as made:
        yield made


async def told(call):
    """All that is known of a failure, and of the end of a call that did not fail."""
    try:
        return repr(await call)
    except SendFailed as failed:
        return "".join(traceback.format_exception(failed)) + repr(failed) + failed.reason


@pytest.fixture
async def mouths(quoting, tea, tmp_path):
    """A Zalo bot and an official account at that platform."""
    bot, oa = ZaloBotDouble(token=TOKEN), ZaloOaDouble()
    bot.url = oa.url = quoting.url
    own = {"zalo_oa_app_secret": APP_SECRET, "zalo_oa_secret": OA_SECRET, "zalo_oa_webhook": "https://bot.example/oa"}
    mouth = zalo_of(bot, tea, tmp_path, public_url=quoting.url, zalo_bot_secret=BOT_SECRET)
    account = oa_of(oa, tea, tmp_path, **own)
    shown = [repr(config_of(bot, tea, tmp_path, zalo_bot_secret=BOT_SECRET, **own)), repr(mouth), repr(account)]
    yield mouth, account, shown
    for each in (mouth, account):
        await each.stop_listening()
        await each.close()


async def test_no_failure_tells_a_secret(quoting, mouths, caplog):
    """Of every call: asking, sending, a picture, the renewal of tokens, a login; by what is logged, raised and shown."""
    caplog.set_level(logging.DEBUG)
    mouth, account, said = mouths
    words, drawn = Message("x"), Message("Đun nước", picture=Picture("tea/kettle.svg", "Một cái ấm"))
    for answer in ANSWERS:
        quoting.answer = answer
        said += [await told(mouth.send("a", drawn)), await told(mouth.send("a", words)), mouth.status]
        for until in (time.time_ns() // 1_000_000 + HOUR * 20, 0):
            held = Held(ACCESS, REFRESH, until)
            account._tokens.keeper, account._tokens._pair, account._tokens._dead = InMemory(held), None, ""
            said += [repr(held), await told(account.send("a", drawn)), await told(account.send("a", words))]
            said.append(account.status)
        said.append(await told(account._tokens.log_in(CODE)))
    whole = "\n".join(said) + caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert all(f"{code}" in whole for code in (403, 502, -216, -14003, -999))
    assert [mark for mark in MARKS if mark in whole] == []


@pytest.mark.parametrize("answer", ["page", "bot 401", "bot 400", "oa -216"])
async def test_no_failure_while_listening_tells_a_secret(quoting, mouths, caplog, answer):
    """A poller that is refused, a webhook that cannot be set, tokens that cannot be renewed."""
    caplog.set_level(logging.DEBUG)
    quoting.answer = answer
    for each in mouths[:2]:
        await each.start(told)
    for _ in range(200):
        if len([record for record in caplog.records if record.levelno >= logging.WARNING]) > 1:
            break
        await asyncio.sleep(0.01)
    said = [mouths[0].status, mouths[1].status, await probe_bot(TOKEN, quoting.url), await probe_oa(mouths[1]._api)]
    whole = "\n".join(said) + caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert "Zalo" in caplog.text
    assert [mark for mark in MARKS if mark in whole] == []


async def test_no_wrong_knock_tells_a_secret(door, caplog):
    """At both webhooks: what was shown is not logged either, for it may be nearly the right one."""
    caplog.set_level(logging.DEBUG)
    async with aiohttp.ClientSession() as client:
        for hook in (ZaloBotHook(told, BOT_SECRET), ZaloOaHook(told, OA_SECRET, app="1", oldest=7200)):
            door.app = hook
            for shown in (BOT_SECRET[:-1], f"mac={OA_SECRET}", ""):
                headers = {"X-Bot-Api-Secret-Token": shown, "X-ZEvent-Signature": shown}
                body = {"event_name": "x", "app_id": "1", "timestamp": str(int(time.time() * 1000))}
                async with client.post(door.url, json=body, headers=headers) as answer:
                    assert answer.status == 401
    assert [mark for mark in MARKS if mark in caplog.text] == []
