"""Pictures and voices on Telegram: uploaded once, then named by the id Telegram gave."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from bot.channel.base import SendFailed
from bot.channel.file_ids import FileIds, InMemory
from bot.channel.telegram_api import FILE_UNKNOWN, says

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.channel.telegram_api import Api

    Upload = Callable[[], Awaitable[tuple[str, str]]]
    """Sends the file itself; returns the message's id and the file's."""


class Files:
    """Sends files. `ids` may be replaced by something that outlives this run."""

    def __init__(self, api: Api) -> None:
        self.ids: FileIds = InMemory()
        self._api = api
        self._uploads: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def send(self, method: str, field: str, digest: str, body: Mapping[str, Any], upload: Upload) -> str:
        """Send a file with `method`, by its id if it has one; returns the message's id. Raises SendFailed."""
        known = await self.ids.find(digest)
        if not known:
            async with self._uploads[digest]:  # many people at once: one of them uploads, the others wait for the id
                known = await self.ids.find(digest)
                if not known:
                    return await self._upload(digest, upload)
        try:
            sent = await self._api.call(method, {**body, field: known})
        except SendFailed as failed:
            if not says(failed, FILE_UNKNOWN):
                raise
            await self.ids.drop(digest)
            return await self._upload(digest, upload)
        return str(sent["message_id"])

    async def _upload(self, digest: str, upload: Upload) -> str:
        message, file_id = await upload()
        if file_id:
            await self.ids.keep(digest, file_id)
        return message
