"""The runner of broadcasts: who gets it, how fast, when it rests, what stops it, and that nobody gets it twice."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections import Counter
from datetime import datetime

import pytest

from bot.broadcast.audience import Everyone
from bot.broadcast.model import Broadcast, Kind, Plan
from bot.channel.base import Correction, Deletion, Fault, SendFailed, What
from bot.config import _spans
from bot.engine.chat import Chat
from bot.engine.event import VIETNAM
from bot.service.sender import Patience
from bot.store import audience, broadcasts, chats, claims, optouts, outbox, recipients, results, tables
from bot.store.audience import DAY
from tests.kit.shell import MORNING, OPEN, Recorder, a_bot, make_root

pytestmark = pytest.mark.usefixtures("both_databases")

TEXT = "{% block text %}{{ You }} nhớ nhé\n\nKhông ai được hỏi mã.{% endblock %}"
PLAIN = Plan(canary=0)
EVERYBODY = 10_000


def _people(numbers, **about):
    base = {"channel": "paper", "language": "vi", "created_at": MORNING - 90 * DAY, "seen_at": MORNING - DAY}
    return [Chat(f"paper:{n}", external=str(n), **{**base, **about}) for n in numbers]


async def _add(bot, people, *, own_clock=False):
    if not own_clock:
        bot.app.broadcasts.lane.now = lambda: bot.now
    async with bot.app.database.write() as connection:
        await chats.save(connection, people)


def _tip(name="care", kind=Kind.TIP, plan=PLAIN, **about):
    values = {"audience": "everyone", "buttons": ("open:tea",), "words": {"vi": TEXT, "en": TEXT}, **about}
    return Broadcast(name, values.pop("topic", "scam"), kind, plan=plan, **values)


async def _send(bot, content, expected=10**6, state="running", start_at=0, *, own_clock=False):
    """Write a broadcast down as `bot broadcast send` does; its id. `own_clock`: the clock of the wall counts."""
    if not own_clock:
        bot.app.broadcasts.lane.now = lambda: bot.now
    async with bot.app.database.write() as connection:
        about = {"state": state, "sender": "Lan", "expected": expected, "created_at": bot.now}
        return await broadcasts.add(connection, content, name=content.name, start_at=start_at or bot.now, **about)


async def _gather(bot, id_, most=EVERYBODY):
    """Plan everybody, or some of them, while the broadcast is paused."""
    row = await _row(bot, id_)
    async with bot.app.database.write() as connection:
        meant = audience.meant(Everyone(), bot.app.broadcasts.terms(row), bot.now)
        statement = recipients.piece(id_, meant, now=bot.now, holdout=0, most=most)
        _, last = await recipients.gather(connection, id_, statement, "")
        await broadcasts.change(connection, id_, gathered_to=last, gathered_at=bot.now if most == EVERYBODY else 0)


async def _row(bot, id_):
    async with bot.app.database.read() as connection:
        return next(row for row in await broadcasts.listed(connection) if row.id == id_)


async def _set(bot, id_, **values):
    async with bot.app.database.write() as connection:
        await broadcasts.change(connection, id_, **values)


async def _counts(bot, id_):
    async with bot.app.database.read() as connection:
        found = await recipients.counts(connection, id_)
    return {f"{state}({reason})" if reason else state: number for (state, reason), number in found.items()}


async def _until(bot, id_, *states, seconds=8):
    """Until the broadcast is in one of the states; the bot's clock goes on meanwhile."""
    begun, at = asyncio.get_running_loop().time(), bot.now
    while (row := await _row(bot, id_)).state not in states:
        past = asyncio.get_running_loop().time() - begun
        assert past < seconds, (row.state, row.reason, await _counts(bot, id_))
        bot.now = at + int(past * 1000)
        bot.app.broadcasts.wake()
        await asyncio.sleep(0.01)
    return row


