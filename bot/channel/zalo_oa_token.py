"""Keys to an Official Account (OAuth v4): asked for once by a human, renewed by the bot, kept before they are used.

An access token lives 25 hours and dies when it is renewed; a refresh token lives three months and is good once. Whoever
loses a pair needs a human again (`bot zalo login`).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import time
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlencode

from bot.channel.base import Fault, SendFailed
from bot.channel.http import Wire, read_answer, without
from bot.channel.zalo_oa_faults import FAULTS, HINTS

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

FORM: Final = "application/x-www-form-urlencoded"

EARLY: Final = 3_600_000
"""Milliseconds before its end in which an access token is renewed."""

LEASE: Final = 60_000
"""Milliseconds for which nobody else renews."""

ACCESS_LIFE: Final = 25 * 3600
REFRESH_LIFE: Final = 90 * 86_400
"""Seconds that hold when Zalo does not say."""

LOOKS: Final = 20
"""How often it is looked, half a second apart, whether another process has renewed the pair."""

LOGIN: Final = "nobody has given this bot access to the official account, or it was taken back: bot zalo login"


@dataclass(frozen=True, slots=True)
class Account:
    """An app of developers.zalo.me, and where its keys are given out."""

    app: str
    secret: str = field(repr=False)
    oauth: str = "https://oauth.zaloapp.com"


class Pair(Protocol):
    """Two tokens; times in milliseconds since 1970 UTC."""

    @property
    def access(self) -> str:
        """For calls."""

    @property
    def refresh(self) -> str:
        """For the next pair, once."""

    @property
    def access_until(self) -> int:
        """Its end."""


class Keeper(Protocol):
    """Where the pair is kept, for all processes. Every method raises SendFailed, PASSING, when it cannot."""

    async def find(self) -> Pair | None:
        """The pair, if there is one."""

    async def keep(self, access: str, refresh: str, access_until: int, refresh_until: int) -> Pair:
        """Write a new pair down."""

    async def claim(self, refresh: str, milliseconds: int) -> bool:
        """Whether this refresh token is ours to use for so long."""

    async def release(self) -> None:
        """It was not used."""


@dataclass(frozen=True, slots=True)
class Held:
    """A pair in memory."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_until: int


class InMemory:
    """A pair of this run only."""

    def __init__(self, pair: Pair | None = None) -> None:
        self._pair = pair

    async def find(self) -> Pair | None:
        """The pair, if there is one."""
        return self._pair

    async def keep(self, access: str, refresh: str, access_until: int, refresh_until: int) -> Pair:
        """Hold a new pair."""
        del refresh_until
        self._pair = Held(access, refresh, access_until)
        return self._pair

    async def claim(self, refresh: str, milliseconds: int) -> bool:
        """Always: nobody else is here."""
        del milliseconds
        return self._pair is not None and self._pair.refresh == refresh

    async def release(self) -> None:
        """Nothing to do."""


def now_ms() -> int:
    """The time."""
    return time.time_ns() // 1_000_000


