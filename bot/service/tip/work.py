"""Due work of tips: counting who would get one, sending it, saying how far it is. Too slow for a turn.

Each is a job due at once, carried out by the clock with a connection of its own; what comes of it is a notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.broadcast.audience import read_audience
from bot.broadcast.model import Kind
from bot.engine.event import local_time
from bot.people.role import TABLE, Right, Role, Scope
from bot.service import rights
from bot.service.errand import Notice
from bot.service.help.watch import chat_of
from bot.service.progress import CANARY, QUIET, Progress
from bot.service.quiet import allowed
from bot.service.sending import BY_HAND, begins, fits, gets, needed
from bot.service.tip.words import by, content, name_of
from bot.store import audience, broadcasts, jobs, roles, tips
from bot.store.broadcasts import PAUSED
from bot.store.jobs import Job
from bot.store.outbox import Ids
from bot.store.tips import SENT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.broadcast.model import Broadcast
    from bot.config import Config
    from bot.engine.chat import Chat
    from bot.service.house import House
    from bot.store.audience import Terms
    from bot.store.database import Database
    from bot.store.hot import Connection
    from bot.store.tips import Tip

KIND = "tip"
COUNT, SEND, LOOK = "count", "send", "look"

DAY = 24 * 3_600_000
"""Milliseconds after which a tip that nobody has sent or changed is given up."""


def job(do: str, tip: int, chat: Chat, at: int, **about: Any) -> Job:
    """Something to be done with a tip for who asks in this chat."""
    payload = {"do": do, "tip": tip, "person": chat.person, "chat": chat.key, **about}
    return Job(f"{KIND}:{tip}:{do}:{chat.person}:{at}", "", at, payload, KIND)


class Carrier:
    """Carries these jobs out. `terms` says what keeps people from getting a broadcast."""

    def __init__(
        self, database: Database, config: Config, house: Callable[[], House], terms: Callable[[Broadcast], Terms]
    ) -> None:
        self._database = database
        self._config = config
        self._house = house
        self._terms = terms

    @property
    def carriers(self) -> dict[str, Callable[[Job, int], Awaitable[None]]]:
        """For the clock."""
        return {KIND: self.carry_out}

    async def carry_out(self, job: Job, now: int) -> None:
        """Do one; its row goes with what it leads to. Raises DBAPIError."""
        async with self._database.read() as connection:
            tip = await tips.find(connection, job.payload["tip"])
        does = {COUNT: self._count, SEND: self._send, LOOK: self._look}
        await does[job.payload["do"]](job, tip, now)

    async def forget(self, now: int) -> None:
        """What nobody has sent within a day is given up."""
        async with self._database.write() as connection:
            await tips.forget(connection, now - DAY)

    async def _counted(self, tip: Tip, now: int) -> dict[str, int]:
        made = content(tip, self._house())
        async with self._database.read() as connection:
            return await audience.count(connection, read_audience(made.audience), self._terms(made), now)

    async def _count(self, job: Job, tip: Tip | None, now: int) -> None:
        counted = await self._counted(tip, now) if tip is not None and tip.state != SENT else {}
        async with self._database.write() as connection:
            await jobs.cancel(connection, [job.key])
            if tip is None or tip.state == SENT:
                await _tell(connection, job, now, "gone")
            elif await tips.counted(connection, tip, gets(counted), now):  # else it is counted once more
                await _notify(connection, job, now, "tip.counted", {"tip": tip.id, "skipped": counted})

    async def _send(self, job: Job, tip: Tip | None, now: int) -> None:
        person, expected = job.payload["person"], job.payload["people"]
        counted = await self._counted(tip, now) if tip is not None and tip.state != SENT else {}
        people = gets(counted)
        async with self._database.write() as connection:
            await jobs.cancel(connection, [job.key])
            if tip is None or tip.state == SENT:
                if tip is None or tip.sender != person:  # else they have tapped twice
                    await _tell(connection, job, now, "gone")
            elif not await rights.has(connection, person, Right.SEND_TIP, place=tip.place):
                await _tell(connection, job, now, "no_right")
            elif not people or tip.people < 0 or not fits(people, expected):
                if await tips.counted(connection, tip, people, now):
                    await _notify(connection, job, now, "tip.counted", {"tip": tip.id, "skipped": counted})
            elif await tips.take(connection, tip, SENT, now, sender=person, chat=job.payload["chat"]):
                await self._begin(connection, job, tip, people, now)
            else:  # somebody else was quicker, or they have changed it since
                tip = await tips.find(connection, tip.id)
                if tip is None or (tip.state == SENT and tip.sender != person):
                    await _tell(connection, job, now, "gone")

    async def _begin(self, connection: AsyncConnection, job: Job, tip: Tip, people: int, now: int) -> None:
        """It becomes a broadcast, or waits for approval; everybody concerned hears so."""
        person = job.payload["person"]
        lacks = needed(Kind.TIP, people, self._config.approve_above)
        start = max(tip.start_at, now)
        id_ = await broadcasts.add(
            *(connection, content(tip, self._house())),
            name=name_of(tip.id),
            state=begins(lacks),
            sender=await called(connection, self._house(), person, Right.SEND_TIP, tip.place),
            expected=people,
            created_at=now,
            start_at=start,
        )
        assert id_ is not None, "named by its number"
        await tips.is_broadcast(connection, tip.id, id_)
        asked = await holders(connection, Right.APPROVE_TIP, tip.place, {tip.writer, person}) if lacks else []
        about = {"tip": tip.id, "right": Right.APPROVE_TIP.value}
        await _post(connection, [Notice(chat, each, "tip.asked", about) for each, chat in asked], now)
        at = allowed(start, self._config)
        when = local_time(at).strftime("%H:%M, %d/%m") if at > now else ""
        said = "waits" if lacks else "sent"
        await _tell(connection, job, now, said, people=str(people), when=when, asked=str(len(asked) or ""))
        if tip.writer not in {person, ""} and not lacks:
            says = {"what": "sent", "people": str(people), "when": when, "asked": ""}
            await _post(connection, [Notice(tip.chat, tip.writer, "tip.told", says)], now)

    async def _look(self, job: Job, tip: Tip | None, now: int) -> None:
        data = await Progress(self._database, name_of(tip.id)).look() if tip else None
        async with self._database.write() as connection:
            await jobs.cancel(connection, [job.key])
            if tip is None or data is None:
                await _tell(connection, job, now, "gone")
                return
            person, place = job.payload["person"], tip.place
            row = await broadcasts.find(connection, name_of(tip.id))
            reason = row.reason if row else ""
            stands = row is not None and row.gathered_at > 0
            says = {
                "tip": tip.id,
                "state": data["state"],
                "expected": "" if stands or row is None else str(row.expected),
                "rests": "1" if reason in {QUIET, CANARY} else "",
                "by_itself": "1" if data["state"] == PAUSED and reason != BY_HAND else "",
                **{name: str(data[name]) for name in ("sent", "failed", "skipped", "unknown", "left")},
                "sends": await rights.has(connection, person, Right.SEND_TIP, place=place),
                "approves": person not in {tip.writer, tip.sender}
                and await rights.has(connection, person, Right.APPROVE_TIP, place=place),
            }
            await _notify(connection, job, now, "tip.looked", says)


async def called(connection: Connection, house: House, person: str, right: Right, place: str) -> str:
    """By the role that gives somebody the right over a place: no name, and no key of a person."""
    held = [grant.role for grant in await roles.grants(connection, person)]
    giving = [role for role in held if TABLE[right][role] is not Scope.NOWHERE]
    role = giving[0] if giving else Role.SENDER
    return by(house, role.value, place)


async def holders(connection: Connection, right: Right, place: str, besides: Iterable[str]) -> list[tuple[str, str]]:
    """(person, chat) of those who have a right over a place: of its own people, else of those who look after all."""
    above = place.split("/")
    places = ["/".join(above[:depth]) for depth in range(len(above), 0, -1)] if place else []
    own = [(role, each) for role in Role if TABLE[right][role] is Scope.PLACE for each in places]
    everywhere = [(role, "") for role in Role if TABLE[right][role] is Scope.EVERYWHERE]
    for group in (own, everywhere):
        found = [held.person for role, each in group for held in await roles.of_place(connection, role, each)]
        people = [person for person in dict.fromkeys(found) if person not in set(besides)]
        if people:
            return [(person, chat_of(person)) for person in people]
    return []


async def _notify(connection: Connection, job: Job, now: int, kind: str, says: dict[str, Any]) -> None:
    payload = job.payload
    post = Notice(payload["chat"], payload["person"], kind, says)
    await _post(connection, [post], now)


async def _post(connection: Connection, posts: Iterable[Notice], now: int) -> None:
    ids = Ids()
    await jobs.add(connection, [post.job(ids.next(), now) for post in posts])


async def _tell(connection: Connection, job: Job, now: int, what: str, **about: str) -> None:
    await _notify(connection, job, now, "tip.told", {"what": what, **about})
