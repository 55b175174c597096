"""`bot broadcast test`, `send`, `schedule` and `approve`: what brings a broadcast on its way."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from bot.broadcast.model import Broadcast, Kind
from bot.cli.broadcast.office import Answer, Office, Refused, count, family, run_at_database
from bot.engine.event import VIETNAM
from bot.service.broadcast import CANARY_FROM
from bot.service.progress import clock
from bot.service.quiet import allowed
from bot.service.sending import begins, fits, gets, has_spoken, needed
from bot.service.series import keep, next_time
from bot.service.slots import UNDER
from bot.store import audience, broadcasts, chats, recipients, series
from bot.store.broadcasts import ASKED, PAUSED, RUNNING, WAITING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.broadcast.reader import Written
    from bot.store.broadcasts import Row
    from bot.store.database import Database

_TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def test(name: str, to: Sequence[str], *, dry_run: bool, as_json: bool) -> int:
    """Send a broadcast to chats by name, marked as a test."""

    async def work(office: Office, database: Database) -> Answer:
        content = replace(office.part(name), kind=Kind.TEST, series=None, part=0)
        if not to:
            raise Refused("Name a chat: --to telegram:123456789")
        async with database.read() as connection:
            known, _ = await chats.load(connection, to)
        if missing := [key for key in to if key not in known or known[key].channel not in office.channels]:
            raise Refused(f"No chat {', '.join(missing)} on {', '.join(office.channels)}: write to the bot first.")
        data = {"name": name, "to": list(to)}
        if dry_run:
            return Answer(data, note=f"Nothing was sent; it would go to {count(len(to), 'chat')}.")
        now = office.now
        async with database.write() as connection:
            id_ = await broadcasts.add(
                *(connection, content),
                name=f"{name} test {now}",
                state=PAUSED,
                sender="test",
                expected=len(to),
                created_at=now,
                start_at=now,
            )
            assert id_ is not None, "named by its moment"
            pairs = [(key, known[key].channel) for key in dict.fromkeys(to)]
            await recipients.add(connection, id_, pairs, now)
            await broadcasts.change(connection, id_, gathered_at=now, state=RUNNING)
        return Answer(data, note=f"On its way to {count(len(to), 'chat')}, if the bot runs.")

    return run_at_database(work, as_json=as_json)


def send(name: str, *, expect: int, by: str, at: str = "", dry_run: bool, as_json: bool) -> int:
    """Send a broadcast now or at a time; it waits for approval where one is needed."""

    async def work(office: Office, database: Database) -> Answer:
        written = office.written(name, finished=True)
        content, rhythm, now = written.broadcast, written.broadcast.series, office.now
        if rhythm and at:
            raise Refused("A series has times of its own: bot broadcast send.")
        start = _moment(at, now) if at else next_time(rhythm, now) if rhythm else now
        if not by.strip():
            raise Refused("Say who you are: --by NAME")
        async with database.read() as connection:
            people = await gets_now(connection, office, written)
            sent = await broadcasts.family(connection, name)
        if sent:
            when = clock(sent[0].created_at)
            raise Refused(f"'{name}' was sent {when} by {sent[0].sender}: nothing goes out twice.")
        if not people and not rhythm:
            raise Refused("Nobody would get it: see bot broadcast audience.")
        if not fits(people, expect):
            hint = f"look again, then say --expect {people}"
            raise Refused(f"{count(people, 'person')} would get it, not {expect}: {hint}.")
        lacks = needed(content.kind, people, office.config.approve_above)
        state = begins(lacks, series=rhythm is not None)
        data = {"name": name, "state": state, "people": people, "start": clock(start), "approvals_needed": lacks}
        goes = start if content.kind == Kind.EMERGENCY else allowed(start, office.config)
        about = f"about {_span(_seconds(content, people, office))}" if not rhythm else f"{len(written.parts)} parts"
        headline = _headline(written.parts[0])
        when = f"{headline} — {count(people, 'person')}, from {clock(goes)}, {about}."
        if dry_run:
            return Answer(data, (when,), "Nothing was sent.")
        async with database.write() as connection:
            ids = [
                await broadcasts.add(
                    *(connection, part),
                    name=part.name,
                    series=name if rhythm else "",
                    state=state,
                    sender=by.strip(),
                    expected=people,
                    created_at=now,
                    start_at=start,
                )
                for part in written.parts
            ]
            if rhythm and not lacks:
                await keep(connection, name, rhythm, now)
        if None in ids:
            raise Refused(f"'{name}' has just been sent by somebody else.")
        waits = f"It waits for {count(lacks, 'approval')}: bot broadcast approve {name} --by …"
        note = waits if lacks else f"It goes out {clock(goes)}, and so on." if rhythm else "On its way."
        return Answer(data, (when,), note)

    return run_at_database(work, as_json=as_json)


async def gets_now(connection: AsyncConnection, office: Office, written: Written) -> int:
    """How many would get it now; of a series how many would get any part."""
    terms = office.terms(written.broadcast)
    if written.broadcast.series:
        each = [await series.count(connection, part, written.node, terms, office.now) for part in written.parts]
        return sum(each)
    counted = await audience.count(connection, written.node, terms, office.now)
    return gets(counted)


def approve(name: str, *, by: str, dry_run: bool, as_json: bool) -> int:
    """Approve what somebody else sends."""

    async def work(office: Office, database: Database) -> Answer:
        rows = await family(database, name)
        row, who = rows[0], by.strip()
        if not who:
            raise Refused("Say who you are: --by NAME")
        if row.state != ASKED:
            raise Refused(f"'{name}' does not wait for approval: it is {row.state}.")
        if has_spoken(who, row.sender, row.approvals):
            raise Refused(f"{who} has spoken already: somebody else has to approve.")
        approvals = (*row.approvals, who)
        lacks = needed(row.kind, row.expected, office.config.approve_above) - len(approvals)
        state = begins(lacks, series=bool(row.series))
        data = {"name": name, "state": state, "approvals": list(approvals), "approvals_needed": max(lacks, 0)}
        said = f"{_headline(row.content)} — {count(row.expected, 'person')}, sent by {row.sender}."
        if not dry_run:
            await _approve(database, rows, approvals, state, office.now)
        note = "Nothing was approved." if dry_run else "On its way." if lacks <= 0 else f"It waits for {lacks} more."
        return Answer(data, (said,), note)

    return run_at_database(work, as_json=as_json)


async def _approve(database: Database, rows: Sequence[Row], approvals: tuple[str, ...], state: str, now: int) -> None:
    async with database.write() as connection:
        for row in rows:
            here = await broadcasts.find(connection, row.name)
            if here is None or here.approvals != row.approvals:
                raise Refused("Somebody else has just approved it: look again.")
            values = {"approvals": approvals, "state": state, "start_at": max(row.start_at, now)}
            await broadcasts.change(connection, row.id, only_if=[ASKED], **values)
            if state == WAITING and row.content.series:
                await keep(connection, row.series, row.content.series, now)


def _moment(at: str, now: int) -> int:
    """A time such as 2026-12-01T08:00, of Viet Nam unless it says otherwise. Raises Refused."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise Refused("--at is a time such as 2026-12-01T08:00.") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
    found = int(moment.timestamp() * 1000)
    if found <= now:
        raise Refused(f"{clock(found)} is past.")
    return found


def _headline(content: Broadcast) -> str:
    """The first line of a broadcast, as it is written."""
    text = next(iter(content.words.values()), "")
    lines = [line.strip() for line in _TAG.sub("", text).splitlines() if line.strip()]
    return f"“{lines[0]}”" if lines else f"“{content.name}”"


def _seconds(content: Broadcast, people: int, office: Office) -> float:
    """About how long it takes."""
    wait = content.plan.canary_wait if content.plan.canary and people >= CANARY_FROM else 0
    return max(content.plan.spread, people / (office.config.telegram_rate * UNDER)) + wait


def _span(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 5400 else f"{max(1, round(seconds / 60))} min"
