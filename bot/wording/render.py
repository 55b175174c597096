"""Effects to messages: the words, the buttons and their ids, in one person's language and form of address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.channel.base import Button, Message, Picture
from bot.engine import path
from bot.engine.answer import LONGEST_TEXT, value_of
from bot.engine.button import ButtonMeaning, button_id
from bot.engine.event import local_day, local_time
from bot.engine.quiz import WHY
from bot.flow.functions import FUNCTIONS
from bot.flow.model import INPUTS, Kind
from bot.flow.own import CONSTANTS, is_noted, needs_no_guide, shared, weight
from bot.wording.library import BOT, GUIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from datetime import date

    from bot.engine.effect import Record, Show, Tell
    from bot.engine.session import Session
    from bot.flow.model import Flow
    from bot.wording.library import Address, Library

BUTTONS = f"{BOT}/buttons"
CHAPTERS = f"{BOT}/chapters"
PROFILE = f"{BOT}/profile"
WISHES = ("fewer", "more")
"""Answers that mean a topic of broadcasts, and are called the same whatever it is."""
RECORD_MAX = 30
"""Characters of a typed text in a record, so that it fits on a button."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Renders for one person: their language and form of address, and what the operator has set."""

    library: Library
    flows: Mapping[str, Flow]
    language: str
    address: Address
    settings: Mapping[str, str] = field(default_factory=dict)
    keyboards: dict[tuple[object, ...], tuple[Button, ...]] = field(default_factory=dict)
    """Buttons made before: a label depends on the language and the form of address alone."""
    by_number: bool = False
    """The channel has no buttons: sentences that speak of one speak of a number."""

    def show(self, flow: Flow, session: Session, effect: Show, at: int, *, aloud: bool = False) -> Message:
        """A message in the words of a step. `aloud`: for a voice, whose file outlives the chat; see `_impersonal`."""
        step = flow.steps[effect.step]
        saved = path.values(flow, session.visits)
        names = {**self._names(at), **_in_scope(step.scope, _impersonal(flow, saved) if aloud else saved)}
        piece = effect.piece
        if piece.startswith(f"{WHY}_") and not self.library.has(self.language, step.text, piece):
            piece = WHY  # one for all wrong answers
        if piece == "text":
            text = self.library.piece(self.language, step.text, "text", names)
        elif self.library.has(self.language, step.text, piece):
            text = self.library.piece(self.language, step.text, piece, names)
        else:  # the bot's own sentence for all steps of this kind: refused_number, stuck
            own = f"refused_{step.kind}" if piece == "refused" else piece
            longest = LONGEST_TEXT if step.kind is Kind.TEXT and step.max is None else step.max
            limits = {"min": _number(step.min), "max": _number(longest)}
            text = self.library.piece(self.language, f"{BOT}/{own}", "text", {**names, **limits})
        head, _, body = text.partition("\n\n")
        picture = None
        progress = ""
        if piece == "text":
            if step.picture:
                picture = Picture(step.picture, self.library.piece(self.language, step.text, "alt", names))
            place = path.progress(flow, session.visits, step.name) if effect.offers else None
            if place:
                counted = {"step": place[0], "total": place[1]}
                progress = self.library.phrase(self.language, f"{BOT}/progress", "text", counted)
        return Message(head, body.strip(), progress, picture, self.buttons(flow, step.name, effect.offers))

    def tell(self, flow: Flow | None, session: Session | None, effect: Tell, at: int) -> Message:
        """A message in the bot's own words: "home", or one of several in a file, "team.menu"."""
        names: dict[str, Any] = {**self.settings, **self._names(at)}
        kind = "number" if self.by_number else "button"
        button = self.library.phrase(self.language, f"{BOT}/no_buttons", kind, {})
        names.update(title="", step=None, total=None, button=button)
        if flow is not None:
            names["title"] = self.title(flow.name)
            if session is not None and (place := path.progress(flow, session.visits, session.step)):
                names["step"], names["total"] = place
        names.update(effect.values)
        file, _, block = effect.text.partition(".")
        text = self.library.piece(self.language, f"{BOT}/{file}", block or "text", names)
        head, _, body = text.partition("\n\n")
        return Message(head, body.strip(), buttons=self.buttons(flow, effect.step, effect.offers))

    def record(self, flow: Flow, effect: Record, at: int) -> Button:
        """The one button that an answered keyboard becomes; tapping it asks whether to go back to that step."""
        step = flow.steps[effect.step]
        if step.kind not in INPUTS:
            label: Hashable = self.label(flow, effect.step, effect.answer)
        else:
            label = "•••" if step.private else _shortened(value_of(step, effect.answer))
        time = local_time(at).strftime("%H:%M")
        text = self.library.phrase(self.language, f"{BOT}/record", "text", {"label": label, "time": time})
        return Button(button_id(ButtonMeaning(flow.name, flow.digest, effect.step, "record")), text, "small")

    def constants(self) -> tuple[str, ...]:
        """Labels of what is always there."""
        return tuple(self.label(None, "", answer) for answer in CONSTANTS)

    @property
    def called(self) -> str:
        """How others may call this person: "Bác"; "" where they are addressed as everybody is who has not said how."""
        usual = self.library.language(self.language).default_address
        return "" if self.address.name == usual else self.address.label

    def title(self, guide: str) -> str:
        """The name of a guide, as on its button."""
        return self.library.phrase(self.language, f"{guide}/{GUIDE}", "title", self.address.words)

    def buttons(self, flow: Flow | None, step: str, offers: tuple[str, ...]) -> tuple[Button, ...]:
        """The buttons under a message, in order."""
        key = (self.language, self.address.name, flow.name if flow else "", step, offers)
        made = self.keyboards.get(key)
        if made is None:
            made = self.keyboards[key] = tuple(
                Button(
                    button_id(meaning_of(flow, step, answer)),
                    self.label(flow, step, answer),
                    weight(answer),
                    shared(answer),
                )
                for answer in offers
            )
        return made

    def label(self, flow: Flow | None, step: str, answer: str) -> str:
        """The words on a button."""
        kind, _, name = answer.partition(":")
        if kind == "open":
            return self.title(name)
        if kind == "call":
            return self.library.language(self.language).address(name).label
        if kind == "chapter":
            return self.library.phrase(self.language, CHAPTERS, name, self.address.words)
        if kind == "speak":
            return self.library.phrase(name, BUTTONS, "language_name", {})
        if kind == "profile":
            return self.library.phrase(self.language, PROFILE, "text", self._profile(name))
        if kind in WISHES or is_noted(answer):
            return name.partition("|")[2] or self.library.phrase(self.language, BUTTONS, kind, self.address.words)
        if kind == "listen":
            return self.library.phrase(self.language, BUTTONS, "aloud", self.address.words)
        if flow is not None and step and (answer in flow.steps[step].go or (kind == "stuck" and name)):
            return self.library.phrase(self.language, flow.steps[step].text, name or answer, self.address.words)
        return self.library.phrase(self.language, BUTTONS, answer, self.address.words)

    def words(self, flow: Flow | None, step: str, answer: str) -> tuple[str, ...]:
        """Typed words that mean the same as the button."""
        kind, _, name = answer.partition(":")
        block = f"words_{kind if kind in WISHES or is_noted(answer) else name or answer}"
        if flow is not None and step:
            found = self.library.lines(self.language, flow.steps[step].text, block, self.address.words)
            if found:
                return found
        if answer.startswith("profile:"):
            return self.library.lines(self.language, PROFILE, "typed", self._profile(answer.partition(":")[2]))
        own = CHAPTERS if answer.startswith("chapter:") else BUTTONS
        return self.library.lines(self.language, own, block, self.address.words)

    def _profile(self, name: str) -> dict[str, str]:
        """What may be said of a profile such as "2-co"."""
        number, _, form = name.partition("-")
        return {"number": number, "called": self.library.language(self.language).address(form).label}

    def _names(self, at: int) -> dict[str, Any]:
        today = local_day(at)
        return {**self.address.words, **{name: _bind(function, today) for name, function in FUNCTIONS.items()}}


