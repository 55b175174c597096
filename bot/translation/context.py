"""What a translator is told about a block: where its step stands, what the block is for, what its names mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.flow.check.buttons import LABEL_MAX, TITLE_MAX
from bot.flow.check.tree import BOT, GUIDE, SOURCE_LANGUAGE
from bot.flow.model import Kind
from bot.flow.reader import PRONOUNS
from bot.translation.passage import OPTIONAL, constructs, names, notes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.flow.model import Flow, Step
    from bot.translation.bundle import Bundle
    from bot.translation.passage import Passage

_KINDS = {
    Kind.SAY: "something told; it goes on by itself",
    Kind.DO: "something to do; the buttons done, not yet and stuck follow",
    Kind.CHOICE: "a question with buttons",
    Kind.QUIZ: "a question of a quiz with buttons; after the answer it is said kindly what is right and why",
    Kind.NUMBER: "a question; a number is typed",
    Kind.TEXT: "a question; words are typed",
    Kind.DATE: "a question; a date is typed",
    Kind.PHONE: "a question; a phone number is typed",
    Kind.END: "the end",
}
_MOST_WAYS = 3
"""So many steps before this one are named."""

_NOT_WORD_BY_WORD = "Not to be translated word by word: write, one a line, what people who speak your language type."
_GUIDE_BLOCKS = {
    "title": f"The title of a guide, on its button: at most {TITLE_MAX} characters.",
    "goal": "What a person can do after this guide.",
    "words": f"What people type when they look for this guide. {_NOT_WORD_BY_WORD}",
    "alarm": f"What people in need type; it opens this guide before anything else. {_NOT_WORD_BY_WORD}",
    "life": f"The same where a life is at stake; it goes before every alarm about money. {_NOT_WORD_BY_WORD}",
    "calm": f"What shows that there is no alarm after all. {_NOT_WORD_BY_WORD}",
}
_STEP_BLOCKS = {
    "text": "The first paragraph is the headline, the rest stands below it. One action a sentence, short sentences.",
    "alt": "The picture in words, for a person who cannot see it.",
    "stuck": "Asked before the list of known problems.",
    "refused": "Said when what was typed cannot be used.",
    "helper": "For a volunteer who sits beside the person.",
    "right": "Said when the answer was right, warmly.",
    "why": "Said when the answer was wrong: kindly, without blame, and why.",
}
_GIVEN = {"called": "the label of the form of address"}
"""What the bot fills in."""
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Context:
    """What there is to tell about the blocks of one bundle."""

    bundle: Bundle

    def lines(self, text: str, passage: Passage) -> list[str]:
        """The comment of one block, a sentence or two a line."""
        guide, _, name = text.rpartition("/")
        flow = self.bundle.flows.get(guide)
        step = flow.steps.get(name) if flow else None
        if flow and step:
            return [*self._of_step(flow, step, passage), *self._signs(flow, passage)]
        if flow and name == GUIDE:
            about = [_GUIDE_BLOCKS.get(passage.name, "")]
            if passage.name == "title":
                about += [f"Source: {source.note or source.url}" for source in flow.sources]
                about += [f"Note: {note}" for note in self._notes(text)]
            return [*filter(None, about), *self._signs(flow, passage)]
        return [*self._of_bot(text, passage), *self._signs(flow, passage)]

    def _of_step(self, flow: Flow, step: Step, passage: Passage) -> Iterator[str]:
        block = passage.name
        if block == "text":
            begins = "where it begins; " if step.name == flow.start else ""
            yield f"Step {step.name} of {self._title(flow)}: {begins}{_KINDS.get(step.kind, step.kind)}."
            ways = list(dict.fromkeys(self._before(flow, step.name, set())))
            if ways:
                more = f" and {len(ways) - _MOST_WAYS} more" if len(ways) > _MOST_WAYS else ""
                yield f"Comes after {', '.join(ways[:_MOST_WAYS])}{more}."
            if step.picture:
                yield f"Picture: {self._said(step.text, 'alt')}"
            yield from (f"Note: {note}" for note in self._notes(step.text))
        answers = {**step.go, **step.stuck}
        if block in answers:
            yield (
                f"A button, at most {LABEL_MAX} characters, under {self._headline(step.text)};"
                f" leads to {self._target(flow, answers[block])}."
            )
        elif passage.is_list:
            label = self._said(step.text, block.removeprefix("words_"))
            yield f"What people type instead of tapping “{label}”. {_NOT_WORD_BY_WORD}"
        else:
            yield _STEP_BLOCKS.get("why" if block.startswith("why_") else block, "")

    def _of_bot(self, text: str, passage: Passage) -> Iterator[str]:
        name = text.removeprefix(f"{BOT}/")
        if passage.is_list:
            label = self._said(text, passage.name.removeprefix("words_"))
            instead = f" instead of tapping “{label}”" if label else " when they mean this"
            yield f"What people type{instead}. {_NOT_WORD_BY_WORD}"
        elif passage.name == "language_name":
            yield "The name of your language in your language."
        elif name in {"buttons", "chapters"}:
            yield f"A button that the bot offers, at most {LABEL_MAX} characters."
        elif name == "commands":
            yield "What a command of the menu does."
        else:
            yield "The bot's own sentence. The first paragraph is the headline, the rest stands below it."
        yield from (f"Note: {note}" for note in self._notes(text))

    def _signs(self, flow: Flow | None, passage: Passage) -> Iterator[str]:
        """What the signs in the words mean."""
        if "{" not in passage.words:
            return
        used = names(passage.words)
        if used & set(PRONOUNS):
            yield (
                "{{ you }} is how the person is called, {{ me }} how the bot calls itself;"
                " use them wherever your language needs them, or not at all."
            )
        for name in sorted(used - set(PRONOUNS)):
            asked = next((each for each in flow.steps.values() if each.save == name), None) if flow else None
            what = (
                f"what was answered to {self._headline(asked.text)}"
                if asked
                else _GIVEN.get(name, "filled in by the bot")
            )
            rule = "leave it out if there is only one" if name in OPTIONAL else "it must stand in your words too"
            yield f"{{{{ {name} }}}} is {what}: {rule}."
        if constructs(passage.words):
            yield "What stands between {% and %} stays as it is; translate the words around it."

    def _before(self, flow: Flow, name: str, seen: set[str]) -> Iterator[str]:
        """The ways to a step, as headline and button."""
        seen.add(name)
        for step in flow.steps.values():
            for answer, target in {**step.go, **step.stuck}.items():
                if target == name and step.kind is not Kind.ENTER:
                    yield f"{self._headline(step.text)} → “{self._said(step.text, answer)}”"
            onward = {step.next, *(branch.to for branch in step.branches), *([step.silence.to] if step.silence else [])}
            entered = set(step.go.values()) if step.kind is Kind.ENTER else set()
            if name not in onward | entered:
                continue
            if step.kind is Kind.FORK:
                if step.name not in seen:
                    yield from self._before(flow, step.name, seen)
            elif step.kind in {Kind.ENTER, Kind.INCLUDE}:
                yield self._other(step.flow)
            else:
                yield self._headline(step.text)

    def _target(self, flow: Flow, name: str) -> str:
        step = flow.steps.get(name)
        if step is None or step.kind is Kind.FORK:
            return f"the step {name}"
        return self._other(step.flow) if step.kind in {Kind.ENTER, Kind.INCLUDE} else self._headline(step.text)

    def _other(self, flow: str) -> str:
        return f"the piece {flow}" if flow.startswith("pieces/") else f"the guide {flow}"

    def _title(self, flow: Flow) -> str:
        title = self._said(f"{flow.name}/{GUIDE}", "title")
        return f"“{title}”" if title else self._other(flow.name)

    def _headline(self, text: str) -> str:
        return f"“{self._said(text, 'text').partition(chr(10))[0]}”"

    def _said(self, text: str, block: str) -> str:
        return _COMMENT.sub("", self.bundle.words(SOURCE_LANGUAGE, text, block)).strip()

    def _notes(self, text: str) -> list[str]:
        return notes(self.bundle.sources[SOURCE_LANGUAGE].get(text, ""))
