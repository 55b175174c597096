"""What people type, by what it means: read from the words of the guides and of the bot's own sentences.

All languages together: a person in fear does not switch languages first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.meaning.alarm import AlarmEntry
from bot.meaning.finder import Entry
from bot.wording.library import BOT, GUIDE
from bot.wording.render import BUTTONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.flow.model import Flow
    from bot.wording.library import Library

TALK = "talk_"
"""Files of content/<language>/_bot/ with small talk: block `words_heard` is what people type, `text` the answer."""

HEARD = "words_heard"

DANGER = "danger"
"""The topic of guides about danger; those with `alarm` are so anyway."""

WISHES = ("home", "human", "language", "address", "people", "my_data", "delete")
"""The bot's own answers that a sentence may ask for. None does harm: to delete asks once more."""


def phrases(guides: Sequence[Flow], library: Library) -> list[Entry]:
    """The phrases that find each guide, each small talk, and each answer that is understood everywhere."""
    found = [
        Entry(
            f"open:{flow.name}",
            (
                *(topic.replace("-", " ") for topic in flow.topics),
                *_lines(library, f"{flow.name}/{GUIDE}", "title"),
                *_lines(library, f"{flow.name}/{GUIDE}", "words"),
                *(_lines(library, f"{flow.name}/{GUIDE}", "alarm") if flow.alarm else ()),
                *(_lines(library, f"{flow.name}/{GUIDE}", "life") if flow.alarm else ()),
            ),
            urgent=flow.alarm or DANGER in flow.topics,
        )
        for flow in guides
    ]
    for answer in WISHES:
        said = _lines(library, BUTTONS, answer), _lines(library, BUTTONS, f"words_{answer}")
        found.append(Entry(answer, (*said[0], *said[1])))
    talks = library.names(f"{BOT}/{TALK}")
    found += [Entry(f"talk:{name.removeprefix(f'{BOT}/{TALK}')}", _lines(library, name, HEARD)) for name in talks]
    return [entry for entry in found if entry.phrases]


def cries(guides: Iterable[Flow], library: Library) -> list[AlarmEntry]:
    """The cries for help of each guide with `alarm`, and what calms them."""
    return [
        AlarmEntry(
            f"open:{flow.name}",
            _lines(library, f"{flow.name}/{GUIDE}", "alarm"),
            _lines(library, f"{flow.name}/{GUIDE}", "calm"),
            _lines(library, f"{flow.name}/{GUIDE}", "life"),
        )
        for flow in guides
        if flow.alarm
    ]


def _lines(library: Library, text: str, block: str) -> tuple[str, ...]:
    """The lines of a block in all languages."""
    return tuple(
        line
        for language in library.languages.values()
        for line in library.lines(language.name, text, block, language.address("").words)
    )