async def _at_last(bot, id_, is_so, seconds=8):
    """The broadcast, once that holds of it; the bot's clock stands."""
    async with asyncio.timeout(seconds):
        while not is_so(row := await _row(bot, id_)):
            bot.app.broadcasts.wake()
            await asyncio.sleep(0.01)
    return row


async def test_everybody_in_the_audience_gets_it_once_in_their_words(tmp_path):
    """Language and form of address as for replies; the sums add up; the end is written down."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, [*_people(range(1, 8), address="bac"), *_people([8, 9], reachable=False)])
        id_ = await _send(bot, _tip())
        row = await _until(bot, id_, "done")
        assert Counter(chat for chat, _ in bot.channel.sent) == Counter(map(str, range(1, 8)))
        message = bot.channel.to("1")[0]
        assert (message.head, message.body) == ("Bác nhớ nhé", "Không ai được hỏi mã.")
        assert [button.label for button in message.buttons] == ["🍵 Pha trà", "🔕 Bớt tin"]
        assert await _counts(bot, id_) == {"sent": 7, "skipped(unreachable)": 2}
        assert row.ended_at >= MORNING
        sent = [r for r in await bot.rows(tables.recipient) if r["state"] == "sent"]
        assert len({r["message"] for r in sent}) == 7


async def test_who_changed_their_mind_meanwhile_is_skipped_at_the_moment_of_sending(tmp_path):
    """Blocked, opted out, erased, reached by another tip, walking through a guide: as things stand now, not then."""
    async with a_bot(make_root(tmp_path), tips_a_day=1) as bot:
        await _add(bot, _people(range(1, 9)))
        id_ = await _send(bot, _tip(), state="paused")
        await _gather(bot, id_)
        async with bot.app.database.write() as connection:
            await chats.save(connection, _people([2], reachable=False) + _people([3], flow="tea", seen_at=bot.now))
            await optouts.add(connection, "paper:4", "scam", 1)
            await chats.erase(connection, _people([5])[0])
            other = await broadcasts.add(connection, _tip("other"), name="other", state="done", sender="x", expected=0, created_at=1, start_at=1)  # fmt: skip
            await recipients.add(connection, other, [("paper:6", "paper")], bot.now)
            await claims.acknowledge(connection, [claims.Outcome(other, 1, "sent", at=bot.now - 1000)])
        await _set(bot, id_, state="running")
        await _until(bot, id_, "done")
        assert await _counts(bot, id_) == {
            "sent": 3,
            "skipped(unreachable)": 1,
            "skipped(in_a_guide)": 1,
            "skipped(opted_out)": 1,
            "skipped(erased)": 1,
            "skipped(had_enough)": 1,
        }


async def test_no_second_is_fuller_than_allowed_and_the_rate_is_used(tmp_path):
    """At 200 a second: never more in any second, as far as a busy machine's clock tells, and nearly the 190 asked for."""
    channel = Recorder(capabilities=dataclasses.replace(OPEN, rate=200))
    async with a_bot(make_root(tmp_path), channel) as bot:
        await _add(bot, _people(range(300)), own_clock=True)
        id_ = await _send(bot, _tip(), own_clock=True)
        bot.app.broadcasts.wake()
        await _until(bot, id_, "done", seconds=15)
        times = sorted(channel.times)
        assert max(sum(at <= t < at + 1 for t in times) for at in times) <= 204
        assert len(times) == 300
        assert (len(times) - 1) / (times[-1] - times[0]) >= 0.7 * 190