def _bind(function: Callable[[object, date], object], today: date) -> Callable[[object], object]:
    """A function of conditions as the texts call it: today is known."""
    return lambda value: function(value, today)


def _in_scope(scope: str, saved: Mapping[str, Any]) -> dict[str, Any]:
    """The saved values as a step of an entered guide knows them: "pay/name" is `name` in the scope "pay/"."""
    return {name.removeprefix(scope): value for name, value in saved.items() if name.startswith(scope)}


def _impersonal(flow: Flow, saved: Mapping[str, Any]) -> dict[str, Any]:
    """What was saved, with nothing in place of what a person typed or what is private."""
    personal = {step.save for step in flow.steps.values() if step.private or step.kind in INPUTS}
    return {name: "" if name in personal else value for name, value in saved.items()}


def meaning_of(flow: Flow | None, step: str, answer: str) -> ButtonMeaning:
    """What a button under a message says when it is tapped."""
    if flow is None or needs_no_guide(answer):
        return ButtonMeaning("", "", "", answer)
    return ButtonMeaning(flow.name, flow.digest, step, answer)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() else str(value).replace(".", ",")


def _shortened(value: object) -> object:
    """A typed text as short as a button; other values are short already."""
    if isinstance(value, str) and len(value) > RECORD_MAX:
        return f"{value[: RECORD_MAX - 1].rstrip()}…"
    return value
