"""Who we talk with, outside any guide: language, form of address, what is on the screen."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

ASIDE = "/"
"""Stands between the platform's id and the number of a profile that is set aside; no platform's id has it."""

MOST_PROFILES = 6
"""People on one phone."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One of the people who share a phone, as they are told apart: a number and a form of address, never a name."""

    number: int
    address: str = ""

    @property
    def name(self) -> str:
        """Both in one word, as behind the colon of an answer: "2-co"."""
        return f"{self.number}-{self.address}"


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat of one channel, with the person whose turn it is.

    `flow` is the open guide ("" at home). `offers` are the answers under the newest message and `offers_step` the step
    they belong to: a typed number or label is looked up here. `asked` is the outbox id of that message. `misses`
    counts typed sentences in a row that nobody understood.

    Several people may share a phone: `number` tells them apart and `others` are those who are set aside. They are kept
    as chats of their own under "<key>/<number>", to which nobody writes. `since` is when this person took the phone
    (milliseconds, 0: always had it) and `before` the platform's id of the newest message on the screen at that time.

    `place` is where the person lives ("thanh-hoa/ngoc-lac") and `team` who helps them; "" where nobody has said so.
    `mode` is whom typed words go to instead of the guides (bot/service/modes.py).
    `helps`: this person has been given a role among those who help. `came` says for some days by whose links they
    came to which guides (bot/service/credit.py).
    `beside`: the number of the pair while a helper sits beside this person (bot/service/beside.py).
    `joined`: there is another chat of this person, as far as is known here (bot/service/join.py).
    `guest`: somebody without an account, whom a helper walks through a guide: the helper's team and number.
    `photos`: the platform's ids of photos that wait for a yes to be passed on in a call for help, and `sends_photos`
    whether it was said in this call; both go with the call (bot/service/help/photo.py).
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
    number: int = 1
    others: tuple[Profile, ...] = ()
    since: int = 0
    before: str = ""
    place: str = ""
    team: str = ""
    mode: str = ""
    helps: bool = False
    came: tuple[str, ...] = ()
    beside: int = 0
    guest: str = ""
    joined: bool = False
    photos: tuple[str, ...] = ()
    sends_photos: bool = False

    @property
    def profile(self) -> Profile:
        """This person among those who share the phone."""
        return Profile(self.number, self.address)

    @property
    def person(self) -> str:
        """What this person is known by for ever, whether it is their turn or not: "web:1f3a/2"."""
        return self.key if ASIDE in self.key else f"{self.key}{ASIDE}{self.number}"

    def aside(self, number: int) -> Chat:
        """The chat of the same phone under which the person of that number is set aside; only its keys are right."""
        end = f"{ASIDE}{number}"
        return replace(self, key=self.key + end, external=self.external + end, number=number, others=())

    def without(self, number: int) -> Chat:
        """The same, but that the person of that number is not among the others any more."""
        return replace(self, others=tuple(other for other in self.others if other.number != number))

    def emptied(self) -> Chat:
        """What is left when this person is erased and others share the phone: somebody new holds it."""
        bare = Chat(self.key, self.channel, self.external, self.language, self.created_at, self.seen_at)
        return replace(bare, number=self.number, others=self.others)

    def state_to_json(self) -> dict[str, Any]:
        """The fields that are no columns of their own."""
        return {name: getattr(self, name) for name in _STATE}

    @staticmethod
    def state_from_json(data: dict[str, Any]) -> dict[str, Any]:
        """Arguments for Chat from what `state_to_json` gave; unknown ones (of a newer version) are left out."""
        known = {name: value for name, value in data.items() if name in _STATE}
        known["offers"] = tuple(known.get("offers", ()))
        known["came"] = tuple(known.get("came", ()))
        known["photos"] = tuple(known.get("photos", ()))
        known["others"] = tuple(Profile(**other) for other in known.get("others", ()))
        return known


_COLUMNS = frozenset(
    {"key", "channel", "external", "language", "created_at", "seen_at", "flow", "reachable", "place", "team"}
)
_STATE = tuple(f.name for f in fields(Chat) if f.name not in _COLUMNS)
