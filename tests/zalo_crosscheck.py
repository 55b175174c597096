"""The same conversations against an emulator of Zalo's Bot API that others wrote, @openclaw/crabline.

What the two doubles answer differently. "ours" is `ZaloBotDouble`. Nobody here has asked the real platform: what is
right follows developers' notes (docs/zalo.md), and `bot zalo probe` asks a real account. Tests below hold the rows with
a star.

| what                           | ours                 | the emulator          | what the notes say                      |
|--------------------------------|----------------------|-----------------------|-----------------------------------------|
| webhook info, none set *       | 404                  | 200, empty url        | 404 was measured; we take both          |
| webhook tells *                | either envelope      | the bare event        | the docs wrap it, some saw it bare      |
| consumed update                | given again          | given once            | both were reported                      |
| text of 2,001 characters *     | refused              | taken                 | refused                                 |
| text_styles that are none *    | refused              | taken                 | refused                                 |
| picture that is not there *    | refused              | taken                 | it is fetched by the platform           |
| chat that never wrote *        | refused              | taken                 | a bot cannot begin                      |
| unknown method *               | 404                  | 400                   | 404                                     |
| sendVoice, no such file *      | refused              | unknown               | it is fetched by the platform           |
| secret of 3 characters *       | refused              | taken                 | 8 to 256                                |
| wrong token *                  | 401                  | 401                   | 401                                     |
| idle poll *                    | 408                  | 408                   | 408 was measured                        |
| other kinds of messages        | told                 | texts alone           | five kinds                              |
| faults, a plan that is used up | on demand            | none                  |                                         |
"""

from __future__ import annotations

import aiohttp
import pytest

from tests.channel.conftest import ROOT
from tests.channel.test_zalo_bot_walk import walk
from tests.channel.zalo import living_on_zalo
from tests.kit.crabline import crabline
from tests.kit.zalo_bot import ZaloBotDouble

TWO = ("vietqr-pay", "scam-fake-police")


@pytest.fixture
async def emulator(tmp_path):
    """The emulator, which must have refused nothing when the test ends."""
    (tmp_path / "emulator").mkdir()
    async with crabline(tmp_path / "emulator") as running:
        yield running
        assert [call for call in running.calls if call.status != 200] == []


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_guides_are_walked_by_numbers(emulator, tmp_path, webhook):
    """Two guides to their end; every drawing has the address of our door."""
    async with living_on_zalo(emulator, ROOT, tmp_path, webhook=webhook) as bot:
        for guide in TWO:
            assert len(await walk(bot, emulator.person(guide), guide)) > 3
        assert bot.zalo.status == "ok"
    photos = emulator.calls_of("sendPhoto")
    assert photos
    assert all(call.body["photo"].startswith(f"{bot.url}/picture/") for call in photos)
    assert all(len(call.body.get("text", "")) <= 2000 for call in emulator.calls)


ASKED = {
    "wrong token": ("bad:token", "getMe", {}, 401, 401),
    "idle poll": ("", "getUpdates", {"timeout": 0}, 408, 408),
    "webhook info, none set": ("", "getWebhookInfo", {}, 404, 200),
    "text of 2,001 characters": ("", "sendMessage", {"chat_id": "a", "text": "x" * 2001}, 400, 200),
    "text_styles that are none": ("", "sendMessage", {"chat_id": "a", "text": "x", "text_styles": [{}]}, 400, 200),
    "picture that is not there": ("", "sendPhoto", {"chat_id": "a", "photo": "http://127.0.0.1:1/x"}, 400, 200),
    "chat that never wrote": ("", "sendMessage", {"chat_id": "b", "text": "x"}, 400, 200),
    "unknown method": ("", "sendTemplate", {}, 404, 400),
    "sendVoice, no such file": ("", "sendVoice", {"chat_id": "a", "voice_url": "http://127.0.0.1:1/a.aac"}, 400, 400),
    "secret of 3 characters": ("", "setWebhook", {"url": "http://127.0.0.1:1/", "secret_token": "abc"}, 400, 200),
}


async def test_what_the_two_answer_differently(tmp_path):
    """The rows of the table that one request shows."""
    found = {}
    async with crabline(tmp_path) as theirs, ZaloBotDouble() as ours, aiohttp.ClientSession() as client:
        ours.person("a", started=True)
        for row, (token, method, body, *_) in ASKED.items():
            found[row] = []
            for double in (ours, theirs):
                async with client.post(f"{double.url}/bot{token or double.token}/{method}", json=body) as answer:
                    found[row].append(answer.status)
    assert found == {row: list(wanted) for row, (_, _, _, *wanted) in ASKED.items()}
