"""Findings about the ways through a flow: targets, dead ends, circles, silences, old names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.flow.check.tree import Tree, reached
from bot.flow.model import CHOICES, QUESTIONS, Flow, Kind, Place, Step
from bot.flow.reader import did_you_mean, is_name
from bot.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OTHERS = {Kind.ENTER, Kind.INCLUDE}


def at(place: Place, code: str, message: str, hint: str = "") -> Problem:
    """A problem at a place of a flow file."""
    return Problem(place.path, place.line, place.column, code, message, hint)


def targets(step: Step) -> Iterator[tuple[str, str]]:
    """Every step this one can lead to, each with the key that says so (as in `Step.places`)."""
    if step.next:
        yield step.next, "next"
    for answer, to in step.go.items():
        yield to, f"go.{answer}"
    for index, branch in enumerate(step.branches):
        if branch.to:
            yield branch.to, f"branch.{index}.to"
    for problem, to in step.stuck.items():
        yield to, f"stuck.{problem}"
    if step.silence and step.silence.to:
        yield step.silence.to, "silence.to"


def place_of(step: Step, key: str) -> Place:
    """The place of a key of a step, or of the step."""
    return step.places.get(key, step.place)


def missing_targets(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E009: a name that is no step, and an end the other flow does not have."""
    if flow.start and flow.start not in flow.steps:
        place = flow.places.get("start", Place(flow.path, 1))
        yield at(place, "E009", f"there is no step '{flow.start}'", _step_meant(flow.start, flow))
    for step in flow.steps.values():
        for to, key in targets(step):
            if to not in flow.steps:
                yield at(place_of(step, key), "E009", f"there is no step '{to}'", _step_meant(to, flow))
        if step.kind in _OTHERS:
            ends = _ends(step, tree)
            for end in step.go:
                if end not in ends:
                    hint = did_you_mean(end, ends) or f"its ends are {', '.join(sorted(ends))}"
                    yield at(place_of(step, f"go.{end}"), "E009", f"'{step.flow}' has no end '{end}'", hint)


