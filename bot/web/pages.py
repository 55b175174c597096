"""Pages in words: templates/ filled for one person."""

from __future__ import annotations

import re
import secrets
import tomllib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from bot.channel.base import Document, Message
from bot.flow.own import CONSTANTS
from bot.web import media
from bot.wording.library import SOURCE_LANGUAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.channel.base import Button
    from bot.web.shown import Shown
    from bot.wording.render import Speaker

FOLDER = Path(__file__).parent

SIZES = ("18", "22", "26")
"""Sizes of letters to choose from, in CSS pixels where the browser's own size is the usual 16."""

_PLACE = re.compile(r"(\d+)/(\d+)")
_PAPER = re.compile(r"(https?://[^\s/]+(/c/[A-Za-z0-9_-]+\.(?:pdf|png)))")
_GAP = re.compile(r"(?<=\d) (?=\d)")
_ICON = re.compile(r"([^\w\s]+)\s+(\w.*)")


@dataclass(frozen=True, slots=True)
class View:
    """For whom a page is: who speaks, in what size, what is on it."""

    speaker: Speaker
    size: str = SIZES[0]
    shown: Sequence[Shown] = ()
    person: int = 1  # who of those who share the phone

    @property
    def latest(self) -> int:
        """The newest row that is on the page."""
        return max((one.latest for one in self.shown), default=0)


class Pages:
    """Makes HTML."""

    def __init__(self, content: Path) -> None:
        self._media = content / "media"
        self._words: dict[str, dict[str, Any]] = tomllib.loads((FOLDER / "words.toml").read_text(encoding="utf-8"))
        self._env = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.globals.update(
            static=partial(media.address, "/static", media.STATIC),
            media=partial(media.address, "/media", self._media),
            picture_size=partial(media.size, self._media),
            place=_place,
            is_document=lambda outgoing: isinstance(outgoing, Document),
            is_message=lambda outgoing: isinstance(outgoing, Message),
            icon_and_words=_icon_and_words,
            unbroken=_unbroken,
            linked=linked,
        )

    def chat(self, view: View, *, first: bool = False) -> str:
        """The whole chat page; at a `first` visit it begins with the greeting, else with the newest message."""
        speaker = view.speaker
        return self._fill(
            "chat.html",
            view,
            latest=view.latest,
            first=first,
            constants=list(zip(CONSTANTS, speaker.buttons(None, "", CONSTANTS), strict=True)),
            languages=_languages(speaker),
            next_size=SIZES[(SIZES.index(view.size) + 1) % len(SIZES)],
        )

    def part(self, view: View, after: int) -> str:
        """What became new or different on the chat page after row `after`."""
        return self._fill("part.html", view, latest=view.latest, after=after)

    def notice(self, view: View, code: int, why: str = "") -> str:
        """A page that says kindly what went wrong, with the way back. A reason `why` may have words of its own."""
        pages = self._of(view.speaker.language)["pages"]
        head, body = (
            text.format(**view.speaker.address.words)
            for text in pages.get(why) or pages.get(str(code)) or pages["404" if code < 500 else "500"]
        )
        return self._fill("notice.html", view, head=head, body=body)

    def go(self, view: View, **about: Any) -> str:
        """The page of a link that was passed on: see bot/web/go.py."""
        return self._fill("go.html", view, **about)

    def said(self, view: View, head: str, body: str) -> str:
        """A page that says one thing, with the way to the chat."""
        return self._fill("notice.html", view, head=head, body=body)

    def _fill(self, template: str, view: View, **values: Any) -> str:
        words = self._of(view.speaker.language)
        return self._env.get_template(template).render(
            view=view, words=words, language=view.speaker.language, nonce=secrets.token_urlsafe(12), **values
        )

    def _of(self, language: str) -> dict[str, Any]:
        return self._words.get(language) or self._words[SOURCE_LANGUAGE]


def _languages(speaker: Speaker) -> list[tuple[str, Button]]:
    """The way to another language: straight there if there is but one, else to the question."""
    others = [name for name in speaker.library.languages if name != speaker.language]
    if not others:
        return []
    if len(others) > 1:
        return [("🌐", button) for button in speaker.buttons(None, "", ("language",))]
    return [(others[0].upper(), button) for button in speaker.buttons(None, "", (f"speak:{others[0]}",))]


def _place(progress: str) -> tuple[str, str] | None:
    """The numbers of "Bước 3/7"."""
    match = _PLACE.search(progress)
    return (match[1], match[2]) if match else None


def _unbroken(text: str) -> str:
    """The text with numbers such as 1900 0368 kept on one line."""
    return _GAP.sub("\N{NO-BREAK SPACE}", text)


def linked(text: str) -> Markup:
    """The text with addresses of certificates to be tapped. They lead here, whatever else the address says."""
    parts = _PAPER.split(text)  # what is between, whole address, path, and so on
    said = Markup("").join(parts[:1])
    for address, path, between in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        said += Markup('<a href="{}">{}</a>').format(path, address) + between
    return said


def _icon_and_words(label: str) -> tuple[str, str]:
    """A label's leading sign and the rest: "🏠 Về đầu" -> ("🏠", "Về đầu")."""
    match = _ICON.fullmatch(label)
    return (match[1], match[2]) if match else ("", label)
