"""The ways through a flow: from a step to the next question, the main way, how far along a person is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.engine.answer import read_answer, value_of
from bot.engine.event import local_day
from bot.engine.session import Visit
from bot.flow.model import CHOICES, INPUTS, PASSED, QUESTIONS, SCORE, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from bot.engine.answer import Value
    from bot.flow.model import Flow, Step

CEILING = 100
"""Steps in one turn. The checker refuses circles without a question; this holds even if one got through."""

DONE = "done"
SILENT = "silence"
STUCK = "stuck:"
"""Answers that are no choice of the flow: a done action, a silence that led on, a known problem picked."""


@dataclass(frozen=True, slots=True)
class Way:
    """What was passed from one question to the next: the steps that speak, and where it stopped."""

    said: tuple[str, ...]
    step: str


def now_called(flow: Flow, name: str) -> str:
    """The step that an old step name means, after any number of renamings of it or of the step it was entered from."""
    for _ in flow.moved:
        name = _renamed(flow.moved, name)
    return name


def _renamed(moved: Mapping[str, str], name: str) -> str:
    """One renaming: "pay/thanks" has another name if it itself was renamed, or if "pay" was."""
    heads = [name, *(name[:index] for index, sign in enumerate(name) if sign == "/")]
    old = next((head for head in heads if head in moved), "")
    return moved[old] + name.removeprefix(old) if old else name


def values(flow: Flow, visits: Sequence[Visit]) -> dict[str, Value]:
    """What was saved on the way, by name; with the score of a quiz, and whether it is passed."""
    saved: dict[str, Value] = {}
    for visit in visits:
        step = flow.steps.get(visit.step)
        if step is not None and step.save and visit.answer != SILENT and fits(step, visit.answer):
            saved[step.save] = value_of(step, visit.answer)
    for scope, mark in flow.passes.items():
        right = sum(marks(flow, visits, scope).values())
        saved |= {scope + SCORE: right, scope + PASSED: "yes" if right >= mark else "no"}
    return saved


def marks(flow: Flow, visits: Iterable[Visit], scope: str = "") -> dict[str, bool]:
    """Each answered question of the guide's quiz (or of an entered guide's): whether its last answer is right."""
    found: dict[str, bool] = {}
    for visit in visits:
        step = flow.steps.get(visit.step)
        if step is not None and step.kind is Kind.QUIZ and step.scope == scope and visit.answer in step.go:
            found[step.name] = visit.answer in step.right
    return found


def way_on(flow: Flow, name: str, saved: Mapping[str, Value], today: date) -> Way:
    """From step `name` on, through steps that only speak or fork, to a question or an end."""
    said: list[str] = []
    for _ in range(CEILING):
        step = flow.steps[name]
        if step.kind in QUESTIONS or step.kind is Kind.END:
            break
        if step.kind is Kind.SAY:
            said.append(name)
        name = onward(step, saved, today)
    return Way(tuple(said), name)


def onward(step: Step, saved: Mapping[str, Value], today: date) -> str:
    """The step after `step` where no choice decides: its `next`, or the first branch that holds."""
    if step.next:
        return step.next
    for branch in step.branches:
        if branch.rule is None or branch.rule.holds(saved, today):
            return branch.to
    return step.branches[-1].to


def fits(step: Step, answer: str) -> bool:
    """Whether `answer`, canonical, is one that leads on from this question (as it is now)."""
    if answer == SILENT:
        return bool(step.silence and step.silence.to)
    match step.kind:
        case Kind.CHOICE | Kind.QUIZ:
            return answer in step.go
        case Kind.DO:
            return answer == DONE or (answer.startswith(STUCK) and answer.removeprefix(STUCK) in step.stuck)
        case _:
            return step.kind in INPUTS and read_answer(step, answer) == answer


def after(flow: Flow, name: str, answer: str, saved: Mapping[str, Value], today: date) -> str | None:
    """Where `answer` leads from question `name`; None if it is no answer of that step (any more)."""
    step = flow.steps[name]
    if not fits(step, answer):
        return None
    if answer == SILENT:
        return step.silence.to if step.silence else None
    match step.kind:
        case Kind.CHOICE | Kind.QUIZ:
            return step.go.get(answer)
        case Kind.DO:
            return onward(step, saved, today) if answer == DONE else step.stuck[answer.removeprefix(STUCK)]
        case _ if step.kind in INPUTS:
            return onward(step, saved, today)
        case _:
            return None


def answers(step: Step) -> tuple[str, ...]:
    """The answers a person can tap on this question, in the order shown."""
    if step.kind in CHOICES:
        return tuple(step.go)
    if step.kind is Kind.DO:
        return (DONE, "not_yet", "stuck")
    return ()


def main_next(step: Step, saved: Mapping[str, Value], today: date) -> str | None:
    """The usual way on: a question's first or right answer; at a fork what is saved already, else its plain branch.

    What a score will be, nobody knows beforehand. None at an end.
    """
    if step.kind in CHOICES:
        return step.go[step.right[0]] if step.right else next(iter(step.go.values()))
    if step.next:
        return step.next
    for branch in step.branches:
        if branch.rule is None or (_known(branch.rule.names, saved) and branch.rule.holds(saved, today)):
            return branch.to
    return None


def _known(names: Iterable[str], saved: Mapping[str, Value]) -> bool:
    return all(name in saved and name.rpartition("/")[2] not in {SCORE, PASSED} for name in names)


def main_way(flow: Flow, start: str, saved: Mapping[str, Value], today: date) -> list[str]:
    """The counted questions on the usual way from `start` to an end, `start` included, each once."""
    found: list[str] = []
    seen: set[str] = set()
    name: str | None = start
    while name is not None and name not in seen:
        seen.add(name)
        step = flow.steps[name]
        if name in flow.counted:
            found.append(name)
        name = main_next(step, saved, today)
    return found


def progress(flow: Flow, visits: Sequence[Visit], name: str) -> tuple[int, int] | None:
    """(step, of how many) for question `name`; None where counting would mislead: first card, detour, quiz, end.

    Counted are the actions and questions of the main way after the opening card. A person on a detour (a fix for a
    problem) has no number until they are back.
    """
    if name not in flow.counted:
        return None
    saved = values(flow, visits)
    today = local_day(visits[-1].at if visits else 0)
    way = main_way(flow, flow.start, saved, today)[1:]
    if name in way:
        return way.index(name) + 1, len(way)
    taken = [v.step for v in visits if v.step != flow.start and v.step in flow.counted]
    rest = main_way(flow, name, saved, today)
    if any(step in way for step in rest[1:]) or name == flow.start:
        return None
    passed = list(dict.fromkeys(step for step in taken if step not in rest))
    return len(passed) + 1, len(passed) + len(rest)


def path_to(flow: Flow, target: str, at: int, today: date) -> tuple[Visit, ...] | None:
    """Visits that lead from the start to question `target` by the fewest answers; None if typing or a quiz is between.

    A forwarded link opens a guide at a step; these visits stand for the answers the sender passed over. A
    quiz is answered by oneself.
    """
    first = way_on(flow, flow.start, {}, today).step
    seen = {first}
    queue: list[tuple[str, tuple[Visit, ...]]] = [(first, ())]
    while queue:
        name, visits = queue.pop(0)
        if name == target:
            return visits
        step = flow.steps[name]
        options = answers(step) if step.kind is Kind.CHOICE else ((DONE,) if step.kind is Kind.DO else ())
        options += tuple(STUCK + key for key in step.stuck)
        for answer in options:
            taken = (*visits, Visit(name, answer, at))
            saved = values(flow, taken)
            there = after(flow, name, answer, saved, today)
            if there is None:
                continue
            reached = way_on(flow, there, saved, today).step
            if reached not in seen:
                seen.add(reached)
                queue.append((reached, taken))
    return None
