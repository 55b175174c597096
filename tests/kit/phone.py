"""A phone of somebody who chats on a double: what its screen shows, and waiting for what comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from .telegram_world import Bell


class Line(Protocol):
    """A message on the screen."""

    id: str
    by_bot: bool
    text: str
    serial: int


class World(Protocol):
    """Where the chats are; it rings when one changes."""

    bell: Bell


L = TypeVar("L", bound=Line)


class Phone(Generic[L]):
    """One chat of a double that has `screens`."""

    def __init__(self, world: World, ident: str, screen: list[L]) -> None:
        self.id = ident
        self.screen = screen
        self._world = world
        self._acted = 0

    def phone(self) -> str:
        """The screen in words, for messages of failed tests."""
        return "\n".join(str(shown) for shown in self.screen) or "(an empty chat)"

    async def waits_for(self, what: str | Callable[[L], object], within: float = 5.0, *, anywhere: bool = False) -> L:
        """The newest message of the bot that holds `what` and came since this person last did something.

        `anywhere` also takes older ones. AssertionError with the whole screen when none comes in time.
        """

        def holds(shown: L) -> object:
            return what in shown.text if isinstance(what, str) else what(shown)

        def seen() -> L | None:
            fresh = [each for each in self.screen if each.by_bot and (anywhere or each.serial > self._acted)]
            return next((each for each in reversed(fresh) if holds(each)), None)

        found = await self._world.bell.wait_until(seen, within)
        assert found, f"{what!r} did not come within {within} s to the phone of {self.id}:\n{self.phone()}"
        return found