async def test_too_fast_holds_everybody_and_nobody_is_lost(tmp_path):
    """The platform's wait holds the row that all share; it is counted and is no failure."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people(range(20)))
        bot.channel.faults += [SendFailed(Fault.WAIT, "flood", retry_after=0.2)] * 3
        begun = asyncio.get_running_loop().time()
        id_ = await _send(bot, _tip())
        row = await _until(bot, id_, "done")
        assert await _counts(bot, id_) == {"sent": 20}
        assert len(bot.channel.sent) == 20
        assert row.waits == 3
        assert min(t for t in bot.channel.times[-3:]) - begun >= 0.2


async def test_each_failure_has_its_class_and_a_doubt_stays_a_doubt(tmp_path):
    """Gone, refused, in doubt, a moved chat, a fault of ours; only what has not been sent is tried again by itself."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people(range(10)))
        bot.channel.faults += [
            SendFailed(Fault.GONE, "blocked"),
            SendFailed(Fault.REFUSED, "no"),
            SendFailed(Fault.UNKNOWN, "no answer"),
            ValueError("ours"),  # type: ignore[list-item]
            SendFailed(Fault.PASSING, "502"),
            SendFailed(Fault.MOVED, "up", moved_to="-100"),
        ]
        bot.app.sender.patience = Patience(first=0.05)
        id_ = await _send(bot, _tip(plan=Plan(canary=0, errors=100)))
        await _until(bot, id_, "done")
        assert await _counts(bot, id_) == {
            "sent": 6,
            "failed(gone)": 1,
            "failed(refused)": 1,
            "failed(fault_of_ours)": 1,
            "unknown(no_answer)": 1,
        }
        (blocked,) = [row for row in await bot.rows(tables.chat) if not row["reachable"]]
        assert blocked["key"].startswith("paper:")
        assert "-100" in {chat for chat, _ in bot.channel.sent}
        async with bot.app.database.write() as connection:
            assert await recipients.retry(connection, id_, unknown=False) == 2
            await broadcasts.change(connection, id_, state="running", ended_at=0)
        await _until(bot, id_, "done")
        assert await _counts(bot, id_) == {"sent": 8, "failed(gone)": 1, "unknown(no_answer)": 1}
        assert max(Counter(chat for chat, _ in bot.channel.sent).values()) == 1


async def test_many_failures_pause_it_and_say_why(tmp_path):
    """Past the threshold nobody else is tried; somebody resumes, and it is judged anew."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people(range(400)))
        bot.channel.faults += [SendFailed(Fault.REFUSED, "no")] * 200
        id_ = await _send(bot, _tip())
        row = await _until(bot, id_, "paused")
        assert "failed, the newest: refused" in row.reason
        assert bot.channel.tried < 200
        bot.channel.faults.clear()
        await _set(bot, id_, state="running", reason="")
        await _until(bot, id_, "done")
        counted = await _counts(bot, id_)
        assert counted["sent"] + counted["failed(refused)"] == 400


async def test_a_wrong_token_pauses_it_at_once(tmp_path):
    """An operator has to act; nobody is written off."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people(range(5)))
        bot.channel.faults += [SendFailed(Fault.SETUP, "token refused")] * 5
        id_ = await _send(bot, _tip())
        row = await _until(bot, id_, "paused")
        assert row.reason == "paper: token refused"
        await asyncio.sleep(0.1)
        assert await _counts(bot, id_) == {"planned": 5}


async def test_pause_resume_and_stop_reach_it_within_two_seconds(tmp_path):
    """What is under way arrives, and nothing after it; a stop skips the rest with its reason."""
    channel = Recorder(capabilities=dataclasses.replace(OPEN, rate=100))
    async with a_bot(make_root(tmp_path), channel) as bot:
        await _add(bot, _people(range(1000)), own_clock=True)
        id_ = await _send(bot, _tip(), own_clock=True)
        bot.app.broadcasts.wake()
        await _when(lambda: channel.sent)
        await _set(bot, id_, state="paused")
        await _when(lambda: not bot.app.broadcasts._runs)  # nobody is at work on it, nothing is under way
        paused = len(channel.sent)
        await bot.app.broadcasts.look()
        assert len(channel.sent) == paused < 400
        await _set(bot, id_, state="running")
        await _when(lambda: len(channel.sent) > paused)
        await _set(bot, id_, state="stopping")
        await _when(lambda: not bot.app.broadcasts.lane._tasks)
        row = await _until(bot, id_, "stopped")
        stopped = len(channel.sent)
        await bot.app.broadcasts.look()
        assert len(channel.sent) == stopped
        assert row.ended_at
        assert await _counts(bot, id_) == {"sent": stopped, "skipped(stopped)": 1000 - stopped}
        assert max(Counter(chat for chat, _ in channel.sent).values()) == 1


