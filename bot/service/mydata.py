"""What the bot keeps about one chat, in words and as a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from bot.channel.base import Document, Outgoing
from bot.engine.effect import Tell
from bot.store import chats, requests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.engine.chat import Chat
    from bot.service.errand import Desk
    from bot.service.house import House
    from bot.service.talk import Reply

FILE = "cam-tay.json"

Rows: TypeAlias = "Mapping[str, Sequence[Mapping[str, Any]]]"
"""Rows by table, as `chats.everything` gives them."""


@dataclass(frozen=True, slots=True)
class ShowData:
    """Show the person what is kept; `offers` are the answers under it."""

    offers: tuple[str, ...]

    async def run(self, desk: Desk) -> Reply:
        """Read it, and write down that it was asked for."""
        talk, incoming = desk.talk(), desk.incoming
        rows = await chats.everything(desk.connection, talk.chat)
        talk.outgoing += my_data(talk.house, talk.chat, rows, talk.at, self.offers)
        given = receipt(incoming.key, incoming.external, talk.at)
        desk.work.requests.append(requests.done("see", given, talk.at))
        return talk.reply()


def my_data(house: House, chat: Chat, rows: Rows, at: int, offers: tuple[str, ...]) -> tuple[Outgoing, ...]:
    """A message that says it, and the rows themselves as a file. Of others who share the phone there is nothing in it.

    Which of the arrivals were theirs is known by the time alone.
    """
    rows = {
        **rows,
        "chat": [{**row, "state_json": orjson.dumps(replace(chat, others=()).state_to_json())} for row in rows["chat"]],
        "inbox": [row for row in rows["inbox"] if row["at"] >= chat.since],
    }
    speaker = house.speaker(chat)
    guides = [speaker.title(row["flow"]) for row in rows["session"] if row["flow"] in house.flows]
    values = {
        "spoken": speaker.label(None, "", f"speak:{chat.language}"),
        "called": speaker.address.label,
        "guides": ", ".join(f"“{title}”" for title in guides),
        "lines": str(len(rows["journal"])),
        "messages": str(len(rows["outbox"])),
        "reminders": str(len(rows["job"])),
        "others": str(len(chat.others) or ""),
        "joined": "1" if rows["joined"] else "",
    }
    told = speaker.tell(None, None, Tell("my_data", "", offers, tuple(values.items())), at)
    file = orjson.dumps({name: _readable(found) for name, found in rows.items()}, option=orjson.OPT_INDENT_2)
    return Document(FILE, file.decode()), told  # the buttons stand last


def receipt(chat: str, external: str, at: int) -> str:
    """A receipt such as "XD-7F3A-91BC": the same for the same wish, so that a redelivery makes no second one."""
    mark = blake2b(f"{chat}|{external}|{at}".encode(), digest_size=4).hexdigest().upper()
    return f"XD-{mark[:4]}-{mark[4:]}"


def _readable(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Columns that hold JSON as what they say."""
    return [
        {
            name.removesuffix("_json"): orjson.loads(value) if name.endswith("_json") and value else value
            for name, value in row.items()
        }
        for row in rows
    ]