def dead_ends(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E010: a step that leads nowhere and is no end."""
    for step in flow.steps.values():
        if step.kind in {Kind.END, Kind.FORK, *CHOICES}:
            continue
        if step.kind in _OTHERS:
            open_ends = sorted(_ends(step, tree) - set(step.go))
            if open_ends and not step.next:
                message = f"nothing follows when '{step.flow}' ends with '{open_ends[0]}'"
                yield at(step.place, "E010", message, "say 'next', or 'go' for each kind of end")
        elif not {"next", "branch"} & set(step.places) and set(step.places) & {"say", "do", "ask"}:
            hint = 'say next = "…", or make it an end: end = "done"'
            yield at(step.place, "E010", f"step '{step.name}' leads nowhere", hint)


def no_way_out(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E047: a step from which no end can be reached, whatever the person answers. Only the first is reported."""
    linked = tree.linked[flow.name]
    before: dict[str, list[str]] = {}
    for step in linked.steps.values():
        for to, _ in targets(step):
            before.setdefault(to, []).append(step.name)
    good = {step.name for step in linked.steps.values() if step.kind is Kind.END}
    todo = list(good)
    while todo:
        for name in before.get(todo.pop(), ()):
            if name not in good:
                good.add(name)
                todo.append(name)
    for step in flow.steps.values():
        if step.name not in good:
            hint = "somewhere on the way there must be a step with end"
            yield at(step.place, "E047", f"no way leads from '{step.name}' to an end", hint)
            return


def unreachable(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """W101: a step nobody ever comes to."""
    del tree
    seen = {flow.start}
    todo = [flow.start]
    while todo:
        for to, _ in targets(flow.steps[todo.pop()]):
            if to not in seen:
                seen.add(to)
                todo.append(to)
    for step in flow.steps.values():
        if step.name not in seen:
            yield at(step.place, "W101", f"step '{step.name}' is never reached", "lead a step to it, or take it out")


def circles(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E016: a circle of steps none of which waits for the person."""
    steps = tree.linked[flow.name].steps
    silent = {step.name: step for step in steps.values() if step.kind in {Kind.SAY, Kind.FORK}}
    reported: set[str] = set()
    for step in flow.steps.values():
        if step.name in silent and step.name not in reported:
            way = _way_back(step.name, silent)
            if way:
                reported.update(way)
                hint = f"{' → '.join([*way, step.name])}: put a question into it"
                yield at(step.place, "E016", "a circle without a question in it", hint)


def other_flows(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E017, E018, W112: another flow that is not there, is of the wrong kind, or leads back here."""
    for step in flow.steps.values():
        key = {Kind.ENTER: "enter", Kind.INCLUDE: "include"}.get(step.kind)
        if key:
            yield from _other(flow, step, key, step.flow, tree)
        if step.suggest:
            yield from _suggested(step, tree)


def _suggested(step: Step, tree: Tree) -> Iterator[Problem]:
    """A warning only: the guide works without its suggestion."""
    name = step.suggest
    if name.startswith("pieces/") or not tree.has_flow_file(name):
        hint = did_you_mean(name, [each for each in tree.flows if not each.startswith("pieces/")])
        message = f"there is no guide '{name}': nothing is suggested"
        yield at(place_of(step, "suggest"), "W112", message, hint or "name a guide, or leave 'suggest' out")


def _other(flow: Flow, step: Step, key: str, name: str, tree: Tree) -> Iterator[Problem]:
    place = place_of(step, key)
    is_piece = name.startswith("pieces/")
    if not tree.has_flow_file(name):
        known = [each for each in tree.flows if each.startswith("pieces/") == (key == "include")]
        yield at(
            place, "E017", f"there is no flow '{name}'", did_you_mean(name, known) or f"flows/{name}.toml is missing"
        )
    elif is_piece and key != "include":
        yield at(place, "E017", f"'{name}' is a piece", f'write include = "{name}"')
    elif not is_piece and key == "include":
        yield at(place, "E017", f"'{name}' is a guide", f'write enter = "{name}"')
    elif name == flow.name or flow.name in reached(name, tree.flows):
        yield at(place, "E018", f"'{name}' leads back into '{flow.name}'", "a flow cannot enter or include itself")


def silences(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E021: a silence after which the bot waits for ever again."""
    steps = tree.linked[flow.name].steps
    for step in flow.steps.values():
        if not step.silence or not step.silence.to:
            continue
        place = place_of(step, "silence.to")
        seen = {step.name}
        todo = [step.silence.to]
        while todo:
            to = steps.get(todo.pop())
            if to is None or to.kind is Kind.END:
                continue
            if to.name == step.name:
                hint = "lead the silence to an end, or leave out 'to': then the person is reminded"
                yield at(place, "E021", "silence leads back to the same question", hint)
                break
            if to.name in seen:
                continue
            seen.add(to.name)
            if to.kind not in QUESTIONS:
                todo += [each for each, key in targets(to) if key != "silence.to"]
            elif to.silence is None:
                hint = f"give '{to.name}' a silence too, or lead to an end"
                yield at(place, "E021", f"silence leads to '{to.name}', which waits for ever", hint)
                break
            elif to.silence.to:
                todo.append(to.silence.to)


def moved_steps(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E019: an entry of [moved] that leads nobody anywhere."""
    del tree
    for old in flow.moved:
        place = flow.places.get(f"moved.{old}", Place(flow.path, 1))
        if old in flow.steps:
            yield at(place, "E019", f"step '{old}' still exists", "only the names of steps that are gone stand here")
            continue
        seen = [old]
        while seen[-1] in flow.moved and flow.moved[seen[-1]] not in seen:
            seen.append(flow.moved[seen[-1]])
        if seen[-1] in flow.moved:
            yield at(place, "E019", f"'{old}' moves in a circle", " → ".join([*seen, flow.moved[seen[-1]]]))
        elif seen[-1] not in flow.steps:
            yield at(place, "E019", f"there is no step '{seen[-1]}'", _step_meant(seen[-1], flow))


def _step_meant(name: str, flow: Flow) -> str:
    """A hint with the nearest step; one whose own name is at fault is none."""
    return did_you_mean(name, filter(is_name, flow.steps))


def _ends(step: Step, tree: Tree) -> set[str]:
    """The kinds of end of the flow that `step` enters or includes; those it names itself, if that is not known."""
    other = tree.flows.get(step.flow)
    if other is None or other.path in tree.broken:
        return set(step.go)
    return {each.end for each in other.steps.values() if each.kind is Kind.END}


def _way_back(start: str, steps: Mapping[str, Step]) -> list[str]:
    """The names on a circle through `start` inside `steps`, or nothing."""
    ways = {start: [start]}
    todo = [start]
    while todo:
        name = todo.pop(0)
        for to, _ in targets(steps[name]):
            if to == start:
                return ways[name]
            if to in steps and to not in ways:
                ways[to] = [*ways[name], to]
                todo.append(to)
    return []
