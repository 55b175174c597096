"""A transcript after steps were put in or taken out: its own lines follow, as far as “Xong rồi” leads on."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bot.channel.talk_file import SPOKEN, Entry, TalkFault
from bot.engine.path import DONE
from tests.kit.talk import Person, language_of, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.service.house import House

MOST = 5
"""Steps in a row that may have been put in."""


def mend(house: House, entries: Sequence[Entry]) -> list[Entry]:
    """The writer's lines as they have to be now; where it cannot be known they stay, and playing them tells the fault.

    A `= step` whose step is gone goes, with what was done there. Before one where the person does not stand yet, each
    step between is put in with its tap on “Xong rồi”.
    """
    todo = deque(entry for entry in entries if entry.mark not in SPOKEN)
    mended: list[Entry] = []
    person = Person(house, language_of(entries))
    while todo:
        entry = todo.popleft()
        if entry.mark == "=" and person.place != entry.text:
            if _is_gone(person, entry.text):
                while todo and todo[0].mark != "=":
                    todo.popleft()
                continue
            for each in _between(_after(house, entries, mended), entry.text):
                line(person, each)
                mended.append(each)
        mended.append(entry)
        try:
            line(person, entry)
        except (LookupError, TalkFault):
            break
    return [*mended, *todo]


def _after(house: House, entries: Sequence[Entry], mended: Sequence[Entry]) -> Person:
    """Somebody else who has done all that: what is tried with them leaves no trace."""
    person = Person(house, language_of(entries))
    for entry in mended:
        line(person, entry)
    return person


def _is_gone(person: Person, place: str) -> bool:
    """Whether there is no such step any more in the guide where the person is."""
    flow = person.house.flows.get(person.chat.flow)
    return flow is not None and place != "home" and not place.startswith("end ") and place not in flow.steps


def _between(person: Person, place: str) -> list[Entry]:
    """The steps between, from where the person stands; none if “Xong rồi” does not lead there."""
    lines: list[Entry] = []
    for _ in range(MOST):
        newest = next((message for message in reversed(person.heard) if message.buttons), None)
        done = [b for b in newest.buttons if person.meanings[b.id].answer == DONE] if newest else []
        if not done:
            return []
        label = done[0].label.partition(" ")[2]
        lines += [Entry("=", person.place), Entry("*", label)]
        person.tap(label)
        if person.place == place:
            return lines
    return []
