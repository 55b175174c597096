"""Invitations: a link that gives one person one role, once. Anybody can read what it says; nobody else can make one."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from typing import TYPE_CHECKING

from bot.people.role import Grant, Role
from bot.people.sign import MARK, is_marked, mark
from bot.people.team import is_code

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGN = "i"
"""What an invitation's token begins with."""

RANDOM = 9
"""Bytes of chance in a token."""

LONGEST = 64
"""Characters of a token: a Telegram link's payload holds that many (core.telegram.org/bots/features#deep-linking)."""

LONGEST_PLACE = 34
"""Characters of a place's key: what is left of a token beside sign, chance, signature and role."""

DAYS = 7
"""How long an invitation is good, unless somebody says otherwise."""

MOST_DAYS = 90

_LETTERS: Mapping[Role, str] = {
    Role.VOLUNTEER: "v",
    Role.LEAD: "l",
    Role.EDITOR: "e",
    Role.SENDER: "s",
    Role.COMMUNE_ADMIN: "c",
    Role.ADMIN: "a",
}
_ID = RANDOM * 4 // 3
_SAFE = "[A-Za-z0-9_-]"
_TOKEN = re.compile(rf"{SIGN}({_SAFE}{{{_ID}}})({_SAFE}{{{MARK}}})([{''.join(_LETTERS.values())}])([a-z0-9_-]*)")


class Outcome(Enum):
    """What becomes of somebody who opens an invitation."""

    ACCEPTED = "accepted"
    ALREADY = "already"  # they hold this role, or a higher one there; the link stays good
    FORGED = "forged"  # not made by us, or changed
    UNKNOWN = "unknown"  # made by us, but it is long forgotten, or was made after the backup we run from
    EXPIRED = "expired"
    USED = "used"
    WITHDRAWN = "withdrawn"  # by who gave it, or because they may not give it any more
    TEAM_ENDED = "team_ended"
    FOREIGN_TEAM = "foreign_team"  # they help in another team, and have to leave that first; the link stays good


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation as its row says it. Times are milliseconds, 0: it has not happened. `by` is a person, or ""."""

    hash: str
    grant: Grant
    by: str
    expires_at: int
    used_by: str = ""
    used_at: int = 0
    withdrawn_at: int = 0

    def outcome(self, now: int) -> Outcome:
        """What the row alone says to somebody who opens it now."""
        if self.used_at:
            return Outcome.USED
        if self.withdrawn_at:
            return Outcome.WITHDRAWN
        return Outcome.EXPIRED if now >= self.expires_at else Outcome.ACCEPTED


def token(key: bytes, grant: Grant, chance: bytes) -> str:
    """The token of a new invitation. `chance` are RANDOM bytes that nobody can guess.

    Raises ValueError for a role without the team or place it is held for, and for a place that is too long.
    """
    if (grant.role is not Role.ADMIN) != bool(grant.team if grant.role.of_team else grant.place):
        raise ValueError(grant)
    scope = (grant.team or grant.place) if grant.role.of_team else grant.place
    said = f"{urlsafe_b64encode(chance).decode()}{_LETTERS[grant.role]}{scope.replace('/', '_')}"
    made = f"{SIGN}{said[:_ID]}{mark(key, 'invitation', said)}{said[_ID:]}"
    if len(made) > LONGEST or _TOKEN.fullmatch(made) is None:
        raise ValueError(scope)
    return made


def is_invitation(text: str) -> bool:
    """Whether a link's payload looks like an invitation, so that it is no guide's name or other link."""
    return len(text) <= LONGEST and _TOKEN.fullmatch(text) is not None


def read(key: bytes, text: str) -> Grant | None:
    """The role a token gives and where; None if we did not make it. `place` of a role in a team is left to its row."""
    match = _TOKEN.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return None
    chance, given, letter, scope = match.groups()
    if not is_marked(key, "invitation", f"{chance}{letter}{scope}", given):
        return None
    role = next(each for each, its in _LETTERS.items() if its == letter)
    if role.of_team:
        return Grant(role, team=scope) if is_code(scope) else None
    return Grant(role, place=scope.replace("_", "/"))


def hashed(text: str) -> str:
    """What is kept of a token: who reads the database cannot use it."""
    return blake2b(text.encode(), digest_size=16).hexdigest()
