"""What can be answered at this moment, with every way to say it: on the screen, behind "stuck", always there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.engine import path
from bot.flow.model import INPUTS
from bot.flow.own import ALWAYS, CONSTANTS, OWN
from bot.meaning.choose import Offer, choose
from bot.wording.library import BOT

if TYPE_CHECKING:
    from bot.engine.session import Session
    from bot.flow.model import Flow
    from bot.service.talk import Talk

IN_STEP = ("done", "again", "stuck")
"""Answers of a step that are said in many ways; `_bot/in_step.j2` has those that a step's own answers may claim."""


def is_asked(talk: Talk) -> bool:
    """Whether the open step is answered by typing."""
    return is_answered_by_typing(talk.flow, talk.session)


def is_answered_by_typing(flow: Flow | None, session: Session | None) -> bool:
    """Whether what is typed is the answer to the question where somebody stands: then a number is no button's."""
    return bool(flow and session and not session.finished and flow.steps[session.step].kind in INPUTS)


def says_button(talk: Talk, text: str) -> bool:
    """Whether somebody types the very words of a button they see, or of one that is always there."""
    return bool(text) and any(choose(text, each, freely=False) is not None for each in (on_screen(talk), _always(talk)))


def says(talk: Talk, text: str, *answers: str) -> bool:
    """Whether somebody types the very words of one of these answers, wherever its button is."""
    return choose(text, said_as(talk, "", answers), freely=False) is not None


def offered(talk: Talk, language: str) -> tuple[tuple[str, list[Offer]], ...]:
    """What can be answered now, as it is said in a language, each part with the step it belongs to, surest first."""
    step = talk.session.step if talk.flow and talk.session else ""
    return (
        (talk.chat.offers_step, on_screen(talk, language)),
        (step, said_as(talk, step, _known_problems(talk), language)),
        (step, [*said_as(talk, step, talk.offers, language), *said_as(talk, "", CONSTANTS, language)]),
        ("", _always(talk, language)),
        (step, _in_step(talk, language)),
    )


def _always(talk: Talk, language: str = "") -> list[Offer]:
    """What can be said at any time: the bot's own answers, languages and guides by name, a form of address."""
    asked = is_asked(talk)
    language = language or talk.chat.language
    key = (language, talk.chat.address, asked)
    said = talk.house.always.get(key)
    if said is None:
        known = talk.house.library.languages
        forms = () if talk.chat.address else known[language].addresses
        names = [*(f"speak:{name}" for name in known), *(f"call:{name}" for name in forms)]
        names += () if asked else [f"open:{name}" for name in talk.house.flows]
        said = said_as(talk, "", (*ALWAYS, *names), language)
        said = talk.house.always[key] = [*said, *_called(talk, language)]
    return said


def _called(talk: Talk, language: str) -> list[Offer]:
    """How people say in a sentence what they want to be called: "gọi tôi là bà"."""
    library = talk.house.library
    said = {
        form.name: library.lines(language, f"{BOT}/address", "words_call", form.words)
        for form in library.language(language).addresses.values()
    }
    return [Offer(f"call:{name}", words[0], words) for name, words in said.items() if words]


def _in_step(talk: Talk, language: str) -> list[Offer]:
    """What is said in many ways at every step; only for the answers that the open one has."""
    library, names = talk.house.library, talk.house.speaker(talk.chat).address.words
    answers = [answer for answer in IN_STEP if answer in talk.offers]
    said = {answer: library.lines(language, f"{BOT}/in_step", f"words_{answer}", names) for answer in answers}
    return [Offer(answer, words[0], words) for answer, words in said.items() if words]


def on_screen(talk: Talk, language: str = "") -> list[Offer]:
    """The answers under the newest message, as far as they still have a label."""
    step = talk.chat.offers_step
    return said_as(talk, step, tuple(a for a in talk.chat.offers if _can_be_shown(talk, step, a)), language)


def _known_problems(talk: Talk) -> tuple[str, ...]:
    """What is behind "stuck" at the open step."""
    flow, session = talk.flow, talk.session
    if flow is None or session is None or session.finished:
        return ()
    return tuple(path.STUCK + key for key in flow.steps[session.step].stuck)


def said_as(talk: Talk, step: str, answers: tuple[str, ...], language: str = "") -> list[Offer]:
    """Answers of a step with every way to say them, in the chat's language or another."""
    speaker = talk.house.speaker(replace(talk.chat, language=language) if language else talk.chat)
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
