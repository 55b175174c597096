"""Structured logs: one line per fact, as key=value. No words of a person and no token ever stands in one."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_TOKEN = re.compile(r"(?<!\d)\d{5,20}:[A-Za-z0-9_-]{20,}")  # in an address it stands right behind "bot"
_DIGITS = re.compile(r"(?<![\w.:/-])\d(?:[ .-]?\d){5,}(?![\w:])")


class Logfmt(logging.Formatter):
    """`time level logger "message" key=value …`; of an exception only its kind and the places it passed."""

    def format(self, record: logging.LogRecord) -> str:
        """One line (and the places of an exception below it)."""
        when = datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds")
        extra = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        fields = "".join(f" {key}={_value(value)}" for key, value in extra.items())
        # Below the first line asyncio shows the task that failed, and with it the message of the exception.
        said = record.getMessage().strip().partition("\n")[0]
        line = f'{when} {record.levelname.lower()} {record.name} "{scrub(said)}"{fields}'
        if record.exc_info and record.exc_info[0] is not None:
            # The message of an exception may quote what a person typed: only its kind and the places are kept.
            places = "".join(traceback.format_tb(record.exc_info[2]))
            line += f" error={record.exc_info[0].__name__}\n{places.rstrip()}"
        return line


def scrub(text: str) -> str:
    """The text without tokens and without long numbers."""
    return _DIGITS.sub("[number]", _TOKEN.sub("[token]", text))


def _value(value: object) -> str:
    text = scrub(str(value)).replace("\n", " ")
    return f'"{text}"' if " " in text or not text else text


def set_up(level: int = logging.INFO) -> None:
    """Log to standard error; libraries that quote addresses (and with them tokens) only when something is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Logfmt())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in (
        "httpx",
        "httpcore",
        "uvicorn.access",
        "uvicorn.error",
        "telegram",
        "aiosqlite",
        "alembic",
        "watchfiles",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
