"""What one transaction will hold: gathered reply by reply in memory, then written in one go.

Everything is in it twice over where it must be: as it is now (`chats`, `sessions`), for the next turn of the same
chat, and as it is still to be written.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bot.channel.base import Incoming, Message, What
from bot.engine.button import button_id
from bot.engine.chat import Chat
from bot.service import credit
from bot.service.offered import is_answered_by_typing
from bot.service.profiles import after_erasing
from bot.service.quiet import allowed
from bot.store import buttons, chats, inbox, jobs, journal, outbox, requests
from bot.store.outbox import Ids, OutboxRow
from bot.wording.render import meaning_of

if TYPE_CHECKING:
    from bot.config import Config
    from bot.engine.button import ButtonMeaning
    from bot.engine.session import Session
    from bot.service.errand import Notice
    from bot.service.house import House
    from bot.service.talk import Reply
    from bot.store.hot import Connection
    from bot.store.jobs import Job

SPOKEN = frozenset({What.TEXT, What.TAP, What.MEDIA, What.EDITED})
"""What shows that somebody is there."""

DUE = frozenset({What.TIME, What.NOTICE})
"""What comes in because a job is due: known by the job's row, which goes with it."""


@dataclass
class UnitOfWork:
    """What one transaction will hold. Written and to be sent are the rows in `sent` alone, the others not yet."""

    house: House
    config: Config
    ids: Ids
    at: int = 0  # when the newest thing came in
    turns: int = 0
    sent: list[OutboxRow] = field(default_factory=list)
    posted: list[jobs.Job] = field(default_factory=list)  # notices that are written: may be carried out at once
    due: dict[str, str] = field(default_factory=dict)  # job -> its name, as long as it is still to be done
    chats: dict[str, Chat] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)  # chats to be written
    sessions: dict[str, dict[str, Session]] = field(default_factory=dict)
    changed: dict[tuple[str, str], Session] = field(default_factory=dict)
    done: list[tuple[Incoming, str]] = field(default_factory=list)
    rows: list[OutboxRow] = field(default_factory=list)
    lines: list[journal.Line] = field(default_factory=list)
    deeds: list[credit.Deed] = field(default_factory=list)  # of people who came by a team's link
    jobs: dict[str, jobs.Job] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    parked: dict[str, str] = field(default_factory=dict)  # job -> why
    erased: dict[str, Chat] = field(default_factory=dict)  # by receipt
    requests: list[requests.Request] = field(default_factory=list)
    unsaid: set[tuple[str, str]] = field(default_factory=set)  # chats whose mode ends: what was relayed in it goes
    meanings: dict[str, ButtonMeaning] = field(default_factory=dict)  # of buttons that are shown for the first time

    def begin(self, incoming: Incoming) -> bool:
        """Whether a due thing is still to be done; then its job goes with what it leads to."""
        key = jobs.key_of(incoming.external)
        if incoming.key not in self.chats:  # erased meanwhile: nobody to remind
            self.cancelled.add(key)
            return False
        if self.due.get(key) != incoming.external:
            return False  # the person was quicker: that job is no more
        del self.due[key]
        self.cancelled.add(key)
        return True

    def park(self, incoming: Incoming, reason: str) -> None:
        """A due thing that cannot be done stays, with the reason."""
        key = jobs.key_of(incoming.external)
        self.cancelled.discard(key)
        self.parked[key] = reason

    def gather(self, incoming: Incoming, reply: Reply) -> None:
        """Add what one reply holds."""
        key, chat = incoming.key, reply.chat
        self.at = max(self.at, incoming.at)
        for session in reply.sessions:
            self.sessions[key][session.flow] = session
            self.changed[key, session.flow] = session
        typed = is_answered_by_typing(self.house.flows.get(chat.flow), self.sessions[key].get(chat.flow))
        asked = chat.asked
        for each in reply.outgoing:
            outgoing = replace(each, language=chat.language, typed=typed) if isinstance(each, Message) else each
            row = OutboxRow(self.ids.next(), incoming.channel, incoming.chat, outgoing)
            self.rows.append(row)
            if isinstance(outgoing, Message) and outgoing.buttons:
                asked = row.id
        if key in self.chats and self.chats[key].mode and not chat.mode:
            self.unsaid.add((chat.channel, chat.external))
        seen = incoming.at if incoming.what in SPOKEN else chat.seen_at
        self.chats[key] = replace(chat, asked=asked, seen_at=seen)
        self.deeds += credit.deeds(chat, reply.notes, incoming.at)
        self.lines += [journal.Line(key, flow, n.step, n.what, n.answer, incoming.at) for flow, n in reply.notes]
        meanings = (meaning_of(None, "", answer) for answer in reply.noted)
        self.meanings |= {button_id(meaning): meaning for meaning in meanings}
        wait_key = jobs.waiting_for(key)
        self.touched.add(key)
        if reply.forget or reply.wait or reply.erase:
            self.due.pop(wait_key, None)
        if reply.forget:
            self.cancelled.add(wait_key)
            self.jobs.pop(wait_key, None)
        if reply.wait is not None:
            flow, wait = reply.wait
            seconds = self.config.reminder_after if wait.after is None else wait.after
            due = allowed(incoming.at + seconds * 1000, self.config)
            self.jobs[wait_key] = jobs.Job(wait_key, key, due, {"flow": flow, "step": wait.step})
        if reply.erase:
            self._erase(incoming, reply)

    def take_back(self, incoming: Incoming) -> None:
        """The newest message to this chat, which nobody has seen yet, is not sent: something better will be said."""
        for row in reversed(self.rows):
            if (row.channel, row.chat) == (incoming.channel, incoming.chat) and isinstance(row.outgoing, Message):
                self.rows.remove(row)
                return

    def put(self, job: Job) -> None:
        """A job that is to be written."""
        self.cancelled.discard(job.key)
        self.jobs[job.key] = job

    def post(self, notice: Notice) -> None:
        """Let something happen in another chat, as soon as this is written."""
        self.put(notice.job(self.ids.next(), self.at))

    def new_chat(self, incoming: Incoming) -> Chat:
        """Somebody who was never here."""
        return new_chat(self.house, self.config, incoming)

    def _erase(self, incoming: Incoming, reply: Reply) -> None:
        """The person is forgotten, and with them whatever is gathered; who shares the phone only if they say so."""
        key, chat = incoming.key, reply.chat
        others = [chat.aside(other.number) for other in chat.others] if reply.erase_all else []
        erased = {reply.erase: chat} | {f"{reply.erase}/{other.number}": other for other in others}
        self.erased |= erased
        self.requests += [requests.done("delete", given, incoming.at, each.person) for given, each in erased.items()]
        self.sessions[key] = {}
        self.jobs = {name: job for name, job in self.jobs.items() if job.chat != key}
        self.changed = {k: s for k, s in self.changed.items() if k[0] != key}
        self.lines = [line for line in self.lines if line.chat != key]
        self.chats[key] = self.new_chat(incoming)
        self.touched.discard(key)
        if chat.others and not reply.erase_all:
            self.chats[key] = after_erasing(chat, incoming)
            self.touched.add(key)

    async def store(self, connection: Connection) -> None:
        """Write all of it that is not yet written; the caller commits."""
        for chat in self.erased.values():
            await chats.erase(connection, chat)
        await requests.add(connection, self.requests)
        await jobs.cancel(connection, self.cancelled - self.jobs.keys())
        await jobs.park(connection, self.parked)
        await chats.save(connection, [self.chats[key] for key in self.touched])
        await chats.save_sessions(connection, [(key, s) for (key, _), s in self.changed.items()], self.at)
        await journal.add(connection, self.lines)
        await credit.count(connection, self.deeds)
        await jobs.add(connection, self.jobs.values())
        await buttons.add(connection, self.meanings)
        await outbox.unsay(connection, self.unsaid)
        await outbox.add(connection, self.rows, self.at)
        await inbox.add(connection, self.done)
        self.sent += self.rows
        self.posted += [job for job in self.jobs.values() if job.kind == jobs.NOTICE]
        self.turns += len(self.done)
        for written in self._written:
            written.clear()

    @property
    def _written(self) -> tuple[dict[Any, Any] | list[Any] | set[Any], ...]:
        return (
            *(self.touched, self.changed, self.done, self.rows, self.lines),
            *(self.jobs, self.cancelled, self.parked, self.erased, self.requests),
            *(self.meanings, self.deeds, self.unsaid),
        )


def new_chat(house: House, config: Config, incoming: Incoming) -> Chat:
    """Somebody who was never here, in the language of their phone if we speak it."""
    spoken = incoming.language.partition("-")[0]
    language = spoken if spoken in house.library.languages else config.language
    return Chat(incoming.key, incoming.channel, incoming.chat, language, incoming.at, incoming.at)
