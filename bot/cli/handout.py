"""`bot handout`: a poster, a flyer, a card or the whole guide as a file to print or to pass on."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from bot.cli.report import FINDINGS, SETUP, USAGE, complain, show, write


def handout(guide: str, *, size: str, language: str, out: str, link: str, team: str) -> int:
    """Write one handout. 2 when there is no such thing, 3 when no address is known or the file cannot be written."""
    from bot.config import find_root, load
    from bot.handout.press import pressed
    from bot.handout.wanted import Refused, Wanted
    from bot.handout.words import Printer
    from bot.service.house import load_house
    from bot.web.media import STATIC

    config, problems = load(find_root())
    show(problems)
    if any(problem.is_error for problem in problems):
        return SETUP
    house, problems = load_house(config.root, config.words)
    show(problem for problem in problems if problem.is_error)
    if not link and not config.public_url:
        complain("The setting 'web.public_url' is empty, so no code can lead here: set it, or give --link.")
        return SETUP
    link = link or f"{config.public_url}/g/{guide}"
    wanted = Wanted(
        guide, size, language or config.language, link, unicodedata.normalize("NFC", " ".join(team.split()))
    )
    try:
        wanted.check(house.flows, house.library.languages)
    except Refused as why:
        complain(str(why))
        return USAGE
    file = Path(out or wanted.name)
    if file.suffix != f".{wanted.kind.ending}":
        complain(f"A handout of size '{size}' is a .{wanted.kind.ending} file, not '{file.name}'.")
        return USAGE
    printer = Printer(house.library, house.flows, wanted.language, config.root / "content" / "media", house.settings)
    try:
        made = pressed(printer.data(guide, link, wanted.team), size, STATIC / "fonts")
    except (RuntimeError, LookupError) as fault:
        complain(f"The handout cannot be made: {str(fault).splitlines()[0]}")
        return FINDINGS
    return write(file, made)
