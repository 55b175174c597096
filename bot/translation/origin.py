"""The file `_origin.toml` of a guide in one language: which words of the source language each block was made from."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from bot.source import read_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.problem import Problem

FILE = "_origin.toml"

_HEAD = """\
# Which words of the source language each block was made from, as hashes. Written by `bot i18n`: docs/translating.md.
"""


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody read a whole guide in one language. `words` is the digest of what was read."""

    on: date
    by: str
    words: str


@dataclass(slots=True)
class Origin:
    """What is known of one guide in one language. `made_from` maps step -> block -> digest of the source's words."""

    made_from: dict[str, dict[str, str]] = field(default_factory=dict)
    review: Review | None = None

    def of(self, step: str, block: str) -> str:
        """The digest of the words that a block was made from; "" when nobody said."""
        return self.made_from.get(step, {}).get(block, "")

    def note(self, step: str, block: str, made_from: str) -> None:
        """Say what a block was made from."""
        self.made_from.setdefault(step, {})[block] = made_from

    def follow(self, moved: Mapping[str, str]) -> None:
        """Let what is known of renamed steps stand under their new names (`moved`: old name -> new one)."""
        for old, new in moved.items():
            if old in self.made_from:
                self.made_from.setdefault(new, self.made_from.pop(old))

    def written(self) -> str:
        """The text of the file: steps and blocks in the order of the alphabet, so that a diff is short."""
        lines = [_HEAD]
        if self.review:
            by, words = _quoted(self.review.by), _quoted(self.review.words)
            lines.append(f"[review]\non = {self.review.on}\nby = {by}\nwords = {words}\n")
        for step, blocks in sorted(self.made_from.items()):
            rows = "".join(f"{block} = {_quoted(made_from)}\n" for block, made_from in sorted(blocks.items()))
            lines.append(f"[made_from.{step}]\n{rows}")
        return "\n".join(lines)


def read_origin(path: Path) -> tuple[Origin, list[Problem]]:
    """What the file says; nothing when there is none. Values of a wrong type are left out: no person writes it."""
    if not path.is_file():
        return Origin(), []
    file = read_file(path)
    steps = file.data.get("made_from", {})
    made_from = {
        step: {block: value for block, value in blocks.items() if isinstance(value, str)}
        for step, blocks in (steps.items() if isinstance(steps, dict) else ())
        if isinstance(blocks, dict)
    }
    match file.data.get("review"):
        case {"on": date() as on, "by": str(by), "words": str(words)}:
            return Origin(made_from, Review(on, by, words)), file.problems
    return Origin(made_from), file.problems


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
