"""The one shape of every channel: what comes in, what goes out, what can go wrong, what it can do."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.capability import Capabilities


class What(StrEnum):
    """Kinds of incoming things."""

    TEXT = "text"
    TAP = "tap"
    MEDIA = "media"  # detail: photo, voice, sticker, location, contact, document, other
    EDITED = "edited"
    GROUP = "group"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    TIME = "time"  # a due job of ours; detail: the step it waited at, text: the guide
    NOTICE = "notice"  # from another chat; text: its kind, detail: the job's payload
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing that happened in one chat.

    `chat` is the platform's chat id, `external` is unique per channel (a redelivery repeats it), `at` is milliseconds
    since 1970 UTC, `message` the platform's id of the message it is about: the tapped one, or the one just received.
    """

    channel: str
    chat: str
    external: str
    at: int
    what: What
    text: str = ""
    tap: str = ""
    message: str = ""
    detail: str = ""
    language: str = ""
    forwarded: bool = False  # the person did not write it: it came from somebody else
    photo: str = ""  # the platform's own id or address of a photo, where it can be sent on by that

    @property
    def key(self) -> str:
        """The chat's key over all channels."""
        return f"{self.channel}:{self.chat}"


@dataclass(frozen=True, slots=True)
class Button:
    """One answer to tap. `id` is opaque, at most 16 characters; `weight` says how it looks.

    `share`: a channel that can lets the person choose whom to pass this place on to ("": any guide). Others show a
    button like all others.
    """

    id: str
    label: str
    weight: Literal["main", "plain", "small"] = "plain"
    share: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing below content/media/, and the same in words."""

    path: str
    alt: str


@dataclass(frozen=True, slots=True)
class Message:
    """What one message says, before a channel gives it its form. All texts are plain, without markup.

    `progress` is a short line above ("Bước 3/7"), `head` the headline, `body` the rest. `constants`: labels of the
    buttons that are always there, to be shown by channels that keep a keyboard below the chat. For channels without
    buttons: `language` is that of the chat, and `typed` says that the open question is answered by typing, so that a
    bare number is no button's.
    """

    head: str
    body: str = ""
    progress: str = ""
    picture: Picture | None = None
    buttons: tuple[Button, ...] = ()
    constants: tuple[str, ...] = ()
    language: str = ""
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Relayed(Message):
    """What the other side of a call for help has typed: kept nowhere once the call is over for who reads it."""

    @classmethod
    def of(cls, message: Message) -> Relayed:
        """The same message as one of these."""
        return cls(*(getattr(message, each.name) for each in fields(message)))


@dataclass(frozen=True, slots=True)
class VoiceNote:
    """A voice: recorded, a file below content/media/voice/, or to be spoken: `words` in `language`. Or both.

    The recorded one is taken; where it is missing, or there is none, the words are spoken.
    """

    path: str = ""
    words: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A text file to keep: its name, as people see it, and what it says."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture that nobody here holds: the platform's own id or address of it, or where our web door shows it.

    `words` stand below it. Only for channels with the capability `photos`.
    """

    file: str
    words: str


@dataclass(frozen=True, slots=True)
class Keyboard:
    """New buttons under a message already sent: a record of what was answered."""

    message: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Deletion:
    """A message to be taken away: it held a secret."""

    message: str


@dataclass(frozen=True, slots=True)
class Correction:
    """Other words for a message already sent."""

    message: str
    words: Message


@dataclass(frozen=True, slots=True)
class Card:
    """A guide as it is offered to be passed on: what stands on it, and the code that opens it in this bot.

    `place` is the same for the same guide, whoever asks. `picture` is an address, "" where there is none that
    everybody can reach; `opens` are the words of the button.
    """

    place: str
    title: str
    goal: str
    text: str
    code: str
    opens: str
    picture: str = ""


Outgoing = Message | VoiceNote | Document | Photo | Keyboard | Deletion | Correction


@dataclass(frozen=True, slots=True)
class Receipt:
    """The channel has it. `message` is the platform's id, empty where there is none."""

    message: str = ""


class Fault(StrEnum):
    """Classes of failures of sending; the shell decides by these alone."""

    GONE = "gone"  # the person cannot be reached (blocked, deleted): stop until they write again
    CLOSED = "closed"  # not now: the platform takes nothing more for this person until they do something
    WAIT = "wait"  # too fast: everybody on this channel waits `retry_after` seconds
    MOVED = "moved"  # the chat has a new id: `moved_to`
    UNKNOWN = "unknown"  # sent, but no answer came: may have arrived, never sent again blindly
    PASSING = "passing"  # not sent, try again
    REFUSED = "refused"  # the platform will never take this one: a fault of ours, to be logged
    SETUP = "setup"  # the token or the account is wrong: an operator has to act


class SendFailed(Exception):
    """Sending one outgoing thing failed."""

    def __init__(self, fault: Fault, reason: str, *, retry_after: float = 0, moved_to: str = "") -> None:
        super().__init__(f"{fault}: {reason}")
        self.fault = fault
        self.reason = reason
        self.retry_after = retry_after
        self.moved_to = moved_to


class Channel(Protocol):
    """A mouth: knows one platform, nothing of guides."""

    name: str
    capabilities: Capabilities

    @property
    def status(self) -> str:
        """What an operator reads: "ok", or what is wrong."""

    async def start(self, accept: Callable[[Incoming], Awaitable[None]]) -> None:
        """Begin to listen; every incoming thing goes to `accept`."""

    async def stop_listening(self) -> None:
        """Take in nothing more; sending still works."""

    async def send(self, chat: str, outgoing: Outgoing) -> Receipt:
        """Deliver one thing to a chat of this platform. Raises SendFailed."""

    async def close(self) -> None:
        """Let go of connections."""
