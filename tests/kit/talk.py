"""Plays a transcript: one person, the real house, time that passes only when the transcript says so.

Session and chat go through JSON between any two lines, as they would through the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from bot.channel import talk_file
from bot.channel.base import Incoming, Message, What
from bot.config import Config
from bot.engine.chat import Chat
from bot.engine.session import Session
from bot.flow.model import Kind
from bot.service.house import House, buttons_of
from bot.service.profiles import after_erasing, comes
from bot.service.quiet import allowed
from bot.service.respond import arrive, respond
from tests.kit.clock import MINUTE, Clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.channel.base import Outgoing
    from bot.channel.talk_file import Entry
    from bot.engine.button import ButtonMeaning
    from bot.service.talk import Reply, Switch

CHANNEL = "talk"
PERSON = "1"


@dataclass
class Due:
    """A wait that has been asked for."""

    at: int
    flow: str
    step: str


class Person:
    """One person in one chat: types, taps, lets time pass; hears what the bot says."""

    def __init__(self, house: House, language: str = "vi", *, clock: Clock | None = None) -> None:
        self.house = house
        self.clock = clock or Clock()
        self.config = Config(root=Path(), database="")
        self.language = language
        self.meanings = meanings_of(house)
        self.chat = self._new_chat()
        self.sessions: dict[str, Session] = {}
        self.aside: dict[int, tuple[Chat, dict[str, Session]]] = {}
        self.due: Due | None = None
        self.heard: list[Message] = []
        self._sent = 0
        self._asked = 0  # messages with buttons on this phone; their numbers, as they grow on every platform

    def type(self, text: str) -> list[Message]:
        """What the bot answers to typed words."""
        return self.do(What.TEXT, text=text)

    def tap(self, label: str) -> list[Message]:
        """What the bot answers to a tap on the newest message's button. Raises LookupError if there is none."""
        button = talk_file.find_button(self.heard, label)
        if button is None:
            raise LookupError(f"no button '{label}' under the newest message")
        return self.do(What.TAP, tap=button.id, message=str(self._asked))

    def do(self, what: What, **parts: Any) -> list[Message]:
        """Anything else that can come in, one minute later."""
        return [*self.wait(MINUTE), *self._happen(what, self.clock.at, **parts)]

    def wait(self, milliseconds: int) -> list[Message]:
        """Time passes; what was due meanwhile comes at its time."""
        until = self.clock.at + milliseconds
        said: list[Message] = []
        while self.due is not None and self.due.at <= until:
            due, self.due = self.due, None
            said += self._happen(What.TIME, due.at, text=due.flow, detail=due.step)
        self.clock.at = until
        return said

    @property
    def place(self) -> str:
        """Where the person stands, as a talk file says it: a step, "end done", or "home"."""
        flow, session = self.house.flows.get(self.chat.flow), self.sessions.get(self.chat.flow)
        if flow is None or session is None:
            return "home"
        step = flow.steps[session.step]
        return f"end {step.end}" if step.kind is Kind.END else step.name

    def _happen(self, what: What, at: int, **parts: Any) -> list[Message]:
        self._sent += 1
        incoming = Incoming(CHANNEL, PERSON, str(self._sent), at, what, language=self.language, **parts)
        meaning = self.meanings.get(incoming.tap)
        reply = respond(self.house, stored(self.chat), self.sessions, incoming, meaning)
        outgoing = list(reply.outgoing)
        self._keep(reply, incoming)
        if reply.switch is not None:
            reply = self._hand_over(reply.switch, incoming)
            outgoing += reply.outgoing
            self._keep(reply, incoming)
        said = [each for each in outgoing if isinstance(each, Message)]
        self.heard += said
        return said

    def _hand_over(self, switch: Switch, incoming: Incoming) -> Reply:
        """The phone goes to somebody else, who hears so."""
        if switch.leaves:
            self.aside[self.chat.number] = (stored(self.chat), self.sessions)
        found, self.sessions = self.aside.pop(switch.coming.number, (None, {}))
        self.chat = comes(switch, found)
        return arrive(self.house, stored(self.chat), self.sessions, incoming)

    def _keep(self, reply: Reply, incoming: Incoming) -> None:
        """What the database would keep of a reply."""
        what, at = incoming.what, incoming.at
        before, self._asked = self._asked, asked(reply.outgoing, self._asked)
        self.chat = replace(reply.chat, asked=self._asked) if self._asked > before else reply.chat
        for session in reply.sessions:
            self.sessions[session.flow] = Session.from_json(orjson.loads(orjson.dumps(session.to_json())))
        if reply.forget or what is What.TIME:
            self.due = None
        if reply.wait is not None:
            flow, wait = reply.wait
            seconds = self.config.reminder_after if wait.after is None else wait.after
            self.due = Due(allowed(at + seconds * 1000, self.config), flow, wait.step)
        if reply.erase:
            kept = reply.chat.others and not reply.erase_all
            self.chat = after_erasing(reply.chat, incoming) if kept else self._new_chat()
            self.sessions, self.due = {}, None
            if not kept:
                self.aside.clear()

    def _new_chat(self) -> Chat:
        return Chat(f"{CHANNEL}:{PERSON}", CHANNEL, PERSON, self.language, self.clock.at, self.clock.at)


