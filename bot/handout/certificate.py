"""A certificate on paper and as a square picture: what stands on it, as plain data for certificate.typ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.handout.wanted import Size
from bot.wording.library import BOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.handout.page import Data
    from bot.wording.library import Library

WORDS = f"{BOT}/certificate"

_MM = 72 / 25.4

FORMS = {
    "certificate": Size(297 * _MM, 210 * _MM, template="certificate"),
    "certificate_square": Size(1080, 1080, "png", "certificate"),
}
"""A4 across, and a picture to show; by the names that the press knows them by."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a certificate says. `link` opens the page where anybody can check it; `team` may be ""."""

    name: str
    kind: str
    guides: Sequence[str]
    team: str
    day: str
    serial: str
    link: str


def data(library: Library, language: str, content: Content) -> Data:
    """Everything on it, in one language."""

    def own(block: str, **values: object) -> str:
        return library.piece(language, WORDS, f"paper_{block}", values)

    return {
        "language": language,
        "brand": library.piece(language, f"{BOT}/handout", "me", {}),
        "title": own("title"),
        "gives": own("gives"),
        "name": content.name,
        "kind": content.kind,
        "passed": own("passed", count=len(content.guides), guides=", ".join(content.guides)),
        "team": own("team", team=content.team) if content.team else "",
        "day": own("day", day=content.day),
        "serial": own("serial", serial=content.serial),
        "check": own("check"),
        "note": own("note"),
        "link": content.link,
        "link_shown": content.link.partition("://")[2],
        "code_alt": own("code_alt", link=content.link),
    }
