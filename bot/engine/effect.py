"""What is to be done, as data: comparable in tests, storable in the outbox."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Show:
    """A message in the words of `step`: its block `piece`, under it the buttons `offers` (answers, in order)."""

    step: str
    piece: str = "text"
    offers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tell:
    """A message in the bot's own words (`content/<language>/_bot/<text>.j2`), about `step` if it has one."""

    text: str
    step: str = ""
    offers: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """The keyboard of `step` becomes a record of `answer`, so that the chat tells what was done."""

    step: str
    answer: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Tell the session when nobody has answered `step` for `after` seconds (None: the bot's usual reminder)."""

    step: str
    after: int | None


@dataclass(frozen=True, slots=True)
class Forget:
    """Wait no longer."""


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the journal: what happened, where. `answer` is empty where it might be personal."""

    what: str
    step: str
    answer: str = ""


Effect = Show | Tell | Record | Wait | Forget | Note
