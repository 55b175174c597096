"""A second opinion: lo-bot-api-emulator on a free port, for running the same conversation against somebody else's double.

It is laxer than `TelegramDouble` but written by others: what passes both is not merely what we believe of Telegram.
It knows the updates message, callback_query and inline_query only, so give the bot no others in `allowed_updates`.
"""

from __future__ import annotations

import asyncio
import copy
import time
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from lo_bot_api_emulator import LoBotApiEmulator

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """One request the emulator has accepted: its method, what was asked and what was answered."""

    method: str
    fields: Json
    result: Any = field(compare=False)


class _Recording(LoBotApiEmulator):  # type: ignore[misc]  # the package has no types
    """Keeps what was accepted, and gives its bot the `username` that every real bot has."""

    def __init__(self, accepted: list[Sent], changed: asyncio.Condition, **options: Any) -> None:
        super().__init__(**options)
        self._accepted = accepted
        self._changed = changed

    def validate(self, method: str, fields: Json, uploads: Json) -> Any:
        result = super().validate(method, fields, uploads)
        if method == "getMe":
            del result["capabilities"]
            result |= {"username": "cam_tay_double_bot", "supports_inline_queries": True}
        elif method != "getUpdates":
            self._accepted.append(Sent(method, copy.deepcopy(fields), result))
        return result

    async def handle(self, request: web.Request) -> web.StreamResponse:
        answer: web.StreamResponse = await super().handle(request)
        async with self._changed:
            self._changed.notify_all()
        return answer


class Emulator:
    """The running emulator: `async with Emulator() as emulator:`; `sent` is every accepted request but the polls."""

    def __init__(self, token: str = "1000000002:an-emulator-has-no-secret") -> None:
        self.token = token
        self.url = ""
        self.sent: list[Sent] = []
        self._changed = asyncio.Condition()
        self._emulator = _Recording(self.sent, self._changed, allow_insecure_loopback_webhooks=True)
        self._runner = web.AppRunner(self._emulator.app(), access_log=None, shutdown_timeout=1.0)
        self._messages = iter(range(1_000_001, 2_000_000))

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def says(self, person: int, text: str) -> int:
        """A private message of a person; returns the update id."""
        message = self._message(person) | {"text": text}
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
        return await self.inject({"message": message})

    async def taps(self, person: int, label: str) -> int:
        """A tap on the newest button with this label in the person's chat; returns the update id."""
        for sent in reversed(self.messages(person)):
            rows = (sent.result.get("reply_markup") or {}).get("inline_keyboard", [])
            for button in (button for row in rows for button in row if button["text"] == label):
                query = {"id": f"tap-{next(self._messages)}", "chat_instance": str(person), "from": _user(person)}
                return await self.inject(
                    {"callback_query": query | {"message": sent.result, "data": button["callback_data"]}}
                )
        raise AssertionError(f"no button {label!r} was sent to {person}")

    async def inject(self, update: Json) -> int:
        """Queues an update as it is (message, callback_query or inline_query); returns its id."""
        return int(await self._emulator.enqueue_update(update, token=self.token))

    def messages(self, person: int) -> list[Sent]:
        """What was sent to a person or edited in their chat, oldest first."""
        return [
            sent
            for sent in self.sent
            if isinstance(sent.result, dict) and sent.result.get("chat", {}).get("id") == person
        ]

    async def waits_for(self, person: int, text: str, within: float = 5.0) -> Sent:
        """The newest message of the bot to this person that holds `text`; AssertionError when none comes."""

        def found() -> Sent | None:
            texts = (
                (sent, sent.result.get("text") or sent.result.get("caption", "")) for sent in self.messages(person)
            )
            return next((sent for sent, words in reversed(list(texts)) if text in words), None)

        try:
            async with asyncio.timeout(within), self._changed:
                await self._changed.wait_for(found)
        except TimeoutError:
            raise AssertionError(f"{text!r} did not come within {within} s: {self.messages(person)}") from None
        sent = found()
        assert sent
        return sent

    def _message(self, person: int) -> Json:
        chat = {"id": person, "type": "private", "first_name": "Lan"}
        return {"message_id": next(self._messages), "date": int(time.time()), "chat": chat, "from": _user(person)}


def _user(person: int) -> Json:
    return {"id": person, "is_bot": False, "first_name": "Lan", "language_code": "vi"}
