"""A browser without script: reads forms from a page and posts them, as a person's old phone does."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HERE = {"Sec-Fetch-Site": "same-origin"}
VOID = {"meta", "link", "img", "input", "br", "hr"}


@dataclass
class Form:
    """One form: its hidden fields, and its buttons as (label, name, value)."""

    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def pressed(self, label: str) -> dict[str, str] | None:
        """What is posted when the button whose label contains `label` is pressed; None if there is none."""
        for text, name, value in self.buttons:
            if label in text:
                return {**self.fields, **({name: value} if name else {})}
        return None


class Page(HTMLParser):
    """What a person finds on a page."""

    def __init__(self, html: str, status: int = 200) -> None:
        super().__init__()
        self.html = html
        self.status = status
        self.heads: list[str] = []
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.language = ""
        self.text = ""
        self._path: list[str] = []
        self._button: tuple[str, str] | None = None
        self._words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by HTMLParser, as the two below."""
        values = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._path.append(tag)
        if tag == "html":
            self.language = values["lang"]
        elif tag == "form":
            self.forms.append(Form())
        elif tag == "input" and values.get("type") == "hidden":
            self.forms[-1].fields[values["name"]] = values["value"]
        elif tag == "button":
            self._button, self._words = (values.get("name", ""), values.get("value", "")), []
        elif tag in {"h1", "h2"}:
            self._words = []
        self.links += [values[name] for name in ("href", "src") if name in values]

    def handle_endtag(self, tag: str) -> None:
        """See handle_starttag."""
        if tag in self._path:
            while self._path.pop() != tag:
                pass
        if tag == "h2" or (tag == "h1" and self.status >= 400):
            self.heads.append("".join(self._words).strip())
        elif tag == "button" and self._button is not None:
            self.forms[-1].buttons.append((" ".join("".join(self._words).split()), *self._button))
            self._button = None

    def handle_data(self, data: str) -> None:
        """See handle_starttag."""
        self._words.append(data)
        self.text += data

    @property
    def newest(self) -> str:
        """The headline of the newest message."""
        return self.heads[-1]

    def press(self, label: str) -> dict[str, str]:
        """What is posted by the newest button with this label."""
        found = [fields for form in self.forms if (fields := form.pressed(label)) is not None]
        assert found, f"no button {label!r}: {[b[0] for form in self.forms for b in form.buttons]}"
        return found[-1]

    def labels(self) -> list[str]:
        """All button labels."""
        return [label for form in self.forms for label, _, _ in form.buttons]


class Visitor:
    """One person with cookies."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.page = Page("")

    async def get(self, path: str = "/", **headers: str) -> Page:
        """Open an address."""
        async with self.session.get(path, headers=headers) as response:
            self.page = Page(await response.text(), response.status)
        return self.page

    async def post(self, fields: dict[str, str], headers: dict[str, str] = HERE) -> Page:
        """Post a form; the page that comes after it."""
        async with self.session.post("/", data=fields, headers=headers) as response:
            self.page = Page(await response.text(), response.status)
        return self.page

    async def tap(self, label: str) -> Page:
        """Press a button of the page."""
        return await self.post(self.page.press(label))

    async def say(self, text: str) -> Page:
        """Type and send."""
        return await self.post({**self.page.press("Gửi"), "text": text})


@asynccontextmanager
async def visitor(url: str, **headers: str) -> AsyncIterator[Visitor]:
    """Somebody who has never been here."""
    jar = aiohttp.CookieJar(unsafe=True)  # cookies for an address in numbers, as the tests use
    async with aiohttp.ClientSession(url, cookie_jar=jar, headers={"Accept-Language": "vi-VN", **headers}) as session:
        yield Visitor(session)
