"""The terminal: the same engine, numbers for buttons."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING, TextIO

from bot.capability import CAPABILITIES
from bot.channel.base import Document, Keyboard, Message, Outgoing, Photo, Receipt, VoiceNote

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.channel.base import Incoming

WIDTH = 78


def lines(message: Message, picture: Callable[[str], str]) -> list[str]:
    """A message as plain lines, its buttons numbered. `picture` puts an alt text into words."""
    said = [message.progress] if message.progress else []
    said += message.head.splitlines()
    if message.picture:
        said.append(picture(message.picture.alt))
    if message.body:
        said += ["", *message.body.splitlines()]
    said += [f"  [{number}] {button.label}" for number, button in enumerate(message.buttons, 1)]
    return said


class Terminal:
    """One person at a keyboard, or a pipe."""

    name = "terminal"
    capabilities = CAPABILITIES["terminal"]

    def __init__(self, out: TextIO = sys.stdout, picture: Callable[[str], str] = "[{}]".format) -> None:
        self._out = out
        self._picture = picture
        self._bold = out.isatty() and "NO_COLOR" not in os.environ

    @property
    def status(self) -> str:
        """Always there."""
        return "ok"

    async def start(self, accept: Callable[[Incoming], Awaitable[None]]) -> None:
        """Nothing to listen to: `bot chat` reads the keyboard."""

    async def stop_listening(self) -> None:
        """Nothing to stop."""

    async def send(self, chat: str, outgoing: Outgoing) -> Receipt:
        """Print it."""
        del chat
        match outgoing:
            case Message():
                self._print(outgoing)
            case VoiceNote():
                self._out.write(f"\n♪ {outgoing.words or outgoing.path}\n")
            case Document():
                self._out.write(f"\n📄 {outgoing.name}\n{outgoing.text}\n")
            case Photo():
                self._out.write(f"\n🖼 {outgoing.words}\n")
            case Keyboard():
                pass  # what was printed stays printed
        self._out.flush()
        return Receipt()

    async def close(self) -> None:
        """Nothing to let go."""

    def _print(self, message: Message) -> None:
        self._out.write("\n")
        for line in lines(message, self._picture):
            wrapped = textwrap.wrap(line, WIDTH, subsequent_indent="      " if line.startswith("  [") else "") or [""]
            for part in wrapped:
                strong = self._bold and line in message.head.splitlines()
                self._out.write(f"\033[1m{part}\033[0m\n" if strong else f"{part}\n")
