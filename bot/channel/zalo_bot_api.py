"""Calls of the Zalo Bot API (not of an Official Account): JSON, and every failure as one of our classes.

The token is part of every address; see bot/channel/http.py for how it stays there. What the platform answers is known
from developers' notes, not from a contract: docs/zalo.md says which of it is not settled.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final

import orjson

from bot.channel.base import Fault, SendFailed
from bot.channel.http import ANSWER, CONNECT, CONNECTIONS, Wire, is_address, read_answer, without
from bot.channel.zalo_rest import Rest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REPEATABLE: Final = frozenset({"getMe", "getUpdates", "getWebhookInfo", "setWebhook", "deleteWebhook"})
"""Calls that do no harm when they are carried out twice."""

IDLE: Final = 408
"""The answer of a getUpdates that found nothing."""

REFUSED_TOKEN: Final = "ZALO_BOT_TOKEN is refused by Zalo: take a new one from Zalo Bot Creator"  # noqa: S105

TOKEN_REFUSED: Final = "token refused"  # noqa: S105
"""The status while Zalo does not know the token."""

TOO_MUCH: Final = "too many messages: too fast, or the plan's messages of this month are used up"
"""The status after a 429: the platform has one number for both."""


class Api:
    """The API for one bot. Every method raises SendFailed and nothing else.

    `status` tells an operator how the last call ended: "ok", "token refused", "unreachable: …", or TOO_MUCH.
    """

    def __init__(
        self,
        token: str,
        base: str,
        *,
        connections: int = CONNECTIONS,
        connect: float = CONNECT,
        proxy: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base = base.rstrip("/")
        self.status = "starting"
        self._token = token
        self._unfit = _unfit(token, base)
        self._rest = Rest(clock)
        self._wire = Wire(connections=connections, connect=connect, proxy=proxy)

    async def call(self, method: str, body: Mapping[str, Any], *, seconds: float = ANSWER) -> Any:
        """The result of a method; None where there is none. `seconds` is how long its answer may take."""
        if self._unfit:
            self.status = TOKEN_REFUSED
            raise SendFailed(Fault.SETUP, self._unfit)
        url = f"{self.base}/bot{self._token}/{method}"
        try:
            status, data = await self._wire.post(
                url, orjson.dumps(body), seconds=seconds, repeatable=method in REPEATABLE
            )
            answer = read_answer(status, data)
        except SendFailed as failed:
            self.status = f"unreachable: {failed.reason}"
            raise
        if answer["ok"] is True:
            self.status = "ok"
            if method.startswith("send"):
                self._rest.over()
            return answer.get("result")
        return self._refused(method, _code(answer, status), answer)

    async def renew(self) -> None:
        """Drop every connection; the next call makes new ones."""
        await self._wire.renew()

    def _refused(self, method: str, code: int, answer: Mapping[str, Any]) -> None:
        """Raises SendFailed, but not for what is no fault: an idle poll, and a webhook that is not set."""
        description = without(answer.get("description"), self._token, self._token.partition(":")[2]) or str(code)
        self.status = "ok"  # somebody answered, and knows us
        if (method, code) in {("getUpdates", IDLE), ("getWebhookInfo", 404)}:
            return
        if code == 401:
            self.status = TOKEN_REFUSED
            raise SendFailed(Fault.SETUP, REFUSED_TOKEN)
        if code == 429:
            self.status = TOO_MUCH
            raise SendFailed(Fault.WAIT, description, retry_after=self._rest.next())
        if code in {403, IDLE} or code >= 500:  # 403 is said to be "Internal server error"
            self.status = f"unreachable: {code}"
            raise SendFailed(Fault.PASSING, description)
        if method == "getUpdates":
            self.status = f"gives out no updates: {description}"
        raise SendFailed(Fault.REFUSED, f"{code}: {description}")


def _code(answer: Mapping[str, Any], status: int) -> int:
    code = answer.get("error_code")
    return code if isinstance(code, int) and code else status


def _unfit(token: str, base: str) -> str:
    """Why no call can be made at all; empty if it can."""
    if not re.fullmatch(r"[\w.~-]+:[\w.~-]+", token, re.ASCII):
        return "ZALO_BOT_TOKEN is no token: one looks like 123456789:AbC… and comes from Zalo Bot Creator"
    return "" if is_address(base) else "ZALO_BOT_API is no address"
