"""`bot broadcast`: written, looked at, tested, sent, approved, turned, changed, reported; nothing by mistake."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from bot.broadcast.reader import FOLDER
from bot.engine.chat import Chat
from bot.store import broadcasts, chats, claims, jobs, recipients, tables
from bot.store.claims import Outcome
from bot.store.database import open_database
from tests.kit.process import called, command
from tests.kit.shell import make_root

NOW = 1_795_000_000_000
FILE = """
topic = "scam"
class = "{kind}"
audience = 'language = "vi"'
buttons = ["open:tea"]
[plan]
holdout = 10
"""
TEXT = "{% block text %}{{ You }} nhớ nhé.\n\nKhông ai được hỏi mã.{% endblock %}\n"


@pytest.fixture
def root(tmp_path):
    """A house with a broadcast `care` and twenty people."""
    made = make_root(tmp_path)
    write(made)
    people = [Chat(f"web:{n:02}", "web", f"{n:02}", "vi", NOW, NOW, reachable=n > 0) for n in range(20)]
    at_database(made, lambda connection: chats.save(connection, people))
    return made


def write(root, name="care", kind="tip", text=TEXT):
    """The files of a broadcast."""
    (root / FOLDER / name).mkdir(parents=True, exist_ok=True)
    (root / FOLDER / f"{name}.toml").write_text(FILE.format(kind=kind), encoding="utf-8")
    for language in ("vi", "en"):
        (root / FOLDER / name / f"{language}.j2").write_text(text, encoding="utf-8")


def at_database(root, work):
    """Do something at the database of a house."""

    async def run():
        database = await open_database(f"sqlite+aiosqlite:///{root / 'data' / 'bot.db'}")
        try:
            async with database.write() as connection:
                return await work(connection)
        finally:
            await database.close()

    return asyncio.run(run())


def ran(root, *words, code=0, **settings):
    """The output of a command and what it said beside."""
    where = f"sqlite+aiosqlite:///{root / 'data' / 'bot.db'}"
    done = called(root, "broadcast", *words, CAM_TAY_DATABASE=where, **settings)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done.stdout.strip(), done.stderr.strip()


def state(root, name="care"):
    """The state of a broadcast that was sent."""
    return at_database(root, lambda connection: broadcasts.find(connection, name))


def test_from_new_to_a_preview_in_every_language(root):
    """The files are there to fill in; what is to be done in them keeps them from being sent."""
    assert ran(root, "new", "fresh", "--dry-run")[1].startswith("Nothing")
    assert not (root / FOLDER / "fresh.toml").exists()
    ran(root, "new", "fresh")
    assert "fresh.toml is there" in ran(root, "new", "fresh", code=2)[1]
    assert "small letters" in ran(root, "new", "Bad Name", code=2)[1]
    out, _ = ran(root, "preview", "fresh", "--address", "bac")
    assert "Bác nhớ nhé." in out
    assert "still to be done" in ran(root, "send", "fresh", "--expect", "19", "--by", "Lan", code=1)[1]
    shown = json.loads(ran(root, "preview", "care", "--channel", "web", "--json")[0])
    assert [one["language"] for one in shown] == ["en", "vi"]
    assert shown[1]["buttons"] == ["🍵 Pha trà", "🔕 Bớt tin"]
    assert "there are" in ran(root, "preview", "care", "--language", "fr", code=2)[1]
    assert "did you mean 'care'" in ran(root, "preview", "car", code=2)[1]


def test_the_audience_is_counted_with_its_reasons(root):
    """Exact numbers, why the others do not get it, a few to look at without their keys."""
    found = json.loads(ran(root, "audience", "care", "--json")[0])
    assert (found["meant"], found["gets"], found["skipped"], found["holdout"]) == (20, 19, {"unreachable": 1}, 2)
    assert len(found["sample"]) == 5
    assert found["sample"][0]["chat"].startswith("web:…")
    assert "19 people would get it now, of 20" in ran(root, "audience", "care")[0]


def test_a_send_needs_the_number_a_name_and_no_errors(root):
    """Wrong number, nobody's name, a second time, an error in the words: nothing is written."""
    assert "--expect 19" in ran(root, "send", "care", "--expect", "20", "--by", "Lan", code=2)[1]
    assert "who you are" in ran(root, "send", "care", "--expect", "19", code=2)[1]
    said, note = ran(root, "send", "care", "--expect", "19", "--by", "Lan", "--dry-run")
    assert "“{{ You }} nhớ nhé.” — 19 people" in said
    assert note == "Nothing was sent."
    assert state(root) is None
    ran(root, "send", "care", "--expect", "19", "--by", "Lan")
    assert (state(root).state, state(root).sender, state(root).expected) == ("scheduled", "Lan", 19)
    assert "nothing goes out twice" in ran(root, "send", "care", "--expect", "19", "--by", "Lan", code=2)[1]
    write(root, "bad", text="{% block text %}{{ You }} gửi mã OTP cho máy.{% endblock %}\n")
    assert "E039" in ran(root, "send", "bad", "--expect", "19", "--by", "Lan", code=1)[1]


