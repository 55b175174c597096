"""The page of a preview: each step of a guide on five channels, as one file that needs nothing beside it."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from bot.channel.terminal import lines
from bot.picture import expand
from bot.web.media import STATIC
from bot.web.pages import Pages, View
from bot.web.shown import Shown
from bot.wording.library import BOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.channel.base import Message
    from bot.flow.model import Flow
    from bot.preview.paper import Call, Paper
    from bot.preview.scenes import Scene, Stop
    from bot.problem import Problem
    from bot.wording.render import Speaker

FOLDER = Path(__file__).parent

_SOURCE = re.compile(r'src="/media/([^"?]+)(?:\?[^"]*)?"')
_FONT = re.compile(r'url\("(fonts/[^"]+)"\)')


@dataclass(frozen=True, slots=True)
class Bubble:
    """One call of a platform: a picture, a text whose headline is `large`, rows of buttons below."""

    picture: str
    before: str
    large: str
    after: str
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Five:
    """One message on each channel. `web` is HTML of the web chat's own template."""

    about: str
    telegram: list[Bubble]
    zalo_bot: list[Bubble]
    zalo_oa: list[Bubble]
    web: Markup
    terminal: str


class Previewer:
    """Makes the page. `content` is the folder of texts and media."""

    def __init__(self, content: Path, paper: Paper) -> None:
        self._media = content / "media"
        self._paper = paper
        self._pages = Pages(content)
        self._pictures: dict[str, str] = {}
        self._shown = 0

    async def page(
        self, flow: Flow, speaker: Speaker, stops: Iterable[Stop], findings: Mapping[str, Sequence[Problem]]
    ) -> str:
        """The whole page. `findings`: what the checker says, by the name of a step's text."""
        shown = [
            (stop, [await self.five(scene, speaker) for scene in stop.scenes], findings.get(stop.step.text, ()))
            for stop in stops
        ]
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return environment.get_template("page.html").render(
            title=speaker.title(flow.name),
            guide=flow.name,
            language=speaker.language,
            called=speaker.address.label,
            shown=shown,
            pictures=self._pictures,
            style=Markup(_style()),  # noqa: S704 (our own file)
        )

    async def five(self, scene: Scene, speaker: Speaker) -> Five:
        """One message as each channel shows it."""
        message = scene.message
        if message.picture:
            self._load(message.picture.path)
        telegram = [_telegram(call) for call in await self._paper.telegram(message)]
        zalo_bot = [_zalo_bot(call) for call in await self._paper.zalo_bot(message)]
        zalo_oa = [_zalo_oa(call) for call in await self._paper.zalo_oa(message)]
        return Five(
            scene.about, telegram, zalo_bot, zalo_oa, self._web(message, speaker), "\n".join(terminal(message, speaker))
        )

    def _web(self, message: Message, speaker: Speaker) -> Markup:
        """The web chat's own HTML, its pictures inside."""
        self._shown += 2
        part = self._pages.part(View(speaker, shown=[Shown(self._shown, self._shown, message)]), self._shown - 1)
        return Markup(_SOURCE.sub(lambda found: f'src="{self._pictures.get(found[1], "")}"', part))  # noqa: S704 (escaped by its template)

    def _load(self, path: str) -> None:
        """A picture as an address that holds it; none where there is no such picture, as on the channels."""
        if path not in self._pictures:
            try:
                svg = path.endswith(".svg")
                data = expand(self._media, path).encode() if svg else (self._media / path).read_bytes()
            except (OSError, ValueError):
                return
            kind = "svg+xml" if svg else Path(path).suffix.removeprefix(".").replace("jpg", "jpeg")
            self._pictures[path] = f"data:image/{kind};base64,{b64encode(data).decode()}"


def terminal(message: Message, speaker: Speaker) -> list[str]:
    """A message as the terminal prints it, before it breaks lines."""
    return lines(message, lambda alt: speaker.library.piece(speaker.language, f"{BOT}/picture", "text", {"alt": alt}))


def _telegram(call: Call) -> Bubble:
    """Its HTML says what is bold."""
    html = str(call.get("text") or call.get("caption") or "")
    before, _, rest = html.partition("<b>")
    large, _, after = rest.partition("</b>")
    keyboard = call.get("reply_markup", {}).get("inline_keyboard", ())
    rows = [[str(button["text"]) for button in row] for row in keyboard]
    return Bubble(str(call.get("photo", "")), _plain(before), _plain(large), _plain(after), rows)


def _zalo_bot(call: Call) -> Bubble:
    text = str(call.get("text") or call.get("caption") or "")
    return Bubble(str(call.get("photo", "")), *_cut(text, call.get("text_styles", ())))


def _zalo_oa(call: Call) -> Bubble:
    payload = call.get("attachment", {}).get("payload", {})
    picture = next((str(each["attachment_id"]) for each in payload.get("elements", ())), "")
    rows = [[str(button["title"])] for button in payload.get("buttons", ())]
    return Bubble(picture, str(call.get("text", "")), "", "", rows)


def _cut(text: str, styles: Sequence[Mapping[str, Any]]) -> tuple[str, str, str]:
    """A text before, in and after the letters that are large; Zalo counts units of UTF-16."""
    if not styles:
        return text, "", ""
    start, end = 2 * styles[0]["start"], 2 * (styles[0]["start"] + styles[0]["len"])
    units = text.encode("utf-16-le")
    before, large, after = (part.decode("utf-16-le") for part in (units[:start], units[start:end], units[end:]))
    return before, large, after


def _plain(html: str) -> str:
    """Telegram's HTML without its markup."""
    return str(Markup(html).unescape())  # noqa: S704 (is escaped again by the page)


@cache
def _style() -> str:
    """The web chat's style, with its letters inside."""
    css = (STATIC / "chat.css").read_text(encoding="utf-8")
    return _FONT.sub(lambda found: f'url("data:font/woff2;base64,{_base64(STATIC / found[1])}")', css)


def _base64(file: Path) -> str:
    return b64encode(file.read_bytes()).decode()
