"""Less, or again more, of a topic of broadcasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.store import optouts

if TYPE_CHECKING:
    from bot.service.errand import Desk


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of a topic; of all of them if it is ""."""

    topic: str
    more: bool = False

    async def run(self, desk: Desk) -> None:
        """Write it down."""
        key = desk.incoming.key
        if self.more:
            await optouts.drop(desk.connection, key, self.topic)
        else:
            await optouts.add(desk.connection, key, self.topic, desk.incoming.at)
