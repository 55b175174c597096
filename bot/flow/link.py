"""A flow with every `include` and `enter` replaced by the steps of the other flow, so that nobody needs a stack.

Step X that enters or includes a flow becomes a fork to "X/<start>". The other flow's steps follow, named "X/<step>".
Where the other flow ends, the way leads on to where X says. What an entered guide saves bears the prefix "X/"; what
a piece saves is shared. A quiz that an entered guide offers is passed by.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.flow.model import Branch, Flow, Kind, Step
from bot.flow.quiz import past_quiz

if TYPE_CHECKING:
    from collections.abc import Mapping


def link(flow: Flow, flows: Mapping[str, Flow]) -> Flow:
    """`flow` as the engine walks it, with its digest.

    A step whose other flow is unknown, or is being linked already (a circle), becomes a fork that leads nowhere; the
    checker reports both.
    """
    linked = _linked(flow, flows, (flow.name,))
    return replace(linked, digest=digest(linked))


def digest(flow: Flow) -> str:
    """16 hexadecimal digits that change whenever the way through the (linked) flow may change."""
    steps = [
        [
            step.name,
            step.kind,
            step.next,
            list(step.go.items()),
            [[str(branch.rule or ""), branch.to] for branch in step.branches],
            list(step.stuck.items()),
            step.save,
            step.min,
            step.max,
            step.silence and [step.silence.after, step.silence.to],
            step.end,
            *([list(step.right)] if step.right else []),
        ]
        for step in flow.steps.values()
    ]
    content = json.dumps([flow.start, steps, sorted(flow.moved.items())], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _linked(flow: Flow, flows: Mapping[str, Flow], way: tuple[str, ...]) -> Flow:
    steps: dict[str, Step] = {}
    moved = dict(flow.moved)
    passes = dict(flow.passes)
    for step in flow.steps.values():
        if step.kind not in {Kind.ENTER, Kind.INCLUDE}:
            steps[step.name] = step
            continue
        other = flows.get(step.flow)
        if other is None or other.name in way:
            steps[step.name] = _fork(step, "")
            continue
        other = _linked(other, flows, (*way, other.name))
        if step.kind is Kind.ENTER:
            other = _without_quiz(other)
        prefix = f"{step.name}/"
        steps[step.name] = _fork(step, prefix + other.start)
        for inner in other.steps.values():
            steps[prefix + inner.name] = _brought(inner, step, prefix)
        moved |= {prefix + old: prefix + new for old, new in other.moved.items()}
        saved = prefix if step.kind is Kind.ENTER else ""
        passes |= {saved + scope: mark for scope, mark in other.passes.items()}
    return replace(flow, steps=steps, moved=moved, passes=passes)


def _without_quiz(flow: Flow) -> Flow:
    """The flow for who is only led through it: where a quiz is offered, the way past it is taken."""
    offering = {step.name: to for step in flow.steps.values() if (to := past_quiz(flow, step))}
    if not offering:
        return flow
    steps = flow.steps | {name: _fork(flow.steps[name], to) for name, to in offering.items()}
    asked = _reached(flow.steps, flow.start) - _reached(steps, flow.start)
    return replace(flow, steps={name: step for name, step in steps.items() if name not in asked})


def _reached(steps: Mapping[str, Step], start: str) -> set[str]:
    """The names of all steps that can be come to."""
    found: set[str] = set()
    todo = [start]
    while todo:
        step = steps.get(todo.pop())
        if step is not None and step.name not in found:
            found.add(step.name)
            todo += [step.next, *step.go.values(), *step.stuck.values(), *(branch.to for branch in step.branches)]
            todo += [step.silence.to] if step.silence else []
    return found


def _fork(step: Step, to: str) -> Step:
    """`step` without words: it only leads on."""
    branches = (Branch(to, step.place),) if to else ()
    bare = replace(step, kind=Kind.FORK, branches=branches, next="", go={}, flow="", end="", suggest="")
    return replace(bare, picture="", voice="", silence=None)


def _brought(inner: Step, outer: Step, prefix: str) -> Step:
    """A step of the other flow, renamed; its ends lead on to where `outer` says."""
    saved = prefix if outer.kind is Kind.ENTER else ""
    named = replace(inner, name=prefix + inner.name, scope=saved + inner.scope)
    if inner.kind is Kind.END:
        to = outer.go.get(inner.end) or outer.next
        if outer.kind is Kind.INCLUDE:
            return _fork(named, to)
        return replace(named, kind=Kind.SAY, next=to, end="", suggest="")
    return replace(
        named,
        next=inner.next and prefix + inner.next,
        go={answer: prefix + to for answer, to in inner.go.items()},
        stuck={problem: prefix + to for problem, to in inner.stuck.items()},
        branches=tuple(
            replace(each, to=each.to and prefix + each.to, rule=each.rule and each.rule.prefixed(saved))
            for each in inner.branches
        ),
        silence=inner.silence and replace(inner.silence, to=inner.silence.to and prefix + inner.silence.to),
        save=inner.save and saved + inner.save,
    )
