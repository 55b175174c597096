"""How far the translation of a guide is: what is missing, what is stale, whether somebody read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.translation.origin import Review
from bot.translation.passage import digest

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from bot.translation.bundle import Bundle

Place = tuple[str, str]
"""("<guide>/<step>", block)."""


@dataclass(frozen=True, slots=True)
class Status:
    """One guide in one language. `blocks` counts what there is to translate; lists of typed words do not count."""

    language: str
    guide: str
    blocks: int
    missing: tuple[Place, ...]
    stale: tuple[Place, ...]
    review: Review | None
    reviewed_as_is: bool
    """Whether the words that were reviewed are those of today, and of today's source."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing and nothing stale."""
        return not self.missing and not self.stale


def status(bundle: Bundle, language: str, guide: str) -> Status:
    """How far a guide is in a language."""
    blocks, missing, stale = 0, [], []
    for text, passage in bundle.source_passages(guide):
        if passage.is_list:
            continue
        blocks += 1
        if not bundle.words(language, text, passage.name):
            missing.append((text, passage.name))
        elif bundle.is_stale(language, text, passage):
            stale.append((text, passage.name))
    review = bundle.origin(language, guide).review
    as_is = review is not None and not missing and not stale and review.words == bundle.digest(language, guide)
    return Status(language, guide, blocks, tuple(missing), tuple(stale), review, as_is)


def accept(bundle: Bundle, language: str, guide: str, steps: Collection[str] = ()) -> None:
    """Let what stands there (of `steps`, or all) count as made from the source's words of today.

    What was known of blocks that are gone is forgotten.
    """
    origin = bundle.origin(language, guide)
    before, origin.made_from = origin.made_from, {}
    for text, passage in bundle.source_passages(guide):
        step = text.rpartition("/")[2]
        if passage.is_list or not bundle.words(language, text, passage.name):
            continue
        if not steps or step in steps:
            origin.note(step, passage.name, digest(passage.words))
        elif passage.name in before.get(step, {}):
            origin.note(step, passage.name, before[step][passage.name])


def review(bundle: Bundle, language: str, guide: str, on: date, by: str) -> None:
    """Note that somebody read the guide as it stands."""
    bundle.origin(language, guide).review = Review(on, by, bundle.digest(language, guide))
