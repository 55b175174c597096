"""A course in words: the steps of a printed guide as plain data for the page's template.

A step has groups of rows: its choices, what helps when one is stuck, and what follows when it is done. A row is one way
on: what is read on it (`items`), where it leads (`then`), and the rows it splits into.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from bot.engine.path import DONE
from bot.flow.model import INPUTS, PASSED, Kind
from bot.handout.way import Course, Entered, Numbered, Way

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.flow.model import Step
    from bot.flow.rule import Rule

Data = dict[str, Any]

PAGE, PAGES = "\ue000", "\ue001"
"""Stand for the number of a page and of all pages, which are known when the pages are made."""


class Words(Protocol):
    """Says things as they stand on paper; see bot/handout/words.py."""

    def own(self, block: str, **values: object) -> str:
        """One of the page's own sentences."""

    def title(self, guide: str) -> str:
        """A guide's name."""

    def piece(self, text: str, block: str) -> str:
        """A piece of a guide."""

    def has(self, text: str, block: str) -> bool:
        """Whether there is such a piece."""

    def text(self, step: Step, saved: Mapping[str, object] | None = None) -> Data:
        """What a step says, when nothing has been answered but `saved`."""

    def picture(self, step: Step) -> Data:
        """The drawing of a step."""


class Page:
    """The words of one whole guide."""

    def __init__(self, printer: Words, printed: Course) -> None:
        self._printer = printer
        self._course = printed
        self._all = ((printed.opening,) if printed.opening else ()) + printed.steps
        self._numbers = {each.step.name: each.number for each in self._all}
        self._asked = [each.step for each in self._all if each.step.save and each.step.go]
        self._said: set[str] = set()

    def data(self) -> Data:
        """The opening card, and the steps in order."""
        opening, before = self._course.opening, self._course.before
        card = self._step(opening) if opening else self._intro(before)
        return {"card": card, "steps": [self._step(each) for each in self._course.steps]}

    def _intro(self, before: Way) -> Data:
        """In place of an opening card: what is said before the first step."""
        group = self._group("", (before,), None, full=True)
        return {"head": "", "body": [], "notes": [], "groups": [group] if group["rows"] else []}

    def _step(self, each: Numbered) -> Data:
        own, step = self._printer.own, each.step
        choices, on = _without_what_all_share(each.choices) if step.kind is Kind.QUIZ else (each.choices, each.on)
        groups = [self._group(own("choose"), choices, each), self._group(own("stuck"), each.stuck, each)]
        if on:
            done = self._group("", (on,), each, full=True)
            groups.append({**done, "title": own("done") if any(row["items"] for row in done["rows"]) else ""})
        return {
            **self._text(step),
            **self._printer.picture(step),
            "number": each.number,
            "tick": step.kind is Kind.DO,
            "write": step.kind in INPUTS and not step.private,
            "aside": self._aside(each),
            "groups": [group for group in groups if group["rows"]],
        }

    def _text(self, step: Step) -> Data:
        """What a step says, and below it what it says only after certain answers."""
        text = self._printer.text(step)
        notes = []
        for asked in self._asked:
            for answer in asked.go:
                other = self._printer.text(step, {asked.save: answer})
                usual = (text["head"], *text["body"])
                if lines := [line for line in (other["head"], *other["body"]) if line not in usual]:
                    notes.append({"label": self._chosen(asked, (answer,)), "body": lines})
        return {**text, "notes": notes}

    def _aside(self, each: Numbered) -> str:
        """The heading over steps beside the straight way: for whom they are."""
        if not each.line:
            return ""
        left = next(one for one in self._all if one.step.name == each.leaving)
        for split in each.line.splits:
            if split.rule and split.way.to == each.step.name:
                return self._condition(split.rule, left).rstrip(":")
        if each.line.answer in {"", DONE}:
            return ""
        label = self._printer.piece(left.step.text, each.line.answer)
        return self._printer.own("aside", label=label, number=left.number) if left.number else label

    def _group(self, title: str, ways: tuple[Way, ...], at: Numbered | None, *, full: bool = False) -> Data:
        again = [way for way in ways if _is_later(way) and _name(way.read[0]) in self._said]
        rows = [self._row(self._label(way, at), way, at, full=full) for way in ways if way not in again]
        return {
            "title": title,
            "rows": [row for row in rows if row["label"] or row["items"] or row["then"] or row["rows"]],
        }

    def _label(self, way: Way, at: Numbered | None) -> str:
        return self._printer.piece(at.step.text, way.answer) if at and way.answer not in {"", DONE} else ""

    def _row(self, label: str, way: Way, at: Numbered | None, *, full: bool) -> Data:
        """One way on: what is read, where it leads, and what it splits into."""
        items = [*self._why(way, at), *(self._item(each, full=full) for each in way.read)]
        rows = [self._row(self._condition(split.rule, at), split.way, at, full=full) for split in way.splits]
        others = [each.otherwise for each in way.read if isinstance(each, Entered) and each.otherwise]
        others = [other for other in others if not _is_later(other)]
        rows += [self._row(self._printer.own("otherwise"), other, at, full=full) for other in others]
        return {"label": label, "items": items, "then": self._then(way, at, label), "rows": rows}

    def _why(self, way: Way, at: Numbered | None) -> list[Data]:
        """What is said of an answer in a quiz."""
        if not at or at.step.kind is not Kind.QUIZ or way.answer not in at.step.go:
            return []
        block = f"why_{way.answer}"
        if not self._printer.has(at.step.text, block):
            block = "right" if way.answer in at.step.right else "why"
        if not self._printer.has(at.step.text, block):
            return []
        return [{**said(self._printer.piece(at.step.text, block)), "notes": [], "end": False}]

    def _item(self, each: Step | Entered, *, full: bool) -> Data:
        """Something read on the way. Ends and other guides are told in full once, and wherever `full`."""
        ended = not isinstance(each, Entered) and each.kind is Kind.END
        if isinstance(each, Entered):
            head = self._printer.own("guide", title=self._printer.title(each.guide))
            text: Data = {"head": head, "body": [self._printer.own("guide_how")], "notes": []}
        else:
            text = {**self._text(each), **self._printer.picture(each)}
        if _name(each) in self._said and not full:
            text = {"head": text["head"], "body": [], "notes": []}
        if ended or isinstance(each, Entered):
            self._said.add(_name(each))
        return {**text, "end": ended}

    def _then(self, way: Way, at: Numbered | None, label: str) -> Data | None:
        """Where to read on; nothing where that is simply the next step of the page."""
        own, read = self._printer.own, bool(way.read)
        if not way.to:
            return None
        if at and way.to == at.step.name:
            return {"words": own("read_again" if read else "again"), "to": None}
        number = self._numbers[way.to]
        if number == (at.number if at else 0) + 1 and not label:
            return None
        if number == 0:
            return {"words": own("to_card", page=PAGE), "to": 0}
        block = "read_to" if read else "to" if label else "done_to"
        return {"words": own(block, number=number, page=PAGE), "to": number}

    def _condition(self, rule: Rule | None, at: Numbered | None) -> str:
        """When a way is to be taken that an earlier answer decides."""
        if rule is None:
            return self._printer.own("else")
        compared, *more = rule.comparisons()
        if compared.name == PASSED and not more and compared.sign == "==":
            return self._printer.own("passed" if compared.fixed == "yes" else "not_passed")
        fixed = compared.fixed if isinstance(compared.fixed, tuple) else (compared.fixed,)
        for asked in self._asked if not more and compared.sign in {"==", "in"} else ():
            if asked.save == compared.name and (answers := [each for each in asked.go if each in fixed]):
                return self._chosen(asked, answers, at)
        return self._printer.own("depends")

    def _chosen(self, asked: Step, answers: Sequence[str], at: Numbered | None = None) -> str:
        own, labels = self._printer.own, [self._printer.piece(asked.text, answer) for answer in answers]
        label, number = f"” {own('or')} “".join(labels), self._numbers[asked.name]
        if at and at.step.name == asked.name:
            return own("case", label=label)
        return own("when", label=label, number=number) if number else own("when_card", label=label)


def _without_what_all_share(ways: tuple[Way, ...]) -> tuple[tuple[Way, ...], Way | None]:
    """The answers of a quiz, and the way on where it is the same after all of them."""
    on = replace(ways[0], answer=DONE)
    if any(replace(way, answer=DONE) != on for way in ways):
        return ways, None
    return tuple(Way(way.answer) for way in ways), on


def _name(each: Step | Entered) -> str:
    return f"/{each.guide}" if isinstance(each, Entered) else each.name


def _is_later(way: Way) -> bool:
    """Whether it only means to stop for today, which nobody needs to read twice."""
    return [each.end for each in way.read if not isinstance(each, Entered)] == ["later"] and len(way.read) == 1


def said(text: str) -> Data:
    """A text as its headline and the lines of its body."""
    head, _, body = text.partition("\n\n")
    return {"head": head.replace("\n", " "), "body": [line for line in body.splitlines() if line]}
