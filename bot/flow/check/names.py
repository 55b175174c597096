"""Findings about saved names: used before they are there, compared with the wrong kind, never used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.flow.check.quiz import OF_THE_QUIZ
from bot.flow.check.ways import at, place_of, targets
from bot.flow.model import Flow, Kind, Step
from bot.flow.reader import PRONOUNS, did_you_mean, is_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.flow.check.tree import Tree
    from bot.flow.rule import Comparison
    from bot.problem import Problem

_ORDER = {"<", "<=", ">", ">="}
_WORD_KINDS = {Kind.TEXT, Kind.PHONE}


def unsaved_names(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E013, E033: a condition or a text uses a name that is not saved on every way that leads there."""
    linked = tree.linked[flow.name]
    saved = saved_before(linked)
    all_names = {step.save for step in linked.steps.values() if step.save and "/" not in step.save}
    for step in linked.steps.values():
        if step.scope or step.name not in saved:
            continue  # of an entered guide, which is checked by itself; or never reached
        there = saved[step.name] | OF_THE_QUIZ  # which is looked at by itself
        for index, branch in enumerate(step.branches):
            for name in sorted(branch.rule.names - there - {step.save} if branch.rule else ()):
                place = place_of(step, f"branch.{index}.when")
                yield at(place, "E013", *_unsaved(name, all_names, linked, step.name))
        for words in tree.words.values():
            template = words.get(step.text)
            if template is None:
                continue
            labels = {*step.go, *step.stuck}
            for block in template.blocks.values():
                for use in () if block.name in labels else block.uses:
                    if use.name not in there and use.name not in PRONOUNS:
                        message, hint = _unsaved(use.name, all_names, linked, step.name, PRONOUNS)
                        yield template.problem(use.line, use.column, "E033", message, hint)


def _unsaved(name: str, all_names: set[str], linked: Flow, step: str, others: tuple[str, ...] = ()) -> tuple[str, str]:
    """Message and hint; `others` are names that may have been meant besides saved ones."""
    if name not in all_names:
        near = did_you_mean(name, [*others, *sorted(filter(is_name, all_names))])
        return f"no step saves '{name}'", near or f'write it without, or save it in a step before: save = "{name}"'
    way = _way_without(name, linked, step)
    if len(way) > 6:
        way = [*way[:2], "…", *way[-3:]]
    return f"'{name}' is not saved on every way to here", f"not on the way {' → '.join(way)}"


def saved_before(flow: Flow) -> dict[str, frozenset[str]]:
    """For each step that can be reached: the names that are certainly saved before it is shown."""
    known: dict[str, frozenset[str]] = {}
    todo = [(flow.start, frozenset[str]())]
    while todo:
        name, names = todo.pop()
        step = flow.steps.get(name)
        if step is None:
            continue
        before = known.get(name)
        here = names if before is None else before & names
        if here == before:
            continue
        known[name] = here
        after = here | {step.save} if step.save else here
        todo += [(to, here if key == "silence.to" else after) for to, key in targets(step)]
    return known


def _way_without(name: str, flow: Flow, goal: str) -> list[str]:
    """A way from the start to `goal` on which `name` is not saved."""
    ways = {flow.start: [flow.start]}
    todo = [flow.start]
    while todo and goal not in ways:
        step = flow.steps[todo.pop(0)]
        for to, key in targets(step):
            if to not in ways and to in flow.steps and (step.save != name or key == "silence.to"):
                ways[to] = [*ways[step.name], to]
                todo.append(to)
    return ways.get(goal, [])


def kinds(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E014, E015: a comparison of kinds that do not fit, or with an answer that cannot be given."""
    linked = tree.linked[flow.name]
    savers: dict[str, list[Step]] = {}
    for step in linked.steps.values():
        if step.save:
            savers.setdefault(step.save, []).append(step)
    yield from _mixed_kinds(savers)
    for step in linked.steps.values():
        for index, branch in enumerate(step.branches if not step.scope else ()):
            for comparison in branch.rule.comparisons() if branch.rule else ():
                fault = comparison.name in savers and _misfit(comparison, savers[comparison.name])
                if fault:
                    yield at(place_of(step, f"branch.{index}.when"), *fault)


def _mixed_kinds(savers: Mapping[str, list[Step]]) -> Iterator[Problem]:
    for name, (first, *others) in savers.items():
        for other in others:
            if _sort(other) != _sort(first) and not other.scope:
                message = f"'{name}' is saved as {_sort(other)} here and as {_sort(first)} in '{first.name}'"
                yield at(place_of(other, "save"), "E014", message, "give one of them another name")


def _sort(step: Step) -> str:
    match step.kind:
        case Kind.NUMBER:
            return "a number"
        case Kind.DATE:
            return "a date"
    return "a word"


def _misfit(comparison: Comparison, savers: list[Step]) -> tuple[str, str, str] | None:
    """Code, message and hint of what is wrong with a comparison, if anything."""
    name, function = comparison.name, comparison.function
    fixed = comparison.fixed if isinstance(comparison.fixed, tuple) else (comparison.fixed,)
    words = [each for each in fixed if isinstance(each, str)]
    numbers = [each for each in fixed if not isinstance(each, str)]
    sort = _sort(savers[0])
    if function and sort != "a date":
        return "E014", f"{function} needs a date, and '{name}' is {sort}", 'save it by ask = "date"'
    if function or sort == "a number":
        if words:
            subject = f"{function}({name})" if function else f"'{name}'"
            return "E014", f"{subject} is a number, and '{words[0]}' is a word", "write numbers without quotes"
        return None
    if sort == "a date":
        return "E014", f"'{name}' is a date", f"compare years_since({name}) or days_since({name}) with a number"
    if numbers:
        return "E014", f"'{name}' is a word, and {numbers[0]} is a number", "write words in quotes"
    if comparison.sign in _ORDER:
        return "E014", f"'{name}' is a word, and words have no order", "compare it by ==, != or in"
    return _impossible(name, words, savers)


def _impossible(name: str, words: list[str], savers: list[Step]) -> tuple[str, str, str] | None:
    if all(step.kind is Kind.CHOICE for step in savers):
        answers = {answer for step in savers for answer in step.go}
        for word in words:
            if word not in answers:
                hint = did_you_mean(word, answers) or f"its answers are {', '.join(sorted(answers))}"
                return "E015", f"'{name}' is never '{word}'", hint
    return None


def unused_names(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """W105: an answer that is saved and used in no condition and no text."""
    family = _sharers(flow.name, tree)
    used = {
        name
        for member in family
        for step in tree.flows[member].steps.values()
        for branch in step.branches
        if branch.rule
        for name in branch.rule.names
    }
    for words in tree.words.values():
        for member in family:
            for name in tree.flows[member].steps:
                template = words.get(f"{member}/{name}")
                if template:
                    used.update(use.name for block in template.blocks.values() for use in block.uses)
    for step in flow.steps.values():
        if step.save and step.save not in used:
            place = place_of(step, "save")
            yield at(place, "W105", f"'{step.save}' is saved and never used", "do not keep what nobody needs")


def _sharers(name: str, tree: Tree) -> set[str]:
    """The flows that share saved names with `name`: pieces it includes, flows that include it, and so on."""
    found = {name}
    while True:
        more = {partner for pair in tree.partners if found & set(pair) for partner in pair}
        if more <= found:
            return found
        found |= more
