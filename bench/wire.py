"""HTTP for the harness: the server that plays the Bot API, and the client that posts updates to a bot's webhook.

Both are as thin as they can be, because they share one core with the load generator: it must stay faster than any bot.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httptools
import orjson


class ApiConnection(asyncio.Protocol):
    """One connection from the bot. `answer(connection, method, parameters)` must end in one `reply`."""

    def __init__(self, answer: Callable[["ApiConnection", str, dict[str, Any]], None]) -> None:
        self.answer = answer
        self.parser = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def connection_lost(self, _exc: Exception | None) -> None:
        self.transport = None

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.url = self.body = self.content_type = b""

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-type":
            self.content_type = value

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        path, _, query = self.url.partition(b"?")
        parameters = dict(parse_qsl(query.decode())) if query else {}
        if self.body:
            parameters.update(form(self.content_type, self.body))
        self.answer(self, path.rsplit(b"/", 1)[1].decode().lower(), parameters)

    def reply(self, payload: bytes) -> None:
        """Answer with JSON."""
        if self.transport is not None:
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            self.transport.write(head % len(payload) + payload)


def form(content_type: bytes, body: bytes) -> dict[str, Any]:
    """The parameters of a Bot API call in any of the three ways they may be sent."""
    if content_type.startswith(b"application/json"):
        return orjson.loads(body)
    if content_type.startswith(b"multipart/form-data"):
        boundary = re.search(rb'boundary="?([^";]+)', content_type).group(1)
        found = {}
        for part in body.split(b"--" + boundary)[1:-1]:
            head, _, value = part.partition(b"\r\n\r\n")
            name = re.search(rb'name="?([^";\r\n]+)', head).group(1)
            found[name.decode()] = value[:-2].decode("utf8", "replace")
        return found
    return dict(parse_qsl(body.decode()))


class HookConnection(asyncio.Protocol):
    """One connection to the webhook; one request at a time. `done(status, body)`; status 0: it broke."""

    def __init__(self, hook: "Hook") -> None:
        self.hook = hook
        self.parser = httptools.HttpResponseParser(self)
        self.transport: asyncio.Transport | None = None
        self.body = b""
        self.done: Callable[[int, bytes], None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def send(self, request: bytes, done: Callable[[int, bytes], None]) -> None:
        self.done = done
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.body = b""

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        done, self.done = self.done, None
        if self.parser.should_keep_alive():
            self.hook.idle.append(self)
        else:
            self.transport.close()
        if done:
            done(self.parser.get_status_code(), self.body)
        self.hook.push()

    def connection_lost(self, _exc: Exception | None) -> None:
        self.transport = None
        self.hook.forget(self)
        done, self.done = self.done, None
        if done:
            done(0, b"")


class Hook:
    """Posts updates as Telegram does: over at most 40 connections, in the order they come."""

    def __init__(self, port: int, path: str, secret: str, connections: int = 40) -> None:
        self.port = port
        self.head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: "
        ).encode()
        self.free = connections
        self.opening = 0
        self.idle: deque[HookConnection] = deque()
        self.queue: deque[tuple[bytes, Callable[[int, bytes], None]]] = deque()
        self.tasks: set[asyncio.Task[None]] = set()

    def post(self, body: bytes, done: Callable[[int, bytes], None]) -> None:
        """Send an update; `done` gets the HTTP status and body, 0 when the bot could not be reached."""
        self.queue.append((self.head + b"%d\r\n\r\n" % len(body) + body, done))
        self.push()

    def push(self) -> None:
        """Send what can be sent now."""
        while self.queue and self.idle:
            connection = self.idle.popleft()
            if connection.transport is not None and not connection.transport.is_closing():
                connection.send(*self.queue.popleft())
        while self.free and self.opening < len(self.queue):
            self.free -= 1
            self.opening += 1
            task = asyncio.get_running_loop().create_task(self.open())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def open(self) -> None:
        """One more connection."""
        try:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(lambda: HookConnection(self), "127.0.0.1", self.port)
        except OSError:
            self.free += 1
            self.opening -= 1
            if self.queue:
                self.queue.popleft()[1](0, b"")
            return
        self.opening -= 1
        self.idle.append(connection)
        self.push()

    def forget(self, connection: HookConnection) -> None:
        """A connection ended."""
        self.free += 1
        if connection in self.idle:
            self.idle.remove(connection)

    def close(self) -> None:
        """End all connections."""
        self.queue.clear()
        for connection in list(self.idle):
            if connection.transport:
                connection.transport.close()
