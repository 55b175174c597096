"""What a bot must know and have said after some updates: each person's, replayed through the pure core."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bot.channel.base import Deletion, Keyboard, Message
from bot.channel.telegram_form import parts
from bot.channel.telegram_update import Me, read_update
from bot.config import load
from bot.engine.chat import Chat
from bot.service.house import buttons_of
from bot.service.quiet import allowed
from bot.service.reload import open_house
from bot.service.respond import respond

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bot.channel.base import Outgoing
    from bot.engine.session import Session

CAPTION = 1024


@dataclass
class Replayed:
    """What is known of one person, in the form of the database, and what they were sent, in order."""

    chat: dict[str, Any] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    journal: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    job: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)


def replay(root: Path, updates: Mapping[int, dict[str, Any]], order: Iterable[tuple[int, int]]) -> dict[int, Replayed]:
    """The model after `order`: (update id, when it came in, in milliseconds), as they happened."""
    config, _ = load(root, {})
    house, problems = open_house(config)
    assert house is not None, problems
    meanings = house.everywhere()
    for flow in house.flows.values():
        meanings |= buttons_of(flow)
    people: dict[int, Replayed] = {}
    chats: dict[str, Chat] = {}
    known: dict[str, dict[str, Session]] = {}
    for identity, at in order:
        incoming = read_update(updates[identity], Me(1), at) if identity in updates else None
        if incoming is None:
            continue
        key = incoming.key
        person = people.setdefault(int(incoming.chat), Replayed())
        chat = chats.get(key)
        if chat is None:
            language = incoming.language if incoming.language in house.library.languages else config.language
            chat = Chat(key, incoming.channel, incoming.chat, language, at, at)
        reply = respond(house, chat, known.setdefault(key, {}), incoming, meanings.get(incoming.tap))
        asked = any(isinstance(each, Message) and each.buttons for each in reply.outgoing)
        chats[key] = replace(reply.chat, asked=1) if asked else reply.chat
        known[key] |= {session.flow: session for session in reply.sessions}
        person.journal += [(flow, note.step, note.what, note.answer, at) for flow, note in reply.notes]
        if reply.forget:
            person.job = []
        if reply.wait is not None:
            guide, wait = reply.wait
            seconds = config.reminder_after if wait.after is None else wait.after
            person.job = [(allowed(at + seconds * 1000, config), {"flow": guide, "step": wait.step})]
        for outgoing in reply.outgoing:
            person.sent += _sent(outgoing)
    for key, chat in chats.items():
        person = people[int(chat.external)]
        state = chat.state_to_json() | {"flow": chat.flow, "language": chat.language, "offers": list(chat.offers)}
        person.chat = {name: value for name, value in state.items() if name != "asked"}
        person.sessions = {flow: session.to_json() for flow, session in known[key].items()}
    return people


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
