"""The words of a handout: a guide and its texts -> what stands on the page, as plain data for the page's template."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.flow.functions import FUNCTIONS
from bot.flow.model import PASSED, SCORE
from bot.handout.page import PAGE, PAGES, Data, Page, said
from bot.handout.way import course
from bot.picture import expand
from bot.wording.library import BOT, GUIDE, Address

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from bot.flow.model import Flow, Step
    from bot.wording.library import Library

OWN = f"{BOT}/handout"

_GAP = re.compile(r"(?<=\d) (?=\d)")
_PICTURES = {"So", "Sk", "Sm", "Cf", "Cn", "Mn", "Me"}
"""Of what Unicode has above U+2000, the kinds that are little pictures, or say how one looks."""


class _Blank:
    """In place of an answer that nobody has given: a line to write on; equal to nothing."""

    def __str__(self) -> str:
        return "…………"

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return False

    def _no(self, other: object) -> bool:
        del other
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _no


BLANK = _Blank()


@dataclass(frozen=True)
class Printer:
    """Puts guides into the words of a printed page, in one language. `flows` are linked, `media` holds drawings."""

    library: Library
    flows: Mapping[str, Flow]
    language: str
    media: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    you: str = ""  # how the reader is called, where not as on every page

    def data(self, guide: str, link: str, team: str = "") -> Data:
        """Everything that any handout of this guide says."""
        flow, words = self.flows[guide], self._for_readers_of(guide)
        page = Page(words, course(flow, self.flows)).data()
        about = {"title": words.title(guide), "goal": words.piece(f"{guide}/{GUIDE}", "goal")}
        version = _mark({**about, **page, "digest": flow.digest})
        return {**about, **page, **self._sender(guide, about["title"], link, team), **self._origin(flow, version)}

    def own(self, block: str, **values: object) -> str:
        """One of the page's own sentences."""
        return printable(self.library.piece(self.language, OWN, block, {**self._address.words, **values}))

    def title(self, guide: str) -> str:
        """A guide's name, without the sign before it."""
        return self.piece(f"{guide}/{GUIDE}", "title")

    def piece(self, text: str, block: str, saved: Mapping[str, object] | None = None) -> str:
        """A piece of a guide as it reads when nothing has been answered but `saved`."""
        names = {**self._blanks, **self._address.words, **(saved or {})}
        return printable(self.library.piece(self.language, text, block, names))

    def has(self, text: str, block: str) -> bool:
        """Whether there is such a piece."""
        return self.library.has(self.language, text, block)

    def text(self, step: Step, saved: Mapping[str, object] | None = None) -> Data:
        """What a step says: its headline, and the lines of its body."""
        return said(self.piece(step.text, "text", saved))

    def picture(self, step: Step) -> Data:
        """The drawing of a step; nothing where there is none or it is damaged, which the checker tells."""
        if not step.picture.endswith(".svg"):
            return {}
        try:
            drawing = expand(self.media, step.picture)
        except (OSError, ValueError):
            return {}
        return {"picture": drawing, "alt": self.piece(step.text, "alt")}

    @cached_property
    def _address(self) -> Address:
        you, me = (self.library.piece(self.language, OWN, block, {}) for block in ("you", "me"))
        return Address("print", "", self.you or you, me)

    def _for_readers_of(self, guide: str) -> Printer:
        """Itself; for a guide that speaks of those whom it would address, one that addresses who helps them.

        The guide for volunteers speaks of “bà con”, so its reader is called as the chat calls somebody new.
        """
        unnamed = replace(self, you="\N{WORD JOINER}")
        own = [step for step in self.flows[guide].steps.values() if step.text.rpartition("/")[0] == guide]
        said = [unnamed.piece(step.text, "text") for step in own if unnamed.has(step.text, "text")]
        if not any(self._address.you in text.lower() for text in said):
            return self
        return replace(self, you=self.library.language(self.language).address("").you)

    @cached_property
    def _blanks(self) -> dict[str, object]:
        """Every name that a text may use, as long as nobody has answered."""
        saved = {step.save.rpartition("/")[2] for flow in self.flows.values() for step in flow.steps.values()}
        return {**dict.fromkeys((*saved, SCORE, PASSED), BLANK), **dict.fromkeys(FUNCTIONS, lambda _: BLANK)}

    def _sender(self, guide: str, title: str, link: str, team: str) -> Data:
        """Who hands it out, and how it is opened."""
        phone = self.settings.get("phone", "")
        return {
            "language": self.language,
            "brand": self.own("me"),
            "tagline": self.own("tagline"),
            "scan": self.own("scan"),
            "scan_steps": [self.own(f"scan_{number}") for number in (1, 2, 3)],
            "type": self.own("link"),
            "link": link,
            "link_shown": _to_type(guide, link),
            "code_alt": self.own("code_alt", title=title, link=link),
            "warning": self.own("warning"),
            "team": self.own("team", team=team) if team else "",
            "call": self.own("call", phone=phone, hours=self.settings.get("hours", "")) if phone else "",
            "page": self.own("page", page=PAGE, pages=PAGES),
        }

    def _origin(self, flow: Flow, version: str) -> Data:
        """Where the facts come from, when they were looked up, and which version this is."""
        said, sources = [self.own("version", version=version)], []
        if flow.sources:
            day = _day(min(source.checked for source in flow.sources))
            sites = list(dict.fromkeys(urlsplit(source.url).netloc.removeprefix("www.") for source in flow.sources))
            block = "source_others" if len(sites) > 1 else "source"
            said = [self.own(block, site=sites[0], others=len(sites) - 1), self.own("checked", day=day), *said]
            review = _day(flow.review_by) if flow.review_by else ""
            sources = [self.own("sources_checked", day=day, review=review), *(source.url for source in flow.sources)]
        return {"footer": said, "sources_head": self.own("sources"), "sources": sources}


def _to_type(guide: str, link: str) -> str:
    """The address beside the code, for who has no camera: of a signed link, which nobody could type, the guide's."""
    door, signed, _ = link.partition("/go/")
    return (f"{door}/g/{guide}" if signed else link).removeprefix("https://")


def printable(text: str) -> str:
    """The text without the little pictures of screens, which no typeface for paper has; numbers stay on one line."""
    kept = "".join(sign for sign in text if not _is_picture(sign))
    lines = (" ".join(line.split(" ")).strip() for line in kept.splitlines())
    return _GAP.sub("\N{NO-BREAK SPACE}", "\n".join(lines)).strip()


def _is_picture(sign: str) -> bool:
    return sign >= "\u2000" and (unicodedata.category(sign) in _PICTURES or "\u2100" <= sign <= "\u214f")


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _mark(data: Data) -> str:
    """Eight signs that change whenever anything changes that can be read on paper."""
    return hashlib.sha256(json.dumps(data, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:8]