def test_a_schedule_is_of_viet_nam_and_in_the_future(root):
    """The past and no time at all are refused; another zone is converted."""
    expect = ("--expect", "19", "--by", "Lan")
    assert "past" in ran(root, "schedule", "care", "--at", "2020-01-01T08:00", *expect, code=2)[1]
    assert "is a time" in ran(root, "schedule", "care", "--at", "tomorrow", *expect, code=2)[1]
    data = json.loads(ran(root, "schedule", "care", "--at", "2040-01-02T01:00+00:00", *expect, "--json")[0])
    assert (data["state"], data["start"]) == ("scheduled", "Mon 2040-01-02 08:00")
    assert "is a time" in ran(root, "schedule", "care", "--at", "2040-01-02T08:00+99:00", *expect, code=2)[1]


def test_a_server_in_another_time_zone_changes_nothing(root):
    """A time without a zone is Viet Nam's, wherever the machine thinks it is."""
    words = ("schedule", "care", "--at", "2040-01-02T08:00", "--expect", "19", "--by", "Lan", "--json")
    where = f"sqlite+aiosqlite:///{root / 'data' / 'bot.db'}"
    data = json.loads(command(root, "broadcast", *words, TZ="America/New_York", CAM_TAY_DATABASE=where).stdout)
    assert data["start"] == "Mon 2040-01-02 08:00"
    assert state(root).start_at == int(datetime(2040, 1, 2, 1, tzinfo=UTC).timestamp() * 1000)


def test_above_the_threshold_another_person_approves_and_an_emergency_needs_two(root):
    """Nobody approves their own, nobody twice."""
    (root / "bot.toml").write_text("[broadcast]\napprove_above = 10\n", encoding="utf-8")
    note = ran(root, "send", "care", "--expect", "19", "--by", "Lan")[1]
    assert "waits for 1 approval" in note
    assert "spoken already" in ran(root, "approve", "care", "--by", "lan", code=2)[1]
    ran(root, "approve", "care", "--by", "Minh", "--dry-run")
    assert state(root).state == "asked"
    ran(root, "approve", "care", "--by", "Minh")
    assert (state(root).state, state(root).approvals) == ("scheduled", ("Minh",))
    assert "does not wait" in ran(root, "approve", "care", "--by", "Hoa", code=2)[1]
    write(root, "flood", "emergency")
    assert "2 approvals" in ran(root, "send", "flood", "--expect", "19", "--by", "Lan")[1]
    ran(root, "approve", "flood", "--by", "Minh")
    assert "spoken already" in ran(root, "approve", "flood", "--by", "Minh", code=2)[1]
    assert state(root, "flood").state == "asked"
    ran(root, "approve", "flood", "--by", "Hoa")
    assert state(root, "flood").state == "scheduled"


def test_it_is_turned_by_hand_and_only_where_that_makes_sense(root):
    """Pause, resume, stop, each with a dry run; what is over stays over."""
    ran(root, "send", "care", "--expect", "19", "--by", "Lan")
    assert "would be" in ran(root, "pause", "care", "--dry-run")[1]
    ran(root, "pause", "care")
    assert (state(root).state, state(root).reason) == ("paused", "by hand")
    assert "is paused" in ran(root, "pause", "care", code=2)[1]
    ran(root, "resume", "care")
    assert state(root).state == "running"
    ran(root, "stop", "care")
    assert state(root).state == "stopping"
    assert "is stopping" in ran(root, "resume", "care", code=2)[1]
    assert "stop it first" in ran(root, "delete", "care", code=2)[1]
    assert "No broadcast 'other'" in ran(root, "pause", "other", code=2)[1]


