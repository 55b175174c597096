"""A team: those who help together, known by a short code that stands in links."""

from __future__ import annotations

import re
from dataclasses import dataclass

KINDS = ("youth", "women", "university", "school", "commune", "village", "other")
"""Youth union, women's union, university, school, commune's digital team, village's digital team."""

CODE = re.compile(r"[a-z0-9](?:-?[a-z0-9]){1,15}")
"""Small letters, digits, single hyphens between them."""

LONGEST_CODE = 16
"""Characters of a code: it shares the 64 of a Telegram link with guide, step and signature."""

LONGEST_NAME = 80
"""Characters of a name: it stands in one line of a message."""


@dataclass(frozen=True, slots=True)
class Team:
    """One team. `place` is a commune's or a province's key; times are milliseconds, `ended_at` 0 while it is there."""

    code: str
    name: str
    kind: str
    place: str
    created_at: int = 0
    ended_at: int = 0


def is_code(text: str) -> bool:
    """Whether a team can have this code."""
    return len(text) <= LONGEST_CODE and CODE.fullmatch(text) is not None