def stored(chat: Chat) -> Chat:
    """The chat as it comes back from the database. Demands that nothing is lost."""
    state = Chat.state_from_json(orjson.loads(orjson.dumps(chat.state_to_json())))
    back = Chat(
        key=chat.key,
        channel=chat.channel,
        external=chat.external,
        language=chat.language,
        created_at=chat.created_at,
        seen_at=chat.seen_at,
        flow=chat.flow,
        reachable=chat.reachable,
        **state,
    )
    assert back == chat
    return back


def asked(outgoing: Sequence[Outgoing], before: int) -> int:
    """The number of the newest message with buttons."""
    return before + sum(isinstance(each, Message) and bool(each.buttons) for each in outgoing)


_MEANINGS: dict[int, tuple[House, Mapping[str, ButtonMeaning]]] = {}  # a house is kept, so that its id stays its own


def meanings_of(house: House) -> Mapping[str, ButtonMeaning]:
    """Every button of the house, by id; found once for each house."""
    if id(house) not in _MEANINGS:
        meanings = house.everywhere()
        for flow in house.flows.values():
            meanings |= buttons_of(flow)
        _MEANINGS[id(house)] = house, MappingProxyType(meanings)
    return _MEANINGS[id(house)][1]


@dataclass
class Played:
    """A transcript after it was played: its lines with what the bot really said, and what was not as it should be."""

    entries: list[Entry] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def play(house: House, entries: Sequence[Entry]) -> Played:
    """Play a transcript from its first line to its last."""
    person = Person(house, language_of(entries))
    played = Played()
    for entry in entries:
        if entry.mark in talk_file.SPOKEN:
            continue
        played.entries.append(entry)
        try:
            said = line(person, entry)
        except (LookupError, talk_file.TalkFault) as fault:
            played.faults.append(f"line {entry.line}: {fault}")
            break
        if entry.mark == "=" and person.place != entry.text:
            played.faults.append(f"line {entry.line}: stands at '{person.place}', not at '{entry.text}'")
        played.entries += talk_file.spoken(said)
    return played


def language_of(entries: Sequence[Entry]) -> str:
    """In which language a transcript is."""
    return next((entry.text for entry in entries if entry.mark == talk_file.LANGUAGE), "vi")


def line(person: Person, entry: Entry) -> list[Message]:
    """What the bot says to one of the writer's lines. Raises LookupError, TalkFault."""
    match entry.mark:
        case ">":
            return person.type(entry.text)
        case "*":
            return person.tap(entry.text)
        case "~":
            return person.wait(talk_file.duration(entry.text) * 1000)
    return []