def test_who_failed_is_tried_again_and_who_may_have_got_it_only_when_asked(root):
    """The numbers are said before; the report shows states, reasons and rates."""
    ran(root, "send", "care", "--expect", "19", "--by", "Lan")

    async def happen(connection):
        row = await broadcasts.find(connection, "care")
        await recipients.add(connection, row.id, [(f"web:{n:02}", "web") for n in range(1, 6)], NOW)
        ends = [("sent", ""), ("sent", ""), ("failed", "refused"), ("failed", "gone"), ("unknown", "crash")]
        rows = [Outcome(row.id, n, *end, 1, f"m{n}", 1, NOW) for n, end in enumerate(ends, 1)]
        await claims.acknowledge(connection, rows)
        await broadcasts.change(connection, row.id, state="done", gathered_at=NOW, ended_at=NOW + 1000)

    at_database(root, happen)
    report = json.loads(ran(root, "report", "care", "--json")[0])
    assert report["states"] == {"failed": 2, "sent": 2, "unknown": 1}
    assert report["reasons"] == {"failed": {"gone": 1, "refused": 1}, "unknown": {"crash": 1}}
    assert report["sent_to"] == {
        "people": 2, "started": 0, "started_rate": 0.0, "finished": 0, "finished_rate": 0.0
    }  # fmt: skip
    assert "gone" in ran(root, "report", "care")[0]
    status = json.loads(ran(root, "status", "care", "--json")[0])
    assert (status["left"], status["mean_rate"], status["state"]) == (0, 2.0, "done")
    assert ran(root, "status")[0].startswith("care")
    assert "2 sent" in ran(root, "status", "care", "--watch")[1]
    assert json.loads(ran(root, "retry", "care", "--dry-run", "--json")[0])["retried"] == 1
    assert "may get it twice" in ran(root, "retry", "care", "--unknown")[1]
    assert state(root).state == "running"


def test_words_are_corrected_and_a_broadcast_is_taken_back(root):
    """Only words; the new ones are frozen again; while one change is under way there is no other."""
    ran(root, "send", "care", "--expect", "19", "--by", "Lan")
    assert "are those that were sent" in ran(root, "correct", "care", code=2)[1]
    write(root, text=TEXT.replace("mã", "mật khẩu"))
    ran(root, "correct", "care", "--dry-run")
    assert state(root).version == 1
    ran(root, "correct", "care")
    row = state(root)
    assert (row.version, row.change) == (2, "correct")
    assert "mật khẩu" in row.content.words["vi"]
    at_database(root, lambda c: broadcasts.change(c, row.id, state="done"))
    assert "being changed" in ran(root, "delete", "care", code=2)[1]
    at_database(root, lambda c: broadcasts.change(c, row.id, change=""))
    ran(root, "delete", "care")
    assert (state(root).version, state(root).change) == (3, "delete")


def test_a_test_goes_to_chats_that_are_there(root):
    """Somebody who never wrote cannot be written to; two tests are two broadcasts, and neither is the broadcast."""
    assert "Name a chat" in ran(root, "test", "care", code=2)[1]
    assert "write to the bot first" in ran(root, "test", "care", "--to", "telegram:7", code=2)[1]
    ran(root, "test", "care", "--to", "web:01", "--dry-run")
    ran(root, "test", "care", "--to", "web:01")
    ran(root, "test", "care", "--to", "web:01", "--to", "web:02")

    async def rows(connection):
        return (await connection.execute(select(tables.recipient.c.chat))).scalars().all()

    assert sorted(at_database(root, rows)) == ["web:01", "web:01", "web:02"]
    assert state(root) is None


SERIES = FILE.format(kind="tip") + '[series]\nevery = "monday"\nat = "8:00"\n'


def write_series(root, name="monday"):
    """The files of a series of two parts."""
    for part in (1, 2):
        write(root, f"{name}/{part}", text=TEXT.replace("nhớ nhé", f"nhớ {part}"))
        (root / FOLDER / name / f"{part}.toml").unlink()
    (root / FOLDER / f"{name}.toml").write_text(SERIES, encoding="utf-8")


