"""`bot privacy`: what was asked about data and by when it has to be done; breaches and their 72 hours."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson
import typer

from bot.cli.database import at_database
from bot.cli.report import FINDINGS, OK, SETUP, USAGE, complain
from bot.config import find_root, load
from bot.engine.event import local_time
from bot.store import breaches, requests

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

WORKING_DAYS_TO_ANSWER = 2
"""Days within which a person hears that their request has arrived (Decree 356/2025/ND-CP, as for `requests.DUE`)."""

LETTER = """# Notice of a breach of personal data

To: the Department for Cyber Security and High-Tech Crime Prevention (A05), Ministry of Public Security

- From: {operator}
- Number: {id}
- Found: {found} (Viet Nam time)
- To be told by: {due}
- What happened: {note}

To be filled in by hand, as far as it is known (send what is known in time, the rest later):

- How it happened, and since when:
- Whose data, and how many people (kept are: language, form of address, guides and steps, place and team where given,
  initials on certificates, roles of helpers; no names, numbers or typed words of people who are guided):
- What may come of it for them:
- What was done at once, and what will be done:
- Who can be asked, by phone and e-mail:
- Whether the people were told, how and when:
"""


def overview(*, as_json: bool) -> int:
    """Open requests and breaches, the most urgent first. Exit code 1 when something is overdue."""

    async def look(connection: AsyncConnection) -> tuple[list[requests.Request], list[breaches.Breach]]:
        return await requests.listed(connection), await breaches.listed(connection)

    found = at_database(look)
    if found is None:
        return SETUP
    asked, broken = found
    now = _now()
    lines = [
        {"what": "request", "id": r.id, "kind": r.kind, "asked": _day(r.asked_at), "due": _day(r.due_at),
         "overdue": now > r.due_at, "note": r.note}
        for r in asked
    ]  # fmt: skip
    lines += [
        {"what": "breach", "id": b.id, "kind": "told" if b.told_at else "to be told", "asked": _day(b.found_at),
         "due": _day(b.due_at), "overdue": not b.told_at and now > b.due_at, "note": b.note}
        for b in broken
    ]  # fmt: skip
    if as_json:
        typer.echo(orjson.dumps(lines, option=orjson.OPT_INDENT_2))
    else:
        for line in lines:
            when = f"since {line['asked']}  due {line['due']}{'  OVERDUE' if line['overdue'] else ''}"
            typer.echo(f"{line['id']}  {line['kind']:10}  {when}  {line['note']}")
        if not lines:
            complain("Nothing is open.")
    return FINDINGS if any(line["overdue"] for line in lines) else OK


def ask(kind: str, note: str) -> int:
    """Write down a request that came by another way: at the desk, by letter."""
    if kind not in requests.DUE:
        complain(f"A request is one of {', '.join(requests.DUE)}.")
        return USAGE
    now = _now()
    request = requests.Request(_id("YC"), kind, "", now, now + requests.DUE[kind] * requests.DAY, note=note.strip())

    async def write(connection: AsyncConnection) -> bool:
        await requests.add(connection, [request])
        return True

    if at_database(write) is None:
        return SETUP
    typer.echo(request.id)
    complain(f"Answer within {WORKING_DAYS_TO_ANSWER} working days; done by {_day(request.due_at)}.")
    return OK


def done(receipt: str) -> int:
    """A request has been fulfilled."""
    return _settle(lambda connection: requests.finish(connection, receipt, _now()), f"No request {receipt} is open.")


def breach(note: str, found: str) -> int:
    """Write a breach down; its 72 hours run from when it was found."""
    try:
        at = int(datetime.fromisoformat(found).astimezone(UTC).timestamp() * 1000) if found else _now()
    except ValueError:
        complain("--found is a time such as 2026-11-20T08:00.")
        return USAGE
    if not note.strip() or at > _now():
        complain("Say what happened; it was found in the past.")
        return USAGE
    broken = breaches.Breach(_id("SC"), at, 0, note.strip())

    async def write(connection: AsyncConnection) -> bool:
        await breaches.add(connection, broken)
        return True

    if at_database(write) is None:
        return SETUP
    typer.echo(broken.id)
    complain(f"A05 has to know by {_day(broken.due_at)}: bot privacy letter {broken.id} drafts the notice.")
    return OK


def letter(id_: str) -> int:
    """The notice to the authority, as far as the register knows it."""
    found = at_database(breaches.listed)
    if found is None:
        return SETUP
    broken = next((each for each in found if each.id == id_), None)
    if broken is None:
        complain(f"There is no breach {id_}.")
        return USAGE
    operator = load(find_root())[0].operator
    times = {"found": _day(broken.found_at), "due": _day(broken.due_at)}
    typer.echo(LETTER.format(operator=operator, id=broken.id, note=broken.note, **times))
    return OK


def told(id_: str) -> int:
    """The authority was told."""
    return _settle(lambda connection: breaches.tell(connection, id_, _now()), f"No breach {id_} is to be told.")


def _settle(change: Callable[[AsyncConnection], Awaitable[bool]], otherwise: str) -> int:
    changed = at_database(change)
    if changed is None:
        return SETUP
    if not changed:
        complain(otherwise)
        return USAGE
    return OK


def _id(kind: str) -> str:
    return f"{kind}-{secrets.token_hex(2).upper()}-{secrets.token_hex(2).upper()}"


def _day(at: int) -> str:
    return local_time(at).strftime("%Y-%m-%d %H:%M")


def _now() -> int:
    return time.time_ns() // 1_000_000
