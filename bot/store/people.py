"""A person is forgotten: their roles go, and what they gave and did belongs to nobody any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store import audit, certificates, counts, families, invitations, joined, marks, pairs, roles, tickets, tips

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.store.hot import Connection


async def forget(connection: Connection, persons: Collection[str]) -> None:
    """Nothing is left that names these persons (`Chat.person`). Teams, and lines of the audit log, stay."""
    for drop in (
        roles.drop,
        invitations.drop,
        audit.make_nameless,
        tickets.drop,
        counts.drop,
        pairs.drop,
        marks.drop,
        certificates.make_nameless,
        families.drop,
        joined.drop,
        tips.drop,
    ):
        await drop(connection, persons)
