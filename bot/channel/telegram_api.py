"""Calls of the Bot API: JSON by orjson over one HTTP client, and every failure as one of our classes.

The token is part of every address, so no exception of the HTTP client leaves this file: only its class name does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from bot.channel.base import Fault, SendFailed
from bot.channel.http import ANSWER, CONNECT, CONNECTIONS, Wire, is_address, read_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyreqwest.multipart import FormBuilder

UPLOAD: Final = 120.0
"""Seconds a file may take."""

REPEATABLE: Final = frozenset(
    {
        *("editMessageReplyMarkup", "deleteMessage", "answerCallbackQuery", "answerInlineQuery", "getMe", "getUpdates"),
        *("getWebhookInfo", "setWebhook", "deleteWebhook", "setMyCommands"),
    }
)
"""Calls that do no harm when they are carried out twice: they may be tried again when nobody knows."""

NOTHING_TO_DO: Final = (
    "message is not modified",
    "message to edit not found",
    "message can't be edited",
    "message to delete not found",
    "query is too old",
)
"""Refusals that mean: it already is as we wanted it, or nobody can see it any more."""

GONE: Final = (
    "bot was blocked by the user",
    "user is deactivated",
    "bot was kicked",
    "is not a member",
    "chat not found",
)
"""Refusals that mean: this chat cannot be reached."""

FILE_UNKNOWN: Final = ("wrong file", "wrong remote file", "file_reference", "can't use file of type")
"""Refusals of a file_id: the file has to be uploaded again."""

NOT_HTML: Final = ("can't parse entities",)

REFUSED_TOKEN: Final = "TELEGRAM_BOT_TOKEN is refused by Telegram: take a new one from @BotFather"  # noqa: S105


TOKEN_REFUSED: Final = "token refused"  # noqa: S105
"""The status while Telegram does not know the token."""


def says(failed: SendFailed, words: tuple[str, ...]) -> bool:
    """Whether a refusal says one of these, in any case. The words are no contract, so parts of them must do."""
    reason = failed.reason.lower()
    return failed.fault is Fault.REFUSED and any(word in reason for word in words)


class Api:
    """The Bot API for one bot. Every method raises SendFailed and nothing else.

    `status` tells an operator how the last call ended: "ok", "token refused", "unreachable: …".
    """

    def __init__(
        self, token: str, base: str, *, connections: int = CONNECTIONS, connect: float = CONNECT, proxy: str = ""
    ) -> None:
        self.base = base.rstrip("/")
        self.token = token
        self.status = "starting"
        self._unfit = _unfit(token, base)
        self._wire = Wire(connections=connections, connect=connect, proxy=proxy)

    async def call(self, method: str, body: Mapping[str, Any], *, seconds: float = ANSWER) -> Any:
        """The result of a method; {} where there was nothing to do. `seconds` is how long its answer may take."""
        return self.result(method, *await self.exchange(method, orjson.dumps(body), seconds=seconds))

    async def exchange(
        self,
        method: str,
        body: bytes | FormBuilder,
        *,
        seconds: float = ANSWER,
    ) -> tuple[int, bytes]:
        """The raw answer of a method to JSON or to a form with files: status and body."""
        if self._unfit:
            self.status = TOKEN_REFUSED
            raise SendFailed(Fault.SETUP, self._unfit)
        url = f"{self.base}/bot{self.token}/{method}"
        try:
            return await self._wire.post(url, body, seconds=seconds, repeatable=method in REPEATABLE)
        except SendFailed as failed:
            raise self._unreachable(failed) from None

    def result(self, method: str, status: int, body: bytes) -> Any:
        """What an answer says. A body that is no JSON comes from a proxy or a provider in between."""
        try:
            answer = read_answer(status, body)
        except SendFailed as failed:
            raise self._unreachable(failed) from None
        if answer["ok"] is True:
            self.status = "ok"
            return answer.get("result")
        refused = self._refusal(int(answer.get("error_code") or status), answer)
        if says(refused, NOTHING_TO_DO) and not method.startswith("send"):
            return {}
        raise refused

    async def renew(self) -> None:
        """Drop every connection; the next call makes new ones."""
        await self._wire.renew()

    def _refusal(self, code: int, answer: Mapping[str, Any]) -> SendFailed:
        description = str(answer.get("description", "")).replace(self.token, "•••") or str(code)
        parameters = answer.get("parameters") or {}
        self.status = "ok"  # somebody answered, and knows us
        if code == 429:
            return SendFailed(Fault.WAIT, description, retry_after=float(parameters.get("retry_after") or 1))
        if code >= 500:
            return self._unreachable(SendFailed(Fault.PASSING, str(code)))
        if code in {401, 404}:
            self.status = TOKEN_REFUSED
            return SendFailed(Fault.SETUP, REFUSED_TOKEN)
        if code == 409:
            self.status = "another program takes this bot's messages"
            return SendFailed(Fault.SETUP, description)
        if moved := parameters.get("migrate_to_chat_id"):
            return SendFailed(Fault.MOVED, description, moved_to=str(moved))
        if code == 403 or any(word in description.lower() for word in GONE):
            return SendFailed(Fault.GONE, description)
        return SendFailed(Fault.REFUSED, description)

    def _unreachable(self, failed: SendFailed) -> SendFailed:
        self.status = f"unreachable: {failed.reason}"
        return failed


def _unfit(token: str, base: str) -> str:
    """Why no call can be made at all; empty if it can."""
    if not re.fullmatch(r"\d{1,20}:[A-Za-z0-9_-]+", token):
        return "TELEGRAM_BOT_TOKEN is no token: one looks like 123456789:AbC… and comes from @BotFather"
    return "" if is_address(base) else "TELEGRAM_API is no address"
