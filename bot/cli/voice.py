"""`bot voice`: which steps have a voice, and draft voices for those that nobody has recorded."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from bot.cli.report import FINDINGS, OK, SETUP, USAGE, complain, show
from bot.cli.settings import settings
from bot.engine.chat import Chat
from bot.flow.reader import did_you_mean
from bot.service import aloud
from bot.service.house import load_house
from bot.voice.provider import NotSpoken
from bot.voice.sound import ENDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.config import Config
    from bot.service.house import House
    from bot.voice.drafts import Drafts

HOME = "home"
"""In place of a guide: the home screen."""

STATES = ("recorded", "old recording", "draft", "stale", "missing", "when asked")
"""recorded; recorded with words that have changed since; draft made; made with words that have changed since; not made;
depends on what a person answered, so that it is made when somebody asks."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere where a person may ask for the voice. `recording`: a file below content/media/voice/, or ""."""

    language: str
    guide: str
    step: str
    words: str
    recording: str = ""

    @property
    def name(self) -> str:
        """Its name in the list of what was built."""
        return f"{self.language}/{self.guide}/{self.step}"


def status(*, as_json: bool) -> int:
    """Tell per language and guide what has a voice; exit code 1 when a recording says old words."""
    opened = _open()
    if opened is None:
        return SETUP
    config, house, drafts = opened
    states = {place: _state(place, config, drafts, _built(config)) for place in _places(house)}
    counts: dict[tuple[str, str], Counter[str]] = {}
    for place, state in states.items():
        counts.setdefault((place.language, place.guide), Counter())[state] += 1
    old = [place for place, state in states.items() if state == "old recording"]
    if as_json:
        rows = [{"language": la, "guide": gu, **{s: c[s] for s in STATES}} for (la, gu), c in counts.items()]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return FINDINGS if old else OK
    for language in house.library.languages:
        typer.echo(f"{language}: {voice_of(config, language) or 'nobody speaks it'}")
        for (spoken, guide), count in counts.items():
            if spoken == language:
                said = ", ".join(f"{count[state]} {state}" for state in STATES if count[state])
                typer.echo(f"  {guide}: {said or 'nothing to read'}")
    for place in old:
        complain(f"content/media/voice/{place.recording} says other words than '{place.step}' of {place.guide} now.")
        complain(f"    hint: record it again and remove {_said(config, place).name}, or remove the recording")
    return FINDINGS if old else OK


def build(guide: str) -> int:
    """Make the drafts of a guide, or of all, that are not there. What was made stays when it is interrupted."""
    opened = _open()
    if opened is None:
        return SETUP
    config, house, drafts = opened
    if guide and guide not in {*house.flows, HOME}:
        complain(f"There is no guide '{guide}'. {did_you_mean(guide, house.flows) or ''}".rstrip())
        return USAGE
    places = [place for place in _places(house) if guide in {"", place.guide}]
    try:
        return _build_all(config, drafts, places)
    except OSError as fault:
        complain(f"{fault.filename} cannot be written: {fault.strerror}.")
        return SETUP


def _build_all(config: Config, drafts: Drafts, places: list[Place]) -> int:
    for place in places:
        if place.recording and place.words and _recorded(config, place) and not _said(config, place).exists():
            _said(config, place).write_text(f"{place.words}\n", encoding="utf-8")
    wanted = [place for place in places if place.words and not _recorded(config, place)]
    wanted = [place for place in wanted if drafts.key(place.language, place.words)]
    if not wanted and any(not _recorded(config, place) for place in places):
        complain("Nobody can speak: see the setting 'voice.provider'.")
        return SETUP
    return asyncio.run(_build(config, drafts, wanted))


async def _build(config: Config, drafts: Drafts, places: list[Place]) -> int:
    built = _built(config)
    made = {key for place in places if drafts.is_made(key := drafts.key(place.language, place.words))}
    reasons: Counter[str] = Counter()

    async def speak(place: Place) -> None:
        try:
            await drafts.make(place.language, place.words, *ENDINGS)
        except NotSpoken as reason:
            reasons[str(reason)] += 1
        else:
            built[place.name] = drafts.key(place.language, place.words)

    begun = time.monotonic()
    try:
        await asyncio.gather(*map(speak, places))
    finally:
        _write(config, built)
    new = {built[place.name] for place in places if place.name in built} - made
    typer.echo(f"{len(new)} drafts made, {len(made)} were there ({time.monotonic() - begun:.0f} s).")
    for reason, count in reasons.items():
        complain(f"{count} not spoken: {reason}.")
    return FINDINGS if reasons else OK


def voice_of(config: Config, language: str) -> str:
    """Who speaks a language, for an operator; empty when nobody does."""
    provider = aloud.finder(config)(language)
    return provider.name if provider else ""


def _open() -> tuple[Config, House, Drafts] | None:
    config = settings()
    if config is None:
        return None
    house, problems = load_house(config.root, config.words)
    show(problem for problem in problems if problem.is_error)
    return config, house, aloud.drafts(config)


def _places(house: House) -> Iterator[Place]:
    """Everywhere where somebody may ask, in the usual form of address; others are spoken when they are asked for."""
    for language in house.library.languages:
        chat = Chat("", "", "", language, 0, 0)
        yield Place(language, HOME, HOME, aloud.words_at(house, chat, None, None, 0))
        for flow in house.flows.values():
            for step, session in aloud.resting_places(flow):
                words = aloud.words_at(house, chat, flow, session, 0)
                yield Place(language, flow.name, step.name, words, aloud.recording(language, step))


def _state(place: Place, config: Config, drafts: Drafts, built: dict[str, str]) -> str:
    if _recorded(config, place):
        said = _said(config, place)
        fits = not place.words or not said.exists() or said.read_text(encoding="utf-8").strip() == place.words
        return "recorded" if fits else "old recording"
    if not place.words:
        return "when asked"
    key = drafts.key(place.language, place.words)
    if key and drafts.is_made(key):
        return "draft"
    return "stale" if built.get(place.name, key) != key else "missing"


def _recorded(config: Config, place: Place) -> bool:
    return bool(place.recording) and _file(config, place).is_file()


def _file(config: Config, place: Place) -> Path:
    return config.root / "content" / "media" / "voice" / place.recording


def _said(config: Config, place: Place) -> Path:
    """Beside a recording: the words of the day it was first seen, so that an edit of the step is noticed."""
    return _file(config, place).with_suffix(".txt")


def _list(config: Config) -> Path:
    return config.root / "data" / "voice" / "built.json"


def _built(config: Config) -> dict[str, str]:
    """Which draft was built for each place; a list that cannot be read is begun anew."""
    try:
        return dict(json.loads(_list(config).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _write(config: Config, built: dict[str, str]) -> None:
    _list(config).parent.mkdir(parents=True, exist_ok=True)
    _list(config).write_text(json.dumps(built, indent=1, sort_keys=True), encoding="utf-8")
