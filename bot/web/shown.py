"""What a page shows: outbox rows put together, each answered message with the record of its answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.channel.base import Correction, Deletion, Document, Keyboard, Message, Photo, VoiceNote
from bot.store.outbox import OUR_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.channel.base import Button
    from bot.store.outbox import OutboxRow


@dataclass(frozen=True, slots=True)
class Shown:
    """One message on the page. `latest` is the newest row that changed it; `record` stands in place of its buttons."""

    id: int
    latest: int
    outgoing: Message | VoiceNote | Document
    record: tuple[Button, ...] = ()


def shown(rows: Sequence[OutboxRow]) -> list[Shown]:
    """The messages that these rows (oldest first) amount to."""
    found: dict[str, Shown] = {}
    for row in rows:
        match row.outgoing:
            case Message() | VoiceNote() | Document():
                found[str(row.id)] = Shown(row.id, row.id, row.outgoing)
            case Photo(_, words):  # the page cannot show it
                found[str(row.id)] = Shown(row.id, row.id, Message(words))
            case Keyboard(message, buttons):
                named = message.removeprefix(OUR_ID)
                if named in found:
                    found[named] = replace(found[named], record=buttons, latest=row.id)
            case Correction(message, words):
                named = message.removeprefix(OUR_ID)
                if named in found:
                    found[named] = replace(found[named], outgoing=words, latest=row.id)
            case Deletion(message):
                found.pop(message.removeprefix(OUR_ID), None)
    return list(found.values())
