"""HTTP for the clients of platforms: one pool of connections, and every failure as one of our classes.

Tokens stand in addresses and headers, so no exception of the HTTP client leaves this file: only its class name does.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import orjson
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import BuilderError, DetailedPyreqwestError, PoolTimeoutError, PyreqwestError
from pyreqwest.multipart import FormBuilder
from pyreqwest.proxy import ProxyBuilder

from bot.channel.base import Fault, SendFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyreqwest.request import RequestBuilder

CONNECT: Final = 10.0
"""Seconds to wait for a free connection and for a new one to be made."""

ANSWER: Final = 30.0
"""Seconds to wait for an answer."""

PATIENCE: Final = timedelta(seconds=ANSWER)

CONNECTIONS: Final = 1000
"""Requests under way at once: 1,000 of 50 ms are 20,000 a second."""

MOST_QUOTED: Final = 200
"""Characters of a platform's own words in a reason."""

LET_GO: Final = 0.1
"""Seconds in which the threads of a closed client let go of Python: a process that ends sooner aborts now and then."""

JSON: Final = {"Content-Type": "application/json"}


class Wire:
    """Posts to a platform. `proxy` is the address of an HTTP proxy; without one HTTPS_PROXY and its like hold."""

    def __init__(self, *, connections: int = CONNECTIONS, connect: float = CONNECT, proxy: str = "") -> None:
        self._connections = connections
        self._connect = timedelta(seconds=connect)
        self._proxy = proxy
        self._client: Client | None = None

    async def post(
        self,
        url: str,
        body: bytes | FormBuilder,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = ANSWER,
        repeatable: bool = False,
    ) -> tuple[int, bytes]:
        """Status and body of the answer to JSON, or to a form with files. `seconds` is how long it may take.

        Raises SendFailed: PASSING when nobody can have read the request, or when it is `repeatable`; else UNKNOWN.
        """
        asked = self._open().post(url)
        if isinstance(body, FormBuilder):
            asked = asked.headers(headers or {}).multipart(body)
        else:
            asked = asked.headers(headers or JSON).body_bytes(body)
        return await self._answer(asked, seconds, repeatable=repeatable)

    async def get(self, url: str, *, headers: Mapping[str, str], seconds: float = ANSWER) -> tuple[int, bytes]:
        """Status and body of what stands at an address. Raises SendFailed, PASSING."""
        return await self._answer(self._open().get(url).headers(headers), seconds, repeatable=True)

    async def _answer(self, asked: RequestBuilder, seconds: float, *, repeatable: bool) -> tuple[int, bytes]:
        try:
            asked = asked.timeout(PATIENCE if seconds == ANSWER else timedelta(seconds=seconds))
            answer = await asked.build().send()
            return answer.status, (await answer.bytes()).to_bytes()
        except PyreqwestError as error:
            kept = repeatable or _never_sent(error)
            raise SendFailed(Fault.PASSING if kept else Fault.UNKNOWN, type(error).__name__) from None

    async def renew(self) -> None:
        """Drop every connection; the next request makes new ones."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()
            await asyncio.sleep(LET_GO)

    def _open(self) -> Client:
        if self._client is None:
            builder = (
                ClientBuilder()
                .max_connections(self._connections)
                .pool_max_idle_per_host(self._connections)
                .pool_timeout(self._connect)
                .connect_timeout(self._connect)
                .user_agent("cam-tay")
            )
            self._client = (builder.proxy(ProxyBuilder.all(self._proxy)) if self._proxy else builder).build()
        return self._client


def read_answer(status: int, body: bytes, key: str = "ok") -> dict[str, Any]:
    """The JSON object that a platform answered, with `key` if one is named. Raises SendFailed for a proxy's page."""
    try:
        answer: dict[str, Any] = orjson.loads(body)
        answer[key] if key else answer.keys()
    except (ValueError, TypeError, KeyError, AttributeError):
        raise SendFailed(Fault.PASSING, f"{status} without JSON") from None
    return answer


def without(words: object, *secrets: str) -> str:
    """The beginning of what a platform says, for logs: it may quote a request, and with it what is secret there."""
    said = str(words or "")
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for written in (secret, quote(secret, safe="")):
            said = said.replace(written, "•••")
    return said[:MOST_QUOTED]


def is_address(base: str) -> bool:
    """Whether a platform can be asked there at all."""
    try:
        split = urlsplit(base)
        return split.scheme in {"http", "https"} and bool(split.hostname)
    except ValueError:
        return False


def _never_sent(error: PyreqwestError) -> bool:
    """Whether nobody can have read the request.

    The classes do not tell (a cut connection and a late answer are "connect" errors too); the causes do: hyper's own
    words for the phase, held by a test.
    """
    if isinstance(error, PoolTimeoutError | BuilderError):
        return True
    causes = (error.details or {}).get("causes") or [] if isinstance(error, DetailedPyreqwestError) else []
    return any(cause["message"] == "client error (Connect)" for cause in causes)


def worst(*states: str) -> str:
    """How several connections stand together: what is wrong with one of them, else "ok" as soon as one is."""
    wrong = sorted(set(states) - {"ok", "starting"})
    return wrong[0] if wrong else "ok" if "ok" in states else "starting"