def job(root):
    """The job by which the series is due."""
    return at_database(root, lambda connection: jobs.find(connection, "series:monday"))


def test_a_series_is_sent_shown_paused_and_stopped(root):
    """One command for all parts; a part has its own preview, test and report; stopped it is due no more."""
    write_series(root)
    shown = json.loads(ran(root, "preview", "monday", "--language", "vi", "--json")[0])
    assert [one["name"] for one in shown] == ["monday/1", "monday/2"]
    assert json.loads(ran(root, "audience", "monday", "--json")[0])["parts"] == [19, 0]
    assert (
        "times of its own" in ran(root, "schedule", "monday", "--at", "2040-01-02T08:00", "--expect", "19", code=2)[1]
    )
    assert "not 20" in ran(root, "send", "monday", "--expect", "20", "--by", "Lan", code=2)[1]
    ran(root, "send", "monday", "--expect", "19", "--by", "Lan", "--dry-run")
    assert job(root) is None
    data = json.loads(ran(root, "send", "monday", "--expect", "19", "--by", "Lan", "--json")[0])
    assert (data["state"], data["people"], data["start"][:3], data["start"][-5:]) == ("waiting", 19, "Mon", "08:00")
    assert "nothing goes out twice" in ran(root, "send", "monday", "--expect", "19", "--by", "Lan", code=2)[1]
    status = json.loads(ran(root, "status", "monday", "--json")[0])
    assert (status["next"], [part["state"] for part in status["parts"]]) == (data["start"], ["waiting", "waiting"])
    assert "a series, next Mon" in ran(root, "status", "monday")[0]
    assert "name one of its parts" in ran(root, "report", "monday", code=2)[1]
    assert json.loads(ran(root, "report", "monday/2", "--json")[0])["series"] == "monday"
    assert "Name one of monday/1, monday/2" in ran(root, "test", "monday", "--to", "web:01", code=2)[1]
    ran(root, "test", "monday/2", "--to", "web:01")
    ran(root, "pause", "monday")
    assert state(root, "monday/1").state == state(root, "monday/2").state == "paused"
    ran(root, "resume", "monday")
    assert state(root, "monday/1").state == state(root, "monday/2").state == "waiting"
    ran(root, "stop", "monday/2")
    assert (state(root, "monday/1").state, state(root, "monday/2").state) == ("waiting", "stopping")
    assert job(root) is not None
    ran(root, "stop", "monday")
    assert state(root, "monday/1").state == "stopping"
    assert job(root) is None


def test_a_series_waits_for_approval_as_a_whole(root):
    """Once for all parts, and only then it is due."""
    write_series(root)
    (root / "bot.toml").write_text("[broadcast]\napprove_above = 10\n", encoding="utf-8")
    assert "waits for 1 approval" in ran(root, "send", "monday", "--expect", "19", "--by", "Lan")[1]
    assert (state(root, "monday/1").state, job(root)) == ("asked", None)
    ran(root, "approve", "monday", "--by", "Minh")
    assert [state(root, f"monday/{part}").state for part in (1, 2)] == ["waiting", "waiting"]
    assert job(root).payload == {"series": "monday"}


def test_nobody_is_no_audience(root):
    """An empty audience is refused before anything is written; a schedule for a night is said to wait."""
    write(root, "none")
    text = FILE.format(kind="tip").replace('language = "vi"', 'language = "en"')
    (root / FOLDER / "none.toml").write_text(text, encoding="utf-8")
    assert "Nobody would get it" in ran(root, "send", "none", "--expect", "0", "--by", "Lan", code=2)[1]
    assert state(root, "none") is None


def test_two_sends_at_once_make_one_broadcast(root):
    """Whoever comes second is told so; there is one row, and its people are planned once."""
    words = ("broadcast", "send", "care", "--expect", "19", "--by", "Lan")
    where = {"CAM_TAY_DATABASE": f"sqlite+aiosqlite:///{root / 'data' / 'bot.db'}"}
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: command(root, *words, **where), range(2)))
    assert sorted(each.returncode for each in done) == [0, 2], [each.stderr for each in done]
    rows = at_database(root, broadcasts.listed)
    assert [row.name for row in rows] == ["care"]
