"""How long nobody is sent anything after a refusal that does not say for how long: longer and longer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

REST: Final = 60.0
"""Seconds of the first rest. They double …"""

LONGEST_REST: Final = 3600.0
"""… up to this while nothing gets through: a plan that is used up stays so until the month ends."""


class Rest:
    """Of one account. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rest = 0.0
        self._until = 0.0

    def next(self) -> float:
        """Seconds to send nothing. Many messages that are refused at once are one refusal."""
        now = self._clock()
        if now >= self._until:
            self._rest = min(max(REST, self._rest * 2), LONGEST_REST)
            self._until = now + self._rest
        return self._until - now

    def over(self) -> None:
        """Something got through."""
        self._rest = 0.0