async def _when(is_so):
    """Until that holds, by itself, within two seconds."""
    async with asyncio.timeout(2):
        while not is_so():  # noqa: ASYNC110 (what is looked at is the bot's)
            await asyncio.sleep(0.01)


async def test_quiet_hours_and_weekends_are_kept_at_the_moment_of_sending(tmp_path):
    """It rests, says until when, and goes on by itself; an emergency does not rest."""
    friday_night = int(datetime(2040, 5, 11, 21, 0, tzinfo=VIETNAM).timestamp() * 1000)
    monday = int(datetime(2040, 5, 14, 7, 30, tzinfo=VIETNAM).timestamp() * 1000)
    quiet = _spans(["20:30-07:30"])
    async with a_bot(make_root(tmp_path), now=friday_night, quiet=quiet) as bot:
        await _add(bot, _people(range(3)))
        id_ = await _send(bot, _tip(plan=Plan(canary=0, days="working")))
        row = await _at_last(bot, id_, lambda row: row.reason)
        assert (row.state, row.reason, row.rest_until) == ("running", "quiet", monday)
        await bot.app.broadcasts.look()
        urgent = await _send(bot, _tip("flood", Kind.EMERGENCY, topic="flood"))
        await _until(bot, urgent, "done")
        assert len(bot.channel.sent) == 3
        bot.now = monday
        await _until(bot, id_, "done")
        assert len(bot.channel.sent) == 6


async def test_a_canary_goes_first_and_is_judged(tmp_path):
    """One percent, then a wait; with failures it goes no further."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people(range(600)))
        good = await _send(bot, _tip(plan=Plan(canary=5, canary_wait=600)))
        row = await _at_last(bot, good, lambda row: row.reason == "canary")
        assert (len(bot.channel.sent), row.rest_until) == (30, bot.now + 600_000)
        bot.later(601)
        await _until(bot, good, "done")
        assert len(bot.channel.sent) == 600
        bot.later(2 * 86400)
        bot.channel.faults += [SendFailed(Fault.REFUSED, "no")] * 10
        bad = await _send(bot, _tip("bad", plan=Plan(canary=5, canary_wait=1, errors=40)))
        bot.later(60)
        row = await _until(bot, bad, "paused", "done")
        assert (row.state, row.reason[:6]) in {("paused", "canary"), ("paused", "10 of ")}
        assert len(bot.channel.sent) <= 600 + 20


async def test_an_audience_that_has_grown_waits_for_somebody_to_look(tmp_path):
    """Ten percent and ten people are let pass; more is not what was asked for. An empty one ends at once."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people(range(40)))
        id_ = await _send(bot, _tip(), expected=20)
        row = await _until(bot, id_, "paused")
        assert row.reason == "the audience has grown from 20 to 40: look, then resume"
        await _set(bot, id_, state="running", reason="")
        await _until(bot, id_, "done")
        assert len(bot.channel.sent) == 40
        nobody = await _send(bot, _tip("nobody", audience='language = "en"'))
        assert (await _until(bot, nobody, "done")).reason == ""
        assert await _counts(bot, nobody) == {}


