"""What a bot must know and have said after some updates: each person's, replayed through the pure core."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from bot.channel.base import Deletion, Keyboard, Message
from bot.channel.telegram_form import parts
from bot.channel.telegram_update import Me, read_update
from bot.config import load
from bot.engine.chat import Chat
from bot.service.house import buttons_of
from bot.service.profiles import comes
from bot.service.quiet import allowed
from bot.service.reload import open_house
from bot.service.respond import arrive, respond

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bot.channel.base import Outgoing
    from bot.config import Config
    from bot.engine.session import Session
    from bot.service.talk import Reply, Switch

CAPTION = 1024


@dataclass
class Replayed:
    """What is known of one person, in the form of the database, and what they were sent, in order."""

    chat: dict[str, Any] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    journal: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    job: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Standing:
    """One person while updates are replayed."""

    chat: Chat
    sessions: dict[str, Session] = field(default_factory=dict)
    known: Replayed = field(default_factory=Replayed)

    def keep(self, reply: Reply, at: int, config: Config) -> None:
        """What the database would keep of a reply, and what is sent."""
        asked = any(isinstance(each, Message) and each.buttons for each in reply.outgoing)
        self.chat = replace(reply.chat, asked=1) if asked else reply.chat
        self.sessions |= {session.flow: session for session in reply.sessions}
        self.known.journal += [(flow, note.step, note.what, note.answer, at) for flow, note in reply.notes]
        if reply.forget:
            self.known.job = []
        if reply.wait is not None:
            guide, wait = reply.wait
            seconds = config.reminder_after if wait.after is None else wait.after
            self.known.job = [(allowed(at + seconds * 1000, config), {"flow": guide, "step": wait.step})]
        for outgoing in reply.outgoing:
            self.known.sent += _sent(outgoing)

    def replayed(self) -> Replayed:
        """In the form of the database."""
        state = self.chat.state_to_json() | {"flow": self.chat.flow, "language": self.chat.language}
        self.known.chat = {name: value for name, value in orjson.loads(orjson.dumps(state)).items() if name != "asked"}
        self.known.sessions = {flow: session.to_json() for flow, session in self.sessions.items()}
        return self.known


def replay(root: Path, updates: Mapping[int, dict[str, Any]], order: Iterable[tuple[int, int]]) -> dict[str, Replayed]:
    """The model after `order`: (update id, when it came in, in milliseconds), as they happened.

    By the person's place in the database: "7" who has the phone of chat 7, "7/2" who is set aside. All that was sent
    to the phone stands with who has it.
    """
    config, _ = load(root, {})
    house, problems = open_house(config)
    assert house is not None, problems
    meanings = house.everywhere()
    for flow in house.flows.values():
        meanings |= buttons_of(flow)
    people: dict[str, _Standing] = {}
    for identity, at in order:
        incoming = read_update(updates[identity], Me(1), at) if identity in updates else None
        if incoming is None:
            continue
        phone = incoming.chat
        if phone not in people:
            language = incoming.language if incoming.language in house.library.languages else config.language
            people[phone] = _Standing(Chat(incoming.key, incoming.channel, phone, language, at, at))
        person = people[phone]
        reply = respond(house, person.chat, person.sessions, incoming, meanings.get(incoming.tap))
        person.keep(reply, at, config)
        if reply.switch is not None:
            coming = _hand_over(people, phone, reply.switch)
            coming.keep(arrive(house, coming.chat, coming.sessions, incoming), at, config)
    return {place: person.replayed() for place, person in people.items()}


def _hand_over(people: dict[str, _Standing], phone: str, switch: Switch) -> _Standing:
    """Who has the phone now."""
    leaving = people.pop(phone)
    coming = people.pop(f"{phone}/{switch.coming.number}", None) or _Standing(switch.coming)
    coming.chat = comes(switch, coming.chat)
    leaving.known.sent, coming.known.sent = [], leaving.known.sent
    if switch.leaves:
        people[f"{phone}/{leaving.chat.number}"] = leaving
    people[phone] = coming
    return coming


def _sent(outgoing: Outgoing) -> list[tuple[str, str]]:
    """How an outgoing thing looks to the Bot API."""
    match outgoing:
        case Message():
            texts = [part.html for part in parts(outgoing, 4096)]
            if outgoing.picture and (len(texts) > 1 or len(parts(outgoing, 4096)[0].plain) > CAPTION):
                texts = ["", *texts]
            buttons = " ".join(button.id for button in outgoing.buttons)
            return [("say", f"{text}|{buttons if text is texts[-1] else ''}") for text in texts]
        case Keyboard():
            return [("record", " ".join(button.id for button in outgoing.buttons))]
        case Deletion():
            return [("delete", outgoing.message)]
        case _:
            return []
