"""The door of a Zalo official account: signed by Zalo, of now, from our app, and answered in time."""

from __future__ import annotations

import asyncio
import io
import time

import aiohttp
import pytest
from sqlalchemy import text

from bot.web.hook import AHEAD, LARGEST, ZaloOaHook
from tests.channel.conftest import listening
from tests.channel.zalo_oa import living_on_oa
from tests.kit.shell import refuse
from tests.kit.zalo_oa import APP, OA_SECRET, ZaloOaDouble


@pytest.fixture
async def post():
    """Knocks at a real server: `post(body, …)` gives the status; `post.taken` is what came in."""
    taken = []

    async def take(event):
        taken.append(event)

    async with listening() as door, aiohttp.ClientSession() as client:
        door.app = ZaloOaHook(take, OA_SECRET, app=APP, oldest=7200)

        async def post(raw, headers):
            async with client.post(door.url, data=raw, headers=headers) as answer:
                return answer.status

        post.taken = taken
        yield post


def event(**more):
    """Something that has just happened."""
    return {"app_id": APP, "event_name": "follow", "timestamp": str(int(time.time() * 1000)), **more}


@pytest.mark.parametrize("mac", ["mac=", ""])
@pytest.mark.parametrize("stamp", ["body", "header"])
async def test_both_spellings_of_the_signature_are_taken(post, mac, stamp):
    """With "mac=" in front or without; the signed time stands in the body or in a header."""
    double = ZaloOaDouble(mac=mac, stamp=stamp)
    body = event(greeting="Chào Bác")
    raw, headers = double.signed(body, at=str(int(time.time() * 1000) - 5) if stamp == "header" else "")
    assert await post(raw, headers) == 200
    headers["X-ZEvent-Signature"] = headers["X-ZEvent-Signature"].upper()
    assert await post(raw, headers) == 200
    assert post.taken == [body, body]


async def test_nobody_comes_in_without_the_signature(post, caplog):
    """401: none, one of nonsense, one by another secret, one of another body; the log names the setting."""
    double = ZaloOaDouble()
    raw, headers = double.signed(event())
    _, wrong = double.signed(event(), secret="another-secret")
    other, _ = double.signed(event(x=1))
    for data, shown in ((raw, {}), (raw, {"X-ZEvent-Signature": "x" * 64}), (raw, wrong), (other, headers)):
        assert await post(data, shown) == 401
    assert post.taken == []
    assert "ZALO_OA_SECRET" in caplog.text
    assert OA_SECRET not in caplog.text


async def test_another_app_is_refused(post, caplog):
    """Also when it signs with our secret."""
    double = ZaloOaDouble()
    for app in ("5", ""):
        raw, headers = double.signed(event(app_id=app), app=app or APP)
        assert await post(raw, headers) == 401
    assert post.taken == []
    assert "ZALO_OA_APP_ID" in caplog.text


@pytest.mark.parametrize(
    ("seconds", "status"), [(-AHEAD - 60, 401), (-AHEAD + 60, 200), (0, 200), (7100, 200), (7300, 401)]
)
async def test_old_times_and_clocks_that_are_wrong(post, caplog, seconds, status):
    """Older than Zalo tries, or of a future that no clock explains: refused, and the log asks for the clock."""
    at = str(int((time.time() - seconds) * 1000))
    raw, headers = ZaloOaDouble().signed(event(timestamp=at))
    assert await post(raw, headers) == status
    assert ("is the clock right?" in caplog.text) == (status == 401)


@pytest.mark.parametrize("at", ["", "soon", "-5", "9" * 30, None])
async def test_without_a_time_nothing_is_taken(post, at):
    """It could be a replay."""
    raw, headers = ZaloOaDouble().signed(event(timestamp=at), at="" if at is None else at)
    assert await post(raw, headers) == 401
    assert post.taken == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff", b'{"event_name": 5}', b'{"x": 1}'])
async def test_what_is_no_event_is_refused(post, body):
    """400."""
    assert await post(body, {"X-ZEvent-Signature": "0" * 64}) == 400


async def test_a_body_that_is_too_large_is_refused(post):
    """413."""
    assert await post(io.BytesIO(b" " * (LARGEST + 1)), {"X-ZEvent-Signature": "0" * 64}) == 413


async def test_the_look_of_the_console_is_answered(post):
    """An empty body is unsigned, and brings nothing in."""
    assert [await post(body, {}) for body in (b"", b"{}", b" ")] == [200] * 3
    assert post.taken == []


async def test_a_database_that_refuses_loses_nothing(tea, tmp_path, monkeypatch):
    """503 in time; Zalo does not come again after that, so the bot tries on by itself."""
    monkeypatch.setattr("bot.channel.zalo_oa.ACKNOWLEDGE", 0.3)
    async with ZaloOaDouble() as double:
        async with living_on_oa(double, tea, tmp_path) as bot:
            person = double.person("a")
            await refuse(bot.app.database)
            told = await person.says("/start tea")
            await double.until(lambda: told.answers)
            assert told.answers == [503]
            await refuse(bot.app.database, refuses=False)
            await person.waits_for("Bắt đầu pha trà")
        assert double.violations == []


async def test_who_could_not_connect_comes_again(tea, tmp_path):
    """The bot was away for a moment: the event comes a second time, and is answered once."""
    async with ZaloOaDouble(retries=(0.2,) * 20) as double:
        person = double.person("a")
        async with living_on_oa(double, tea, tmp_path, reachable=False) as bot:
            here, double.webhook = f"{bot.url}/hook", "http://127.0.0.1:1/hook"
            await person.says("/start tea")
            await double.until(lambda: len(double.events[0].given) > 1)
            double.webhook = here
            await person.waits_for("Bắt đầu pha trà")
            async with bot.app.database.read() as connection:
                assert (await connection.execute(text("SELECT count(*) FROM inbox"))).scalar() == 1
        assert double.violations == []


async def test_a_crowd_is_acknowledged_within_two_seconds(tea, tmp_path):
    """A hundred people at once: the double complains about a single late answer."""
    async with ZaloOaDouble(per_minute=100_000) as double:
        async with living_on_oa(double, tea, tmp_path):
            await asyncio.gather(*(double.person(f"p{n}").says("/start tea") for n in range(100)))
            assert await double.settled(20)
        assert double.violations == []
