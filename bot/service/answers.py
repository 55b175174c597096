"""What each answer does that a button or a word stands for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.channel.base import VoiceNote
from bot.engine.effect import Note
from bot.engine.event import AskedAgain, AskedForHelp, Muted, Picked, Resumed, Returned, Started, WentBack

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.flow.model import Flow
    from bot.service.talk import Talk


def give(talk: Talk, answer: str, step: str) -> None:
    """One of the answers that buttons and words stand for."""
    kind, _, name = answer.partition(":")
    if anywhere := _ANYWHERE.get(kind):
        anywhere(talk, name)
        return
    flow, session = talk.flow, talk.session
    if flow is None or session is None:
        talk.go_on()
    elif in_guide := _IN_GUIDE.get(kind):
        in_guide(talk, flow, step or session.step)
    else:
        talk.happen(flow, Picked(talk.at, step or session.step, answer))


def _chapter(talk: Talk, name: str) -> None:
    """The guides of a chapter; an open guide stays where it is until one is opened."""
    listed = talk.house.chapter(name)
    if listed:
        talk.tell("chapter", *listed, "home", title=talk.house.speaker(talk.chat).label(None, "", f"chapter:{name}"))
    else:  # a button of a chapter that is gone
        talk.home()


def _call(talk: Talk, name: str) -> None:
    talk.chat = replace(talk.chat, address=name)
    talk.go_on()


def _speak(talk: Talk, name: str) -> None:
    if name in talk.house.library.languages:
        talk.chat = replace(talk.chat, language=name)
    talk.go_on()


def _human(talk: Talk, _name: str = "") -> None:
    if talk.flow is not None and talk.session is not None:
        talk.happen(talk.flow, AskedForHelp(talk.at))
    else:
        talk.tell("human", "home")


def _scammed(talk: Talk, _name: str) -> None:
    """Somebody has just asked the person for a secret."""
    if talk.house.alarms:
        talk.open(talk.house.alarms[0].guide)
    else:
        talk.go_on()


def _feedback(face: str) -> Callable[[Talk, str], None]:
    def thank(talk: Talk, _name: str) -> None:
        step = talk.session.step if talk.session else ""
        talk.notes.append((talk.chat.flow, Note("feedback", step, face)))
        talk.tell("thanks", "home")

    return thank


def _erase(talk: Talk, _name: str) -> None:
    talk.tell("deleted")
    talk.erase = True


def ask_address(talk: Talk) -> None:
    """How to call the person; a language with one form need not ask."""
    forms = talk.house.library.language(talk.chat.language).addresses
    if len(forms) > 1:
        talk.tell("address", *(f"call:{name}" for name in forms))
    else:
        talk.go_on()


def _aloud(talk: Talk, flow: Flow, step: str) -> None:
    """The recorded voice of the step; where there is none, the words once more."""
    spoken = flow.steps.get(step) or flow.steps.get(talk.session.step if talk.session else "")
    if spoken is not None and spoken.voice:
        talk.outgoing.append(VoiceNote(f"{talk.chat.language}/{spoken.voice}"))
    else:
        talk.happen(flow, AskedAgain(talk.at))


_ANYWHERE: dict[str, Callable[[Talk, str], None]] = {
    "home": lambda talk, _: talk.home(),
    "open": lambda talk, name: talk.open(name),
    "chapter": _chapter,
    "call": _call,
    "speak": _speak,
    "language": lambda talk, _: talk.tell("language", *(f"speak:{known}" for known in talk.house.library.languages)),
    "address": lambda talk, _: ask_address(talk),
    "asked_me": _scammed,
    "understood": lambda talk, _: talk.go_on(),
    "stay": lambda talk, _: talk.go_on(),
    "good": _feedback("good"),
    "so_so": _feedback("so_so"),
    "bad": _feedback("bad"),
    "about": lambda talk, _: talk.tell("about", "stay" if talk.flow else "home"),
    "delete": lambda talk, _: talk.tell("delete_ask", "delete_me", "stay" if talk.flow else "home"),
    "delete_me": _erase,
    "human": _human,
}
"""Answers that mean the same whether a guide is open or not."""

_IN_GUIDE: dict[str, Callable[[Talk, Flow, str], None]] = {
    "aloud": _aloud,
    "resume": lambda talk, flow, _: talk.happen(flow, Resumed(talk.at)),
    "restart": lambda talk, flow, _: talk.happen(flow, Started(talk.at)),
    "no_reminders": lambda talk, flow, _: talk.happen(flow, Muted(talk.at)),
    "again": lambda talk, flow, _: talk.happen(flow, AskedAgain(talk.at)),
    "back": lambda talk, flow, step: talk.happen(flow, WentBack(talk.at, step)),
    "return": lambda talk, flow, step: talk.happen(flow, Returned(talk.at, step)),
}
"""Answers about the way through the open guide; every other one is an answer to its step."""
