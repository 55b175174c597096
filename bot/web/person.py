"""Who is at the other end: an opaque random cookie, of which only a hash is ever kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

COOKIE = "camtay"
YEAR = 365 * 86_400
_SECRET = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True, slots=True)
class Person:
    """A browser. `secret` is the cookie's value and is known to nobody else."""

    secret: str

    @property
    def chat(self) -> str:
        """The chat id: does not lead back to the cookie."""
        return hashlib.sha256(self.secret.encode()).hexdigest()[:32]

    def external(self, *parts: str) -> str:
        """An id for something this person sent: the same for the same parts.

        Keyed with the cookie, so that nobody who reads the database can find out what was typed by trying.
        """
        digest = hmac.new(self.secret.encode(), "\x1f".join(parts).encode(), hashlib.sha256)
        return f"{self.chat}.{digest.hexdigest()[:32]}"


def newcomer() -> Person:
    """Somebody who has never been here."""
    return Person(secrets.token_urlsafe(24))


def known(request: Request) -> Person | None:
    """Who sent this, or None for no cookie, or one that is none of ours."""
    value = request.cookies.get(COOKIE, "")
    return Person(value) if _SECRET.fullmatch(value) else None


def remember(response: Response, person: Person, *, secure: bool) -> None:
    """Let the browser keep who it is, for a year from now."""
    response.set_cookie(COOKIE, person.secret, max_age=YEAR, httponly=True, samesite="lax", secure=secure)
