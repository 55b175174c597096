"""`bot broadcast pause`, `resume`, `stop`, `retry`, `correct` and `delete`: what can be done once it is on its way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.broadcast.model import Kind
from bot.cli.broadcast.office import Answer, Office, Refused, count, family, found, run_at_database
from bot.service.sending import TURNS, resumed
from bot.service.series import end
from bot.store import broadcasts, recipients
from bot.store.broadcasts import DONE, ENDED, PAUSED, RUNNING, SCHEDULED, STOPPED, STOPPING, WAITING

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.store.broadcasts import Row
    from bot.store.database import Database


def pause(name: str, *, dry_run: bool, as_json: bool) -> int:
    """Nobody else gets it until it is resumed."""
    return _turn(name, *TURNS["pause"], dry_run=dry_run, as_json=as_json)


def resume(name: str, *, dry_run: bool, as_json: bool) -> int:
    """It goes on where it was."""
    return _turn(name, *TURNS["resume"], dry_run=dry_run, as_json=as_json)


def stop(name: str, *, dry_run: bool, as_json: bool) -> int:
    """Whoever has not got it does not get it."""
    return _turn(name, *TURNS["stop"], dry_run=dry_run, as_json=as_json)


def retry(name: str, *, unknown: bool, dry_run: bool, as_json: bool) -> int:
    """Send again to whom it failed for a reason that may pass."""

    async def work(office: Office, database: Database) -> Answer:
        del office
        row = await found(database, name)
        if row.state not in {DONE, STOPPED, RUNNING, PAUSED, WAITING} or row.counts:
            raise Refused(f"'{name}' is {row.state}: there is nothing to retry.")
        async with database.read() as connection:
            failed, doubts = await recipients.retriable(connection, row.id)
        again = failed + (doubts if unknown else 0)
        if not again:
            more = f"; {count(doubts, 'person')} may have got it (--unknown)" if doubts else ""
            raise Refused(f"Nobody is to be tried again{more}.")
        data = {"name": name, "retried": again, "unknown_left": 0 if unknown else doubts}
        if not dry_run:
            async with database.write() as connection:
                await recipients.retry(connection, row.id, unknown=unknown)
                state = RUNNING if row.state in {*ENDED, WAITING} else row.state
                await broadcasts.change(connection, row.id, only_if=[row.state], state=state, ended_at=0)
        warning = f" {count(doubts, 'person')} of them may get it twice." if unknown and doubts else ""
        return Answer(data, note=f"{_done(dry_run)} {count(again, 'person')} tried again.{warning}".strip())

    return run_at_database(work, as_json=as_json)


def correct(name: str, *, dry_run: bool, as_json: bool) -> int:
    """Give new words to everybody who has got it, and to those who will."""

    async def work(office: Office, database: Database) -> Answer:
        row = await found(database, name)
        written = office.part(name)
        content = replace(row.content, words=written.words)
        if content == row.content:
            raise Refused(f"The words of '{name}' are those that were sent.")
        if written.picture != row.content.picture or written.buttons != row.content.buttons:
            raise Refused("Only words can be corrected: picture and buttons stay as they were sent.")
        return await _change(database, row, "correct", dry_run=dry_run, content=content)

    return run_at_database(work, as_json=as_json)


def delete(name: str, *, dry_run: bool, as_json: bool) -> int:
    """Take it away from everybody who has got it, where the channel allows."""

    async def work(office: Office, database: Database) -> Answer:
        del office
        row = await found(database, name)
        if row.state not in ENDED:
            raise Refused(f"'{name}' is {row.state}: stop it first.")
        return await _change(database, row, "delete", dry_run=dry_run)

    return run_at_database(work, as_json=as_json)


async def _change(database: Database, row: Row, change: str, *, dry_run: bool, **values: Any) -> Answer:
    """Have the bot change what was sent."""
    if row.counts:
        raise Refused(f"'{row.name}' was sent too long ago: nobody knows any more to whom.")
    if row.change:
        raise Refused(f"'{row.name}' is being changed: wait until that is done.")
    async with database.read() as connection:
        counted = await recipients.counts(connection, row.id)
    sent = sum(number for (state, _), number in counted.items() if state == recipients.SENT)
    if not dry_run:
        async with database.write() as connection:
            await broadcasts.change(connection, row.id, version=row.version + 1, change=change, **values)
    data = {"name": row.name, "change": change, "messages": sent}
    return Answer(data, note=f"{_done(dry_run)} {count(sent, 'message')} to {change}.".strip())


def _turn(name: str, only_if: Collection[str], state: str, reason: str, *, dry_run: bool, as_json: bool) -> int:
    """Bring a broadcast, or every part of a series, into another state."""

    async def work(office: Office, database: Database) -> Answer:
        rows = await family(database, name)
        able = [row for row in rows if row.state in only_if]
        if not able:
            raise Refused(f"'{name}' is {rows[0].state}.")
        if rows[0].kind == Kind.TEST:
            raise Refused("A test ends by itself.")
        states = [resumed(row, office.now) if state == SCHEDULED else state for row in able]
        async with database.write() as connection:
            for row, new in zip(able, states, strict=True) if not dry_run else ():
                about = {"state": new, "reason": reason, "rest_until": 0}
                if not await broadcasts.change(connection, row.id, only_if=only_if, **about):
                    raise Refused(f"'{row.name}' has just changed: look again.")
            if state == STOPPING and rows[0].series == name and not dry_run:
                await end(connection, name)
        return Answer({"name": name, "state": states[0]}, note=f"{_done(dry_run)} {states[0]}.".strip())

    return run_at_database(work, as_json=as_json)


def _done(dry_run: bool) -> str:
    return "Nothing was done; it would be:" if dry_run else ""
