"""Typed words, from the surest meaning to none at all. Whatever is typed, the person's step is kept.

The order: too long, a command, a cry for help, a button, a known problem of the step, the answer asked for, a guide,
and at last not understood.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.engine import path
from bot.engine.event import Said
from bot.flow.model import INPUTS
from bot.flow.own import CONSTANTS, OWN
from bot.meaning.choose import Offer, choose
from bot.meaning.finder import SURE, alarmed, find
from bot.service.answers import ask_address, give
from bot.wording.library import GUIDE

if TYPE_CHECKING:
    from bot.service.talk import Talk

LONGEST = 4_000
"""Characters of a typed message that is answered; to a longer one the person hears that it is too long."""

AWAY = 12 * 3_600_000
"""Milliseconds after which a person is greeted with where they were, when their first words are not understood."""

CLEAR_LEAD = 5
"""Points by which the best guide must lead the next to be offered alone."""

COMMANDS = {
    "/home": "home",
    "/help": "human",
    "/language": "language",
    "/address": "address",
    "/about": "about",
    "/delete": "delete",
    "/stop": "home",
}


def hear(talk: Talk, text: str, *, first: bool) -> None:
    """What a person typed, cleaned and free of secrets. `first`: nobody has spoken in this chat before."""
    if len(text) > LONGEST:
        talk.tell("too_long", *talk.offers)
    elif text.startswith("/"):
        _command(talk, text, first=first)
    elif cries_for_help(talk, text) or _button(talk, text):
        return
    elif talk.flow is not None and _is_asked(talk):
        talk.happen(talk.flow, Said(talk.at, text))
    else:
        _find_or_ladder(talk, text, first=first)


def _is_asked(talk: Talk) -> bool:
    """Whether the open step is answered by typing."""
    flow, session = talk.flow, talk.session
    return bool(flow and session and not session.finished and flow.steps[session.step].kind in INPUTS)


def cries_for_help(talk: Talk, text: str) -> bool:
    """A cry for help is answered, unless it is the very words of a button: then the person answers."""
    alarm = alarmed(text, talk.house.alarms)
    if alarm is None or alarm == talk.chat.flow or choose(text, _on_screen(talk), freely=False) is not None:
        return False
    title = talk.house.speaker(talk.chat).title(alarm)
    talk.tell("alarm", f"open:{alarm}", "stay" if talk.flow else "home", title=title)
    return True


def _button(talk: Talk, text: str) -> bool:
    """A button in words or by its number: of the newest message, then of the open step, then the constant ones.

    The known problems of the open step, in their very words, go before the last two: nobody need tap "stuck" first.
    """
    freely = not _is_asked(talk)
    if picked := choose(text, _on_screen(talk), freely=freely):
        give(talk, picked, talk.chat.offers_step)
        return True
    step = talk.session.step if talk.flow and talk.session else ""
    if picked := choose(text, _said_as(talk, step, _known_problems(talk)), freely=False):
        give(talk, picked, step)
        return True
    below = [*_said_as(talk, step, talk.offers), *_said_as(talk, "", CONSTANTS)]
    if picked := choose(text, below, freely=freely, numbered=False):
        give(talk, picked, step)
        return True
    return False


def _on_screen(talk: Talk) -> list[Offer]:
    """The answers under the newest message, as far as they still have a label."""
    step = talk.chat.offers_step
    return _said_as(talk, step, tuple(a for a in talk.chat.offers if _can_be_shown(talk, step, a)))


def _known_problems(talk: Talk) -> tuple[str, ...]:
    """What is behind "stuck" at the open step."""
    flow, session = talk.flow, talk.session
    if flow is None or session is None or session.finished:
        return ()
    return tuple(path.STUCK + key for key in flow.steps[session.step].stuck)


def _said_as(talk: Talk, step: str, answers: tuple[str, ...]) -> list[Offer]:
    """Answers of a step with every way to say them."""
    speaker = talk.house.speaker(talk.chat)
    flow = talk.flow if step and talk.flow and step in talk.flow.steps else None
    return [Offer(a, speaker.label(flow, step, a), speaker.words(flow, step, a)) for a in answers]


def _can_be_shown(talk: Talk, step: str, answer: str) -> bool:
    """Whether the answer still has a label: the guide may have been edited since it was shown."""
    kind, _, name = answer.partition(":")
    if kind == "open":
        return name in talk.house.flows
    flow = talk.flow
    known = flow.steps.get(step) if flow is not None else None
    if kind == "stuck" and name:
        return known is not None and name in known.stuck
    return kind in OWN or (known is not None and answer in known.go)


def _command(talk: Talk, text: str, *, first: bool) -> None:
    word, _, payload = text.partition(" ")
    word = word.partition("@")[0].lower()
    if word == "/start":
        guide, _, step = payload.strip().partition("__")
        if guide in talk.house.flows:
            talk.open(guide, step.replace("-", "/"))
        elif first:
            ask_address(talk)
        elif talk.flow is not None and talk.session is not None and not talk.session.finished:
            talk.tell("resume", "resume", "restart", "home")
        else:
            talk.home()
    elif word in COMMANDS:
        give(talk, COMMANDS[word], "")
    else:
        _ladder(talk)


def _find_or_ladder(talk: Talk, text: str, *, first: bool) -> None:
    found = [f for f in find(text, talk.house.entries) if f.guide != talk.chat.flow]
    clear = found and found[0].score >= SURE and (len(found) == 1 or found[0].score - found[1].score >= CLEAR_LEAD)
    if clear:
        guide, speaker = found[0].guide, talk.house.speaker(talk.chat)
        goal = talk.house.library.phrase(talk.chat.language, f"{guide}/{GUIDE}", "goal", speaker.address.words)
        talk.tell("found", f"open:{guide}", "stay" if talk.flow else "home", title=speaker.title(guide), goal=goal)
    elif found:
        talk.chat = replace(talk.chat, misses=talk.chat.misses + 1)
        _guess(talk, [f"open:{f.guide}" for f in found])
    elif first:
        ask_address(talk)
    else:
        _ladder(talk)


def _guess(talk: Talk, answers: list[str]) -> None:
    talk.tell("guesses", *answers, "human", "stay" if talk.flow else "home")


def _ladder(talk: Talk) -> None:
    """Not understood: first the question again, then some guides, then a human. The step is never lost."""
    misses = talk.chat.misses + 1
    flow, session = talk.flow, talk.session
    away = talk.at - session.since > AWAY if session else False
    if misses == 1 and away and flow is not None and session is not None and not session.finished:
        talk.tell("resume", "resume", "restart", "home")
    elif misses == 1 and flow is not None and session is not None:
        talk.happen(flow, Said(talk.at, ""))
    elif misses == 1:
        talk.tell("not_understood")
        talk.home()
    elif misses == 2:
        _guess(talk, [answer for answer in talk.house.menu if answer != f"open:{talk.chat.flow}"][:3])
    else:
        talk.tell("human", "stay" if flow else "home")
    talk.chat = replace(talk.chat, misses=misses)