async def test_a_stop_while_it_is_gathered_sends_nothing(tmp_path):
    """Some of the audience stands already: they are skipped, and no more come."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people(range(30)))
        id_ = await _send(bot, _tip(), state="paused")
        await _gather(bot, id_, most=10)
        await _set(bot, id_, state="stopping")
        await _until(bot, id_, "stopped")
        assert await _counts(bot, id_) == {"skipped(stopped)": 10}
        assert bot.channel.sent == []


async def test_a_channel_without_buttons_gets_no_broadcast(tmp_path):
    """A typed number there would answer something else."""
    channel = Recorder(capabilities=dataclasses.replace(OPEN, buttons=0))
    async with a_bot(make_root(tmp_path), channel) as bot:
        await _add(bot, _people(range(3)))
        id_ = await _send(bot, _tip())
        await _until(bot, id_, "done")
        assert await _counts(bot, id_) == {"skipped(channel_off)": 3}


async def test_a_schedule_starts_when_its_time_has_come_and_two_go_side_by_side(tmp_path):
    """The audience is that of the start; an emergency goes before a tip."""
    async with a_bot(make_root(tmp_path)) as bot:
        id_ = await _send(bot, _tip(), state="scheduled", start_at=MORNING + 3_600_000)
        await bot.app.broadcasts.look()
        assert (await _row(bot, id_)).state == "scheduled"
        await _add(bot, _people(range(5)))
        bot.later(3600)
        urgent = await _send(bot, _tip("flood", Kind.EMERGENCY))
        await _until(bot, id_, "done")
        await _until(bot, urgent, "done")
        assert await _counts(bot, id_) == {"sent": 5}
        assert [m.body for _, m in bot.channel.sent] == ["Không ai được hỏi mã."] * 10


async def test_a_message_is_spread_over_the_time_that_was_asked_for(tmp_path):
    """Ten people in a second: one every tenth of it, and none sooner."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people(range(10)))
        begun = asyncio.get_running_loop().time()
        id_ = await _send(bot, _tip(plan=Plan(canary=0, spread=1)))
        await _until(bot, id_, "done")
        times = sorted(at - begun for at in bot.channel.times)
        assert len(times) == 10
        assert all(at >= 0.1 * number - 0.05 for number, at in enumerate(times)), times


async def test_what_was_claimed_by_a_run_that_died_is_in_doubt_and_not_sent_again(tmp_path):
    """At most the next quarter of a second; the rest goes out."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await _add(bot, _people(range(30)))
        id_ = await _send(bot, _tip(), state="paused")
        await _gather(bot, id_)
        async with bot.app.database.write() as connection:
            await claims.claim(connection, id_, "paper", after=0, until=99, most=7, now=bot.now)
    async with a_bot(root) as bot:
        bot.app.broadcasts.lane.now = lambda: bot.now
        await _set(bot, id_, state="running")
        await _until(bot, id_, "done")
        assert await _counts(bot, id_) == {"unknown(crash)": 7, "sent": 23}
        assert len(bot.channel.sent) == 23


async def test_a_stop_of_the_bot_leaves_nobody_in_doubt(tmp_path):
    """What has not begun is planned again; what was under way ends."""
    root = make_root(tmp_path)
    channel = Recorder(capabilities=dataclasses.replace(OPEN, rate=50))
    async with a_bot(root, channel) as bot:
        await _add(bot, _people(range(100)))
        id_ = await _send(bot, _tip())
        while len(channel.sent) < 20:
            bot.later(0.02)
            bot.app.broadcasts.wake()
            await asyncio.sleep(0.02)
    async with a_bot(root, Recorder()) as again:
        again.now = bot.now
        again.app.broadcasts.lane.now = lambda: again.now
        await _until(again, id_, "done")
        assert await _counts(again, id_) == {"sent": 100}
        assert len(channel.sent) < 100
        assert len(channel.sent) + len(again.channel.sent) == 100


async def test_what_was_sent_is_corrected_and_deleted(tmp_path):
    """Each message once, by its id; who cannot be corrected is named; new words go to who comes later."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people(range(6)))
        id_ = await _send(bot, _tip())
        await _until(bot, id_, "done")
        new = _tip(words={"vi": TEXT.replace("hỏi mã", "hỏi mật khẩu"), "en": TEXT})
        bot.channel.faults.append(SendFailed(Fault.REFUSED, "message can't be edited"))
        await _set(bot, id_, content=new, version=2, change="correct")
        for change in ("correct", "delete"):
            await _at_last(bot, id_, lambda row: not row.change)
            if change == "correct":
                corrections = [o for _, o in bot.channel.sent if isinstance(o, Correction)]
                assert {o.words.body for o in corrections} == {"Không ai được hỏi mật khẩu."}
                assert len({o.message for o in corrections}) == 5
                assert await _counts(bot, id_) == {"sent": 5, "sent(correct_refused)": 1}
                await _set(bot, id_, version=3, change="delete")
        assert len({o.message for _, o in bot.channel.sent if isinstance(o, Deletion)}) == 6
        assert await _counts(bot, id_) == {"deleted": 6}


