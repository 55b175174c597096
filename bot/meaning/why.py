"""Why a sentence was understood so, for whoever mends the words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.meaning.feature import MARKED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.meaning.alarm import Cry
    from bot.meaning.finder import Found
    from bot.meaning.story import Told


@dataclass(frozen=True, slots=True)
class Why:
    """How a sentence was understood."""

    plain: str  # short forms, dialect and keyboard leftovers resolved
    words: tuple[str, ...]  # typos mended, several ways to say a thing made one
    asked: Mapping[str, float]  # what was asked for, and how much it counts
    told: Told  # the signs of a fraud, and the guide that they lift
    cries: tuple[Cry, ...]
    found: tuple[Found, ...]
    below: tuple[Found, ...]  # what came next, or was too weak

    def lines(self) -> list[str]:
        """The reasons, a line each."""
        heaviest = sorted(self.asked.items(), key=lambda item: -item[1])
        counted = ", ".join(f"{feature} {weight:.1f}" for feature, weight in heaviest if not feature.startswith(MARKED))
        return [
            f"plain   {self.plain}",
            f"words   {' | '.join(self.words)}",
            f"counts  {counted}",
            *([f"story   {self.told.guide or '-'} by {', '.join(sorted(self.told.signs))}"] if self.told.signs else ()),
            *(f"ALARM   {cry.answer} by “{cry.phrase}”" for cry in self.cries),
            *(f"found   {_scored(found)}" for found in self.found),
            *(f"below   {_scored(found)}" for found in self.below),
        ]


def _scored(found: Found) -> str:
    parts = f"phrase {found.alike:.0f}, all phrases {found.shared:.0f}"
    return f"{found.score:3.0f} {found.answer} ({parts}) by “{found.phrase}”"
