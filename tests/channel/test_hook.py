"""The webhook's door: who may come in, and when Telegram is told that we have it."""

from __future__ import annotations

import asyncio
import io

import aiohttp
import pytest

from bot.channel.base import Fault, SendFailed
from bot.service.conversation import NotStored
from bot.web.hook import LARGEST, TelegramHook, ZaloBotHook
from tests.channel.conftest import SECRET, listening

HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
UPDATE = b'{"update_id": 5, "message": {}}'


@pytest.fixture
async def post():
    """Knocks at a real server; what `post.take` does is up to the test."""
    taken = []

    async def take(update):
        taken.append(update)
        if post.fails:
            raise post.fails
        return post.call

    async with listening() as door, aiohttp.ClientSession() as client:
        door.app = TelegramHook(take, SECRET)

        async def post(data=UPDATE, headers=HEADERS, method="POST"):
            async with client.request(method, door.url, data=data, headers=headers) as answer:
                assert await answer.read() == post.says
                return answer.status

        post.fails, post.call, post.says = None, None, b""
        post.taken = taken
        post.door = door
        yield post


async def test_an_update_is_taken(post):
    """200, as read."""
    assert await post() == 200
    assert post.taken == [{"update_id": 5, "message": {}}]


async def test_a_call_stands_in_the_answer(post):
    """What Telegram is to carry out at once, as JSON."""
    post.call, post.says = {"method": "answerCallbackQuery"}, b'{"method":"answerCallbackQuery"}'
    assert await post() == 200


@pytest.mark.parametrize(
    "headers", [{}, {"X-Telegram-Bot-Api-Secret-Token": "s3cret"}, {"X-Telegram-Bot-Api-Secret-Token": ""}]
)
async def test_nobody_comes_in_without_the_secret(post, headers):
    """401, and nothing is read."""
    assert await post(headers=headers) == 401
    assert post.taken == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b'{"update_id": "5"}', b"{}", b"\xff"])
async def test_what_is_no_update_is_refused(post, body):
    """400."""
    assert await post(body) == 400
    assert post.taken == []


async def test_a_body_that_is_too_large_is_refused(post):
    """413, whatever its length says."""

    async def drops():
        for _ in range(LARGEST // 2**16 + 2):
            yield b" " * 2**16

    assert await post(io.BytesIO(b" " * (LARGEST + 1))) == 413
    assert await post(drops()) == 413
    assert await post() == 200


async def test_other_methods_are_refused(post):
    """405."""
    assert await post(method="GET") == 405


@pytest.mark.parametrize("error", [NotStored(), SendFailed(Fault.PASSING, "not listening"), RuntimeError("oh")])
async def test_what_is_not_stored_comes_again(post, error):
    """503: Telegram keeps it."""
    post.fails = error
    assert await post() == 503


async def test_the_answer_waits_for_the_commit(post):
    """No 200 before the update is stored."""
    gate = asyncio.Event()

    async def slow(update):
        await gate.wait()

    post.door.app = TelegramHook(slow, SECRET)
    answer = asyncio.create_task(post())
    await asyncio.sleep(0.1)
    assert not answer.done()
    gate.set()
    assert await answer == 200


def test_a_door_without_a_secret_is_not_built():
    """It would believe everybody."""
    with pytest.raises(ValueError, match="secret"):
        TelegramHook(print, "")


async def test_zalos_door_takes_whatever_is_an_object(post):
    """Its own header opens it; an empty body is a look whether somebody is there; kinds it does not know are taken."""
    taken = []

    async def take(update):
        taken.append(update)

    post.door.app = ZaloBotHook(take, SECRET)
    ours = {"X-Bot-Api-Secret-Token": SECRET}
    assert [await post(body, ours) for body in (b"", b" ", b"{}")] == [200, 200, 200]
    assert await post(b'{"event_name": "new"}', ours) == 200
    for body in (b"[]", b"{", b"null"):
        assert await post(body, ours) == 400
    assert await post(b'{"event_name": "new"}') == 401
    assert await post(b'{"event_name": "new"}', {"X-Bot-Api-Secret-Token": SECRET + "x"}) == 401
    assert await post(io.BytesIO(b" " * (LARGEST + 1)), ours) == 413
    assert taken == [{"event_name": "new"}]