async def test_on_a_channel_that_shows_the_outbox_it_stands_there(tmp_path):
    """Sent by standing there, in one transaction; corrected and deleted likewise."""
    channel = Recorder(capabilities=dataclasses.replace(OPEN, keeps=True))
    async with a_bot(make_root(tmp_path), channel) as bot:
        await _add(bot, _people([1]))
        id_ = await _send(bot, _tip())
        await _until(bot, id_, "done")
        (row,) = await bot.rows(tables.outbox)
        assert (row["state"], row["chat"]) == ("sent", "1")
        message = outbox.read(row["kind"], row["payload"])
        assert message.head == "Bạn nhớ nhé"
        (recipient,) = await bot.rows(tables.recipient)
        assert recipient["message"] == str(row["id"])
        await _set(bot, id_, version=2, change="correct", content=_tip(words={"vi": TEXT.replace("nhớ", "xem")}))
        await _at_last(bot, id_, lambda row: not row.change)
        *_, row = await bot.rows(tables.outbox)
        correction = outbox.read(row["kind"], row["payload"])
        assert correction == Correction(recipient["message"], dataclasses.replace(message, head="Bạn xem nhé"))


async def test_a_tap_is_attributed_and_judged_against_the_holdout(tmp_path):
    """The guide opens, the report knows by which tip; those who were held out are counted beside."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people(range(1, 41), welcomed=True))
        id_ = await _send(bot, _tip(plan=Plan(canary=0, holdout=20)))
        row = await _until(bot, id_, "done")
        reached = sorted({chat for chat, _ in bot.channel.sent}, key=int)
        held = sorted({str(n) for n in range(1, 41)} - set(reached), key=int)
        assert 6 <= len(held) <= 10
        await bot.taps(reached[0], "🍵 Pha trà")
        assert await bot.step(reached[0]) == "tea/kind"
        await bot.taps(reached[1], "🔕 Bớt tin")
        assert bot.last(reached[1]) == "Vâng, mình không gửi tin loại này nữa."
        await bot.says(held[0], "/start tea")
        async with bot.app.database.read() as connection:
            report = await results.results(connection, row)
        assert (report["taps"], report["opt_outs"]) == (1, 1)
        assert report["sent_to"]["started"] == 1
        assert report["held_out"] == {
            "people": len(held),
            "started": 1,
            "started_rate": round(100 / len(held), 1),
            "finished": 0,
            "finished_rate": 0.0,
        }
        wishes = await bot.rows(tables.optout)
        assert [(w["chat"], w["topic"]) for w in wishes] == [(f"paper:{reached[1]}", "scam")]


@pytest.mark.parametrize("words", ["bớt tin", "ngừng gửi tin", "🔕 Ngừng mọi tin"])
async def test_less_can_be_typed_and_taken_back(tmp_path, words):
    """Typed it means every topic; “nhận tin lại” brings all back; the step is kept."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start tea")
        await bot.says("1", words)
        assert bot.last("1") == "Vâng, mình không tự gửi tin nữa."
        assert [w["topic"] for w in await bot.rows(tables.optout)] == [""]
        await bot.says("1", "nhận tin lại")
        assert bot.last("1") == "Vâng, mình lại gửi tin như trước."
        assert await bot.rows(tables.optout) == []
        assert await bot.step("1") == "tea/kind"