class Tokens:
    """The tokens of one account. Every method raises SendFailed and nothing else."""

    def __init__(self, account: Account, wire: Wire, keeper: Keeper, now: Callable[[], int] = now_ms) -> None:
        self.keeper = keeper
        self._account = account
        self._wire = wire
        self._now = now
        self._pair: Pair | None = None
        self._new: tuple[str, str, int, int] | None = None  # given by Zalo, not yet kept
        self._dead = ""  # a refresh token that Zalo refused
        self._lock = asyncio.Lock()

    async def fresh(self) -> Pair:
        """A pair whose access token will do for a while."""
        pair = self._pair = self._pair or await self.keeper.find()
        if pair is None:
            raise SendFailed(Fault.SETUP, LOGIN)
        if self._new is None and pair.access_until - self._now() > EARLY:
            return pair
        try:
            return await self.renew(pair)
        except SendFailed as failed:
            if pair.access_until <= self._now():
                raise
            if failed.fault is not Fault.SETUP:  # of that the log has heard
                log.warning("tokens not renewed, the old ones still hold", extra={"reason": failed.reason[:100]})
            return pair

    async def renew(self, old: Pair) -> Pair:
        """The pair after `old`: kept by whoever was quicker, or asked of Zalo."""
        async with self._lock:
            if self._new is not None:
                return await self._keep(*self._new)
            for _ in range(LOOKS):
                pair = await self.keeper.find()
                if pair is None:
                    raise SendFailed(Fault.SETUP, LOGIN)
                if pair.access != old.access:
                    self._pair = pair
                    return pair
                if pair.refresh == self._dead:
                    raise SendFailed(Fault.SETUP, LOGIN)
                if await self.keeper.claim(pair.refresh, LEASE):
                    return await self._renew(pair)
                await asyncio.sleep(0.5)
            raise SendFailed(Fault.PASSING, "another process renews the tokens")

    async def _renew(self, pair: Pair) -> Pair:
        log.info("renewing the tokens of the official account")
        try:
            return await self._ask(grant_type="refresh_token", refresh_token=pair.refresh)
        except SendFailed as failed:
            if failed.fault is Fault.SETUP:
                self._dead = pair.refresh
                log.error("the official account has to be joined again: %s", failed.reason[:200])  # noqa: TRY400
            if self._new is None:
                await self.keeper.release()
            raise

    async def log_in(self, code: str) -> Pair:
        """The first pair, for the code that a human's consent gave."""
        async with self._lock:
            return await self._ask(grant_type="authorization_code", code=code, code_verifier=verifier(self._account))

    async def _ask(self, **grant: str) -> Pair:
        answer = await self._answer({"app_id": self._account.app, **grant})
        now = self._now()
        access_until = now + _seconds(answer.get("expires_in"), ACCESS_LIFE) * 1000
        refresh_until = now + _seconds(answer.get("refresh_token_expires_in"), REFRESH_LIFE) * 1000
        self._new = (str(answer["access_token"]), str(answer["refresh_token"]), access_until, refresh_until)
        return await self._keep(*self._new)

    async def _keep(self, access: str, refresh: str, access_until: int, refresh_until: int) -> Pair:
        """Nobody uses a pair that is not kept; when it cannot be, the next call tries that first."""
        self._pair = await self.keeper.keep(access, refresh, access_until, refresh_until)
        self._new = None
        return self._pair

    async def _answer(self, form: dict[str, str]) -> dict[str, Any]:
        headers = {"Content-Type": FORM, "secret_key": self._account.secret}
        try:
            status, data = await self._wire.post(
                f"{self._account.oauth}/v4/oa/access_token", urlencode(form).encode(), headers=headers
            )
        except SendFailed as failed:  # an answer that was lost may have used the token up: the next try tells
            raise SendFailed(Fault.PASSING, failed.reason) from None
        answer = read_answer(status, data, "")
        if answer.get("access_token") and answer.get("refresh_token"):
            return answer
        given = answer.get("error")
        code = given if isinstance(given, int) else 0
        if status >= 500 or FAULTS.get(code) in {Fault.WAIT, Fault.PASSING}:
            raise SendFailed(Fault.PASSING, f"{status}: {code}")
        secrets = (each for name, each in form.items() if name not in {"app_id", "grant_type"})
        words = HINTS.get(code) or without(answer.get("error_name"), self._account.secret, *secrets)
        raise SendFailed(Fault.SETUP, f"Zalo gives no tokens ({code or 'no number'} {words}): bot zalo login")


def consent_address(account: Account, callback: str, state: str) -> str:
    """Where a human who looks after the account says yes."""
    about = {
        "app_id": account.app,
        "redirect_uri": callback,
        "code_challenge": challenge(account),
        "state": state,
    }
    return f"{account.oauth}/v4/oa/permission?{urlencode(about)}"


def verifier(account: Account) -> str:
    """The word behind the challenge: 43 characters that nobody knows who does not know the app's secret.

    Always the same, for the challenge has to be typed into Zalo's console; and such that the challenge has only letters
    and digits, for Zalo does not say which of the two alphabets of Base64 it means.
    """
    for number in count():
        made = hmac.digest(account.secret.encode(), f"zalo login {account.app} {number}".encode(), "sha256")
        word = urlsafe_b64encode(made).decode().rstrip("=")
        if _challenge(word).isalnum():
            return word
    raise AssertionError


def challenge(account: Account) -> str:
    """Base64 of the SHA-256 of the verifier, without padding."""
    return _challenge(verifier(account))


def _challenge(word: str) -> str:
    return b64encode(hashlib.sha256(word.encode()).digest()).decode().rstrip("=")


def _seconds(value: object, else_: int) -> int:
    """Zalo writes numbers as texts."""
    text = str(value)
    return int(text) if text.isdecimal() and int(text) else else_
