"""Runs uvicorn inside our own loop: the app decides when to start and when to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp


class PortTaken(Exception):
    """Somebody else listens there, or we may not; `is_host`: this machine has no such address."""

    def __init__(self, reason: str, *, is_host: bool = False) -> None:
        super().__init__(reason)
        self.is_host = is_host


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the app's business."""
        yield


class WebServer:
    """Listens from `open` until `close`."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    def bind(self) -> int:
        """Take the port (before anything else starts) and return it. Raises PortTaken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        taken = socket.socket(family, socket.SOCK_STREAM)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((self._host, self._port))
        except OSError as error:
            taken.close()
            is_host = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
            raise PortTaken(error.strerror or "refused", is_host=is_host) from error
        self._socket = taken
        return int(taken.getsockname()[1])

    async def open(self, app: ASGIApp) -> None:
        """Serve `app`; returns when it is being served."""
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
        )
        self._server = _Server(config)
        assert self._socket is not None, "bind first"
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise PortTaken("the server ended at once")
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """Answer what is being asked, take nothing more."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
        elif self._socket is not None:
            self._socket.close()
