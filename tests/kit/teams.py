"""People who help, in a running bot: teams that are there, and roles taken by opening a link, as people do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.people.role import Grant, Role
from bot.people.team import Team
from bot.service.invitations import Made, invite
from bot.store import teams
from bot.store.audit import OPERATOR

if TYPE_CHECKING:
    from tests.kit.shell import Shell

COMMUNE = "thanh-hoa/ngoc-lac"
"""Where the teams of tests are."""


async def make_team(bot: Shell, code: str = "doan-xa", name: str = "Đoàn xã Ngọc Lặc", place: str = COMMUNE) -> Team:
    """A team without people."""
    team = Team(code, name, "youth", place, bot.now)
    async with bot.app.database.batch() as batch:
        await teams.save(batch, [team])
    return team


async def invited(bot: Shell, role: Role, team: str = "doan-xa", place: str = "") -> str:
    """The token of a link that the operator makes."""
    async with bot.app.database.batch() as batch:
        made = await invite(batch, OPERATOR, Grant(role, "" if place else team, place), bot.now)
    assert isinstance(made, Made)
    return made.token


async def joins(bot: Shell, chat: str, role: Role = Role.VOLUNTEER, team: str = "doan-xa", place: str = "") -> None:
    """Somebody opens such a link."""
    await bot.says(chat, f"/start {await invited(bot, role, team, place)}")
