"""A guide in the order of a printed page: numbered steps, and for each the ways on from it.

On paper nobody answers, so every way is printed: steps that only speak are read on the way, steps that ask or want
something done get a number, and a way leads to a number. A guide that is entered has a handout of its own and is named
only; a shared piece is printed where it is included.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.engine.path import DONE
from bot.flow.model import QUESTIONS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.flow.model import Branch, Flow, Step
    from bot.flow.rule import Rule


@dataclass(frozen=True, slots=True)
class Split:
    """One of several ways that an earlier answer decides between. Without a rule: in every other case."""

    rule: Rule | None
    way: Way


@dataclass(frozen=True, slots=True)
class Entered:
    """Another guide to be walked here. `otherwise`: where to go on when it did not come to a good end."""

    guide: str
    otherwise: Way | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """What is read on the way, and where it leads: to question `to`, or on to one of `splits`, or to an end."""

    answer: str
    read: tuple[Step | Entered, ...] = ()
    to: str = ""
    splits: tuple[Split, ...] = ()


@dataclass(frozen=True, slots=True)
class Numbered:
    """One step of the page. `line` is the way that first leads to it off the straight one, from step `leaving`."""

    step: Step
    number: int
    on: Way | None
    choices: tuple[Way, ...]
    stuck: tuple[Way, ...]
    line: Way | None = None
    leaving: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """The whole guide. `opening`: its first card, which has no number; `before`: what is read instead of a card."""

    opening: Numbered | None
    before: Way
    steps: tuple[Numbered, ...]

    @property
    def numbers(self) -> dict[str, int]:
        """The number of each numbered step."""
        return {each.step.name: each.number for each in self.steps}


def course(flow: Flow, guides: Mapping[str, Flow]) -> Course:
    """The course of a linked flow; `guides` are all linked guides by name."""
    walker = _Walker(flow, guides)
    before = walker.way("", flow.start)
    opening = None
    if before.to and not before.read and flow.steps[before.to].kind is Kind.CHOICE:
        opening = walker.numbered(before.to, 0)
    return Course(opening, before, tuple(walker.in_order(before, opening)))


class _Walker:
    def __init__(self, flow: Flow, guides: Mapping[str, Flow]) -> None:
        self._flow = flow
        self._guides = guides

    def in_order(self, before: Way, opening: Numbered | None) -> Iterator[Numbered]:
        """The straight way first, then every way that leaves it, in the order of the steps it leaves."""
        done = {opening.step.name} if opening else set()
        waiting = deque(_leaving(opening) if opening else [("", before)])
        number = 0
        while waiting:
            leaving, way = waiting.popleft()
            for name in _targets(way):
                following = name
                line = way if number else None
                while following and following not in done:
                    done.add(following)
                    number += 1
                    one = self.numbered(following, number, line, leaving)
                    yield one
                    waiting.extend(_leaving(one))
                    line, following = None, _straight(one)

    def numbered(self, name: str, number: int, line: Way | None = None, leaving: str = "") -> Numbered:
        step = self._flow.steps[name]
        on = None if step.go else self._onward(DONE, step)
        choices = tuple(self.way(answer, to) for answer, to in step.go.items())
        stuck = tuple(self.way(problem, to) for problem, to in step.stuck.items())
        return Numbered(step, number, on, choices, stuck, line, leaving)

    def way(self, answer: str, to: str, passed: frozenset[str] = frozenset()) -> Way:
        """The way from before step `to` to the next question or end."""
        read: list[Step | Entered] = []
        while to and to not in passed:
            passed |= {to}
            step = self._flow.steps[to]
            if step.kind in QUESTIONS:
                return Way(answer, tuple(read), to)
            if guide := self._entered(step):
                to, otherwise = self._exits(step, guide, passed)
                read.append(Entered(guide, otherwise))
                continue
            if step.kind in {Kind.SAY, Kind.END}:
                read.append(step)
            rest = self._onward(answer, step, passed)
            return Way(answer, (*read, *rest.read), rest.to, rest.splits)
        return Way(answer, tuple(read))

    def _onward(self, answer: str, step: Step, passed: frozenset[str] = frozenset()) -> Way:
        if step.next or not step.branches:
            return self.way(answer, step.next, passed)
        if len(step.branches) == 1:
            return self.way(answer, step.branches[0].to, passed)
        return Way(answer, splits=tuple(self._split(each, passed) for each in step.branches))

    def _split(self, branch: Branch, passed: frozenset[str]) -> Split:
        return Split(branch.rule, self.way("", branch.to, passed))

    def _entered(self, step: Step) -> str:
        """The guide that is entered here, or ""."""
        inner = step.branches[0].to if step.kind is Kind.FORK and len(step.branches) == 1 else ""
        if not inner.startswith(f"{step.name}/"):
            return ""
        guide = self._flow.steps[inner].text.rpartition("/")[0]
        return guide if guide in self._guides else ""

    def _exits(self, step: Step, guide: str, passed: frozenset[str]) -> tuple[str, Way | None]:
        """Where the entered guide leads when all went well, and when not."""
        ends = [each for each in self._guides[guide].steps.values() if each.kind is Kind.END]
        leads = {each.end: self._flow.steps[f"{step.name}/{each.name}"].next for each in ends}
        well = leads.get(DONE) or next(iter(leads.values()), "")
        other = next((to for to in leads.values() if to != well), "")
        return well, self.way("", other, passed) if other else None


def _leaving(one: Numbered) -> list[tuple[str, Way]]:
    """The ways on from a step, each with the name of the step."""
    ways = (*((one.on,) if one.on else ()), *one.choices, *one.stuck)
    return [(one.step.name, way) for way in ways]


def _straight(one: Numbered) -> str:
    """The question that usually comes next, or ""."""
    way = one.on or (one.choices[0] if one.choices else None)
    return next(iter(_targets(way)), "") if way else ""


def _targets(way: Way) -> list[str]:
    """The questions that a way can lead to, the usual one first: of splits the last, which has no rule."""
    targets = [way.to] if way.to else []
    for split in reversed(way.splits):
        targets += _targets(split.way)
    for each in way.read:
        if isinstance(each, Entered) and each.otherwise:
            targets += _targets(each.otherwise)
    return targets
