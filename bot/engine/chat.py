"""Who we talk with, outside any guide: language, form of address, what is on the screen."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat of one channel.

    `flow` is the open guide ("" at home). `offers` are the answers under the newest message and `offers_step` the step
    they belong to: a typed number or label is looked up here. `asked` is the outbox id of that message. `misses`
    counts typed sentences in a row that nobody understood.
    """

    key: str
    channel: str
    external: str
    language: str
    created_at: int
    seen_at: int
    flow: str = ""
    address: str = ""
    reachable: bool = True
    welcomed: bool = False
    offers: tuple[str, ...] = ()
    offers_step: str = ""
    asked: int = 0
    misses: int = 0

    def state_to_json(self) -> dict[str, Any]:
        """The fields that are no columns of their own."""
        return {name: getattr(self, name) for name in _STATE}

    @staticmethod
    def state_from_json(data: dict[str, Any]) -> dict[str, Any]:
        """Arguments for Chat from what `state_to_json` gave; unknown ones (of a newer version) are left out."""
        known = {name: value for name, value in data.items() if name in _STATE}
        known["offers"] = tuple(known.get("offers", ()))
        return known


_COLUMNS = frozenset({"key", "channel", "external", "language", "created_at", "seen_at", "flow", "reachable"})
_STATE = tuple(f.name for f in fields(Chat) if f.name not in _COLUMNS)
