"""Calls of the Official Account API: JSON with the token in a header, every failure as one of our classes."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any, Final

import orjson
from pyreqwest.multipart import FormBuilder, PartBuilder

from bot.channel.base import Fault, SendFailed
from bot.channel.http import ANSWER, is_address, read_answer, without
from bot.channel.zalo_oa_faults import FAULTS, HINTS, ONCE, QUOTA, RENEW, SHUT
from bot.channel.zalo_rest import Rest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.channel.http import Wire
    from bot.channel.zalo_oa_token import Account, Pair, Tokens

MINUTE: Final = 60.0

WINDOW: Final = "window"
"""The reason when a chat is closed: the person has to write first."""

TOO_FAST: Final = "too many calls in this minute"
QUOTA_GONE: Final = "the plan is used up: no messages until there is more"


class QuotaGone(SendFailed):
    """The plan is used up."""


class Api:
    """The API for one account. Every method raises SendFailed and nothing else.

    `status` tells an operator how the last call ended: "ok", "unreachable: …", or what has to be done. `proof`: each
    call shows that we know the app's secret (appsecret_proof). `message` is the path of the call that sends.
    """

    def __init__(
        self,
        account: Account,
        base: str,
        wire: Wire,
        tokens: Tokens,
        *,
        proof: bool = True,
        message: str = "v3.0/oa/message/cs",
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.base = base.rstrip("/")
        self.status = "starting"
        self.tokens = tokens
        self._account = account
        self._wire = wire
        self._proof = proof
        self._message = message
        self._wall = wall
        self._rest = Rest(clock)
        self._unfit = _unfit(account, base)

    async def me(self, seconds: float = ANSWER) -> dict[str, Any]:
        """About the account itself."""

        async def ask(headers: Mapping[str, str]) -> tuple[int, bytes]:
            return await self._wire.get(f"{self.base}/v2.0/oa/getoa", headers=headers, seconds=seconds)

        return await self._call(ask)

    async def send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a message; `message_id` and `quota` of what was sent."""
        data = orjson.dumps(body)

        async def ask(headers: Mapping[str, str]) -> tuple[int, bytes]:
            about = {**headers, "Content-Type": "application/json"}
            return await self._wire.post(f"{self.base}/{self._message}", data, headers=about)

        sent = await self._call(ask)
        self._rest.over()
        return sent

    async def upload(self, png: bytes) -> str:
        """The id of a picture that Zalo keeps for seven days."""

        async def ask(headers: Mapping[str, str]) -> tuple[int, bytes]:
            part = PartBuilder.from_bytes(png).file_name("picture.png").mime("image/png")
            form = FormBuilder().part("file", part)
            return await self._wire.post(f"{self.base}/v2.0/oa/upload/image", form, headers=headers, repeatable=True)

        given = await self._call(ask)
        return str(given.get("attachment_id") or "")

    async def renew(self) -> None:
        """Drop every connection; the next call makes new ones."""
        await self._wire.renew()

    async def _call(self, ask: Any) -> dict[str, Any]:
        """The data of an answer. A token that is over is renewed, and the call made once more: nothing was done."""
        if self._unfit:
            self.status = self._unfit
            raise SendFailed(Fault.SETUP, self._unfit)
        again = set(RENEW | ONCE)
        while True:
            pair = await self._tokens(self.tokens.fresh())
            try:
                status, body = await ask(self._headers(pair))
                answer = read_answer(status, body, "error")
            except SendFailed as failed:
                self.status = f"unreachable: {failed.reason}"
                raise
            code = answer["error"]
            if code == 0:
                self.status = "ok"
                data = answer.get("data")
                return data if isinstance(data, dict) else {}
            if code not in again:
                raise self._refusal(code, status, answer, pair)
            again -= RENEW if code in RENEW else ONCE
            if code in RENEW:
                await self._tokens(self.tokens.renew(pair))

    async def _tokens(self, asked: Any) -> Pair:
        try:
            pair: Pair = await asked
        except SendFailed as failed:
            self.status = failed.reason
            raise
        return pair

    def _headers(self, pair: Pair) -> dict[str, str]:
        headers = {"access_token": pair.access}
        if self._proof:
            proof = hmac.digest(self._account.secret.encode(), pair.access.encode(), hashlib.sha256)
            headers["appsecret_proof"] = proof.hex()
        return headers

    def _refusal(self, code: Any, status: int, answer: Mapping[str, Any], pair: Pair) -> SendFailed:
        """Our class for a number of Zalo's; its words stand in the reason, without what is secret."""
        known = code if isinstance(code, int) else 0
        fault = FAULTS.get(known, Fault.REFUSED)
        words = without(answer.get("message"), pair.access, pair.refresh, self._account.secret)
        reason = f"{known or 'no number'}: {HINTS.get(known) or words}"
        self.status = "ok"  # somebody answered, and knows us
        if status >= 500:
            fault = Fault.PASSING
            self.status = f"unreachable: {status}"
        elif known in QUOTA:
            self.status = QUOTA_GONE
            return QuotaGone(fault, reason, retry_after=self._rest.next())
        elif fault is Fault.WAIT:
            self.status = TOO_FAST
            return SendFailed(fault, reason, retry_after=MINUTE - self._wall() % MINUTE + 1)
        elif fault is Fault.SETUP:
            self.status = reason
        elif fault is Fault.CLOSED:
            return SendFailed(fault, WINDOW if known in SHUT else reason)
        elif known in ONCE:
            fault = Fault.REFUSED
        return SendFailed(fault, reason)


def _unfit(account: Account, base: str) -> str:
    """Why no call can be made at all; empty if it can."""
    if not account.app.isascii() or not account.app.isdecimal():
        return "ZALO_OA_APP_ID is none: it is the long number of the app at developers.zalo.me"
    for name, address in (("ZALO_OA_API", base), ("ZALO_OA_OAUTH", account.oauth)):
        if not is_address(address):
            return f"{name} is no address"
    return ""
