"""`bot certificate`: the operator lists certificates, looks one up, takes one back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import orjson
import typer

from bot.cli.database import at_database
from bot.cli.report import FINDINGS, OK, SETUP, USAGE, complain
from bot.engine.event import local_day
from bot.people.certificate import read_serial
from bot.service import certificate as desk
from bot.store import certificates
from bot.store.audit import OPERATOR

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.certificates import Certificate


def list_(*, team: str, kind: str, as_json: bool) -> int:
    """All of them, of a team, or of a kind."""

    async def look(connection: AsyncConnection) -> list[Certificate]:
        return await certificates.listed(connection, team=team, kind=kind)

    found = at_database(look, writes=False)
    if found is None:
        return SETUP
    if as_json:
        typer.echo(orjson.dumps([_told(each) for each in found], option=orjson.OPT_INDENT_2))
        return OK
    for each in found:
        told = _told(each)
        typer.echo(
            f"{each.serial}  {told['issued']}  {told['state']:8} {each.kind:12} {each.team or '-':16} {each.initials}"
        )
    valid = sum(each.is_valid for each in found)
    complain(f"{len(found)} certificates, {valid} of them valid.")
    return OK


def show(serial: str, *, as_json: bool) -> int:
    """One of them. 2 when there is none."""
    spelled = read_serial(serial)

    async def look(connection: AsyncConnection) -> tuple[Certificate | None]:
        return (await certificates.find(connection, spelled) if spelled else None,)

    looked = at_database(look, writes=False)
    if looked is None:
        return SETUP
    [found] = looked
    if found is None:
        complain(f"There is no certificate '{serial}'.")
        return USAGE
    told = _told(found)
    if as_json:
        typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    else:
        for name, value in told.items():
            typer.echo(f"{name:9} {value or '-'}")
    return OK


def revoke(serial: str) -> int:
    """Take one back, at once. 1 when it was revoked before, 2 when there is none."""
    spelled = read_serial(serial)

    async def take(connection: AsyncConnection) -> tuple[bool, bool]:
        there = bool(spelled) and await certificates.find(connection, spelled) is not None
        return there, there and await desk.revoke(connection, OPERATOR, spelled, time.time_ns() // 1_000_000)

    done = at_database(take)
    if done is None:
        return SETUP
    there, revoked = done
    if not there:
        complain(f"There is no certificate '{serial}'.")
        return USAGE
    complain("It is revoked; its page says so." if revoked else "It was revoked before.")
    return OK if revoked else FINDINGS


def _told(one: Certificate) -> dict[str, str]:
    state = "revoked" if one.revoked_at else "valid" if one.is_valid else "erased"
    return {
        "serial": one.serial,
        "state": state,
        "kind": one.kind,
        "team": one.team,
        "initials": one.initials,
        "person": one.person,
        "issued": local_day(one.issued_at).isoformat(),
        "revoked": local_day(one.revoked_at).isoformat() if one.revoked_at else "",
    }