async def test_replies_go_before_a_broadcast_in_the_same_chat(tmp_path):
    """While something waits for a chat, the tip waits behind it."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people([1], welcomed=True))
        bot.channel.open.clear()
        incoming = bot.incoming("1", What.TEXT, text="chào")
        await bot.app.conversation.accept(incoming)
        async with bot.app.database.write() as connection:
            await connection.execute(tables.chat.update().values(flow=""))
        id_ = await _send(bot, _tip())
        await asyncio.sleep(0.3)
        assert bot.channel.tried == 1
        bot.channel.open.set()
        await _until(bot, id_, "done")
        heads = bot.heads("1")
        assert heads[-1] == "Bạn nhớ nhé"
        assert len(heads) >= 2


async def test_recipients_are_forgotten_and_the_report_stays(tmp_path):
    """After the time that messages are kept, what was counted is all there is."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people(range(4)))
        id_ = await _send(bot, _tip())
        await _until(bot, id_, "done")
        bot.later(29 * 86400)
        await bot.app.broadcasts.sweep(bot.now)
        assert len(await bot.rows(tables.recipient)) == 4
        bot.later(2 * 86400)
        await bot.app.broadcasts.sweep(bot.now)
        assert await bot.rows(tables.recipient) == []
        row = await _row(bot, id_)
        assert row.counts["states"] == {"sent": 4}
        await bot.app.broadcasts.sweep(bot.now)
        assert (await _row(bot, id_)).counts == row.counts


async def test_a_test_goes_to_its_chats_says_so_and_counts_for_nothing(tmp_path):
    """In quiet hours too, to somebody who wants no tips; the frequency cap does not see it."""
    async with a_bot(make_root(tmp_path), quiet=_spans(["00:00-23:59"])) as bot:
        await _add(bot, _people([1, 2]))
        async with bot.app.database.write() as connection:
            await optouts.add(connection, "paper:1", "", 1)
        id_ = await _send(bot, _tip(kind=Kind.TEST), state="paused")
        async with bot.app.database.write() as connection:
            await recipients.add(connection, id_, [("paper:1", "paper")], bot.now)
            await broadcasts.change(connection, id_, gathered_at=bot.now, state="running")
        await _until(bot, id_, "done")
        (sent,) = bot.channel.sent
        assert (sent[0], sent[1].progress) == ("1", "🧪 Tin thử")


async def test_words_that_fail_are_failures_of_their_own_and_the_others_get_theirs(tmp_path):
    """A template that breaks in one language breaks nothing else."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, [*_people([1, 2]), *_people([3], language="en")])
        id_ = await _send(bot, _tip(words={"vi": TEXT, "en": "{% block text %}{{ nobody }}{% endblock %}"}))
        await _until(bot, id_, "done")
        assert await _counts(bot, id_) == {"sent": 2, "failed(words)": 1}


async def test_what_a_newer_bot_wrote_is_left_to_it_and_holds_nobody_up(tmp_path):
    """An older process after a migration: it sends what it knows, and never half of what it does not."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people([1, 2]))
        strange = await _send(bot, _tip("later"), state="paused")
        async with bot.app.database.write() as connection:
            table = tables.broadcast
            content = {**_tip("later").to_json(), "hologram": "a.glb"}
            values = {"content_json": json.dumps(content), "state": "running"}
            await connection.execute(table.update().where(table.c.id == strange).values(**values))
        id_ = await _send(bot, _tip())
        await _until(bot, id_, "done")
        assert await _counts(bot, id_) == {"sent": 2}
        assert await _counts(bot, strange) == {}


async def test_without_broadcasts_there_is_nothing_to_do(tmp_path):
    """A look finds nothing and asks for the next in a second."""
    async with a_bot(make_root(tmp_path)) as bot:
        assert await bot.app.broadcasts.look() == 1.0
        assert await bot.rows(tables.recipient) == []
