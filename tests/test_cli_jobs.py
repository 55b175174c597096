"""`bot jobs` and what `bot doctor` says of due work; a kill between the firing of a job and its commit."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from bot.channel.base import Incoming, What
from bot.store import jobs, tables
from tests.kit.process import bot_run, called
from tests.kit.shell import a_bot, make_root

DAY = 86_400_000
WEB = "web:7f3a"
REMINDED = "SELECT count(*) FROM journal WHERE what = 'reminded'"
HOLDS = "SELECT chat, kind, due_at FROM job WHERE kind = 'wait'"


@pytest.fixture
def root(tmp_path):
    """A small house."""
    return make_root(tmp_path / "house")


def _url(root):
    return {"CAM_TAY_DATABASE": f"sqlite+aiosqlite:///{root / 'data' / 'bot.db'}"}


def _ran(root, *words, code=0):
    done = called(root, "jobs", *words, **_url(root))
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def _doctor(root):
    found = json.loads(called(root, "doctor", "--json", **_url(root)).stdout)
    return {(each["what"], each["state"]): each["text"] for each in found if each["what"] in {"jobs", "retention"}}


def _now():
    return time.time_ns() // 1_000_000


async def _write(bot, *made):
    async with bot.app.database.write() as connection:
        await jobs.add(connection, made)


async def _swept(bot):
    """Until the running bot has done its first retention."""
    for _ in range(250):
        (row,) = await bot.rows(tables.job, kind="sweep")
        if "last" in row["payload_json"]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("no retention")


def test_before_the_first_start_there_is_nothing(root):
    """An empty list, nothing bad."""
    assert _ran(root) == ("", "")
    assert json.loads(_ran(root, "--json")[0]) == {"waiting": [], "held": 0, "parked": [], "last_sweep": ""}
    assert _doctor(root)["retention", "note"].startswith("not done yet")


async def test_what_waits_is_held_and_is_parked_is_listed(root):
    """Counts by kind with the next time, people set aside, reasons; as lines and as JSON."""
    async with a_bot(root, now=_now() + 3 * DAY) as bot:
        await bot.says("1", "/start tea")
        await bot.says("2", "/start tea")
        await bot.says("2", "/people")
        await bot.taps("2", bot.channel.buttons("2")[-1].label)
        await _swept(bot)
        poison = jobs.Job("export:9", "paper:9", _now() - 1000, {}, "export")
        await _write(bot, poison)
        async with bot.app.database.write() as connection:
            await jobs.fail(connection, [jobs.Failure(poison, "KeyError", None)])
    told = json.loads((await asyncio.to_thread(_ran, root, "--json", code=1))[0])
    sweep, wait = told["waiting"]
    assert (sweep["kind"], sweep["count"], wait["kind"], wait["count"], wait["late"]) == ("sweep", 1, "wait", 1, 0)
    assert told["held"] == 1
    assert told["last_sweep"] < sweep["next"] < wait["next"]
    [parked] = told["parked"]
    assert (parked["key"], parked["kind"], parked["attempts"], parked["reason"]) == (
        "export:9",
        "export",
        1,
        "KeyError",
    )
    said, _ = await asyncio.to_thread(_ran, root, code=1)
    assert f"waiting  sweep  1, next {sweep['next']}, last {told['last_sweep']}\n" in said
    assert f"waiting  wait  1, next {wait['next']}\n" in said
    assert "held     1 " in said
    assert "parked   export  export:9" in said
    found = await asyncio.to_thread(_doctor, root)
    assert found["jobs", "bad"] == "1 are parked: 'bot jobs' says why"
    assert found["retention", "ok"] == f"last done {told['last_sweep']}"


async def test_a_parked_job_is_tried_again_or_dropped_by_its_key(root):
    """One, or all; what is not parked is left alone."""
    made = [jobs.Job(f"wait:paper:{n}", f"paper:{n}", _now() + DAY, {}) for n in range(4)]
    async with a_bot(root) as bot:
        await _write(bot, *made)
        async with bot.app.database.write() as connection:
            await jobs.park(connection, {job.key: "ValueError" for job in made[:3]})

    def by_hand():
        _ran(root, "retry", "wait:paper:0")
        assert [each["key"] for each in json.loads(_ran(root, "--json", code=1)[0])["parked"]] == [
            "wait:paper:1",
            "wait:paper:2",
        ]
        _ran(root, "drop", "wait:paper:1")
        for words in (("drop", "wait:paper:1"), ("drop", "wait:paper:3"), ("retry", "wait:paper:3")):
            assert words[1] in _ran(root, *words, code=2)[1]
        _ran(root, "retry", code=2)
        _ran(root, "retry", "wait:paper:2", "--all", code=2)
        assert _ran(root, "retry", "--all")[1].startswith("1 to be done now")
        assert _ran(root, "retry", "--all")[1].startswith("0 ")
        told = json.loads(_ran(root, "--json")[0])
        assert told["parked"] == []
        assert [(each["count"], each["late"]) for each in told["waiting"] if each["kind"] == "wait"] == [(3, 2)]

    await asyncio.to_thread(by_hand)


async def test_what_should_have_been_done_is_told(root):
    """Some hours late: said. More than a day: bad, the bot or a channel is off."""
    async with a_bot(root) as bot:
        await _write(bot, jobs.Job("wait:gone:1", "gone:1", _now() - DAY // 4, {}))
    assert (await asyncio.to_thread(_doctor, root))["jobs", "note"].startswith("1 are overdue, the oldest since ")
    await asyncio.to_thread(_ran, root)
    async with a_bot(root) as bot:
        await _write(bot, jobs.Job("wait:gone:1", "gone:1", _now() - 2 * DAY, {}))
    assert (await asyncio.to_thread(_doctor, root))["jobs", "bad"].endswith("is the bot running, and every channel on?")
    await asyncio.to_thread(_ran, root, code=1)


def test_a_database_that_cannot_be_used_is_one_sentence(root, tmp_path):
    """Exit code 3, for each of the commands."""
    for words in ((), ("retry", "--all"), ("drop", "x")):
        done = called(root, "jobs", *words, CAM_TAY_DATABASE=f"sqlite+aiosqlite:///{tmp_path}")
        assert (done.returncode, done.stdout) == (3, "")
        assert "setting 'database'" in done.stderr


async def test_a_job_that_was_fired_when_the_bot_was_killed_happens_once(root):
    """Killed while it waits for the commit, then again: the row is still there, and the third run does it, one time."""
    async with a_bot(root, now=_now()) as bot:
        await bot.app.conversation.accept(Incoming("web", "7f3a", "x1", _now(), What.TEXT, text="/start tea"))
        await _write(bot, jobs.Job(f"wait:{WEB}", WEB, _now() + 3000, {"flow": "tea", "step": "kind"}))
    settings = _url(root)
    (root / "bot.toml").write_text("[reminder]\nquiet = []\n")

    def ask(statement):
        with closing(sqlite3.connect(root / "data" / "bot.db")) as connection:
            return connection.execute(statement).fetchall()

    def kill_and_run():
        [due] = ask(HOLDS)
        assert due[0] == WEB
        for _ in range(2):
            with bot_run(root, **settings) as running, closing(sqlite3.connect(root / "data" / "bot.db")) as holder:
                holder.isolation_level = None
                _begin(holder)
                time.sleep(max(0.0, due[2] / 1000 - time.time()) + 1.4)  # it is due, and a look has passed
                running.stop(signal.SIGKILL)
                holder.execute("ROLLBACK")
            assert ask(REMINDED) == [(0,)]
            assert ask(HOLDS) == [due]
        with bot_run(root, **settings):
            until = time.time() + 10
            while ask(REMINDED) == [(0,)] and time.time() < until:
                time.sleep(0.1)
            time.sleep(1.4)
        assert ask(REMINDED) == [(1,)]
        [(_, _, after)] = ask(HOLDS)
        assert after > due[2] + DAY // 2
        assert ask("SELECT count(*) FROM inbox WHERE what = 'time'") == [(1,)]

    await asyncio.to_thread(kill_and_run)


def _begin(holder):
    """Keep everybody else from committing."""
    for _ in range(100):
        try:
            holder.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the bot does not stop writing")
