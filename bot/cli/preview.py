"""`bot preview`: every step of a guide as each channel shows it."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli.report import OK, SETUP, USAGE, complain, show, write

if TYPE_CHECKING:
    from bot.config import Config
    from bot.flow.model import Flow
    from bot.problem import Problem
    from bot.service.house import House
    from bot.wording.render import Speaker

OF_A_CHANNEL = frozenset({"E035", "E036"})
"""Findings about what a channel can show."""


def preview(guide: str, *, html: bool, out: str, language: str, address: str) -> int:
    """Print a guide as in the terminal; with `html` write a page of five channels to `out` ("-": standard output).

    2 when there is no such guide, language or form of address, 3 when the file cannot be written.
    """
    from bot.config import find_root, load
    from bot.engine.chat import Chat
    from bot.flow.reader import did_you_mean
    from bot.service.house import load_house

    config, problems = load(find_root())
    show(problems)
    if any(problem.is_error for problem in problems):
        return SETUP
    house, problems = load_house(config.root, config.words)
    show(problem for problem in problems if problem.is_error)
    language = language or config.language
    flow = house.flows.get(guide)
    if flow is None:
        complain(f"There is no guide '{guide}'. {did_you_mean(guide, house.flows)}".rstrip())
        return USAGE
    if language not in house.library.languages:
        complain(f"There is no language '{language}'; there are {', '.join(house.library.languages)}.")
        return USAGE
    forms = house.library.language(language).addresses
    if address and address not in forms:
        complain(f"There is no form of address '{address}'; there are {', '.join(forms)}.")
        return USAGE
    speaker = house.speaker(Chat("preview:1", "preview", "1", language, 0, 0, address=address))
    if not html:
        _print(flow, speaker)
        return OK
    page = asyncio.run(page_of(config, house, flow, speaker))
    if out == "-":
        typer.echo(page)
        return OK
    file = Path(out or config.root / "data" / "preview" / f"{guide}.{language}.html")
    return write(file, page.encode(), folder=not out)


async def page_of(config: Config, house: House, flow: Flow, speaker: Speaker) -> str:
    """The page of one guide."""
    from bot.app import say_of
    from bot.preview.page import Previewer
    from bot.preview.paper import Paper
    from bot.preview.scenes import stops

    content = config.root / "content"
    paper = Paper(
        content / "media",
        say_of(config, house),
        styles=config.zalo_bot_styles,
        phone=config.human_phone,
        together=config.zalo_oa_together,
    )
    found = _findings(config.root, speaker.language)
    return await Previewer(content, paper).page(flow, speaker, stops(flow, speaker, _now()), found)


def _findings(root: Path, language: str) -> dict[str, list[Problem]]:
    """What `bot check` says about channels, by the name of the text."""
    from bot.cli.check import all_problems

    content = root / "content" / language
    found = defaultdict(list)
    for problem in all_problems(root):
        if problem.code in OF_A_CHANNEL and problem.path.is_relative_to(content):
            found[problem.path.relative_to(content).with_suffix("").as_posix()].append(problem)
    return found


def _print(flow: Flow, speaker: Speaker) -> None:
    from bot.preview.page import terminal
    from bot.preview.scenes import stops

    for stop in stops(flow, speaker, _now()):
        for scene in stop.scenes:
            about = f" ({scene.about})" if scene.about else ""
            typer.echo(f"--- {stop.step.name}{about}\n{chr(10).join(terminal(scene.message, speaker))}\n")


def _now() -> int:
    return time.time_ns() // 1_000_000
