"""Findings about a quiz: its right answers, what is said of each answer, its pass mark, conditions on its score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.flow.check.ways import at, place_of, targets
from bot.flow.model import PASSED, SCORE, Flow, Kind, Place, Step
from bot.flow.reader import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.flow.check.tree import Tree
    from bot.flow.rule import Comparison
    from bot.problem import Problem

OF_THE_QUIZ = frozenset({SCORE, PASSED})
"""Names that conditions and texts may use after a quiz, although no step saves them."""

_ORDER = {"<", "<=", ">", ">="}
_VERDICTS = ("yes", "no")


def right_answers(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E050: a right answer that is none of the answers, or a question with no wrong one."""
    del tree
    for step in flow.steps.values():
        if step.kind is not Kind.QUIZ or not step.go or "right" not in step.places:
            continue
        place = place_of(step, "right")
        for answer in step.right:
            if answer not in step.go:
                hint = did_you_mean(answer, step.go) or f"its answers are {', '.join(step.go)}"
                yield at(place, "E050", f"'{answer}' is none of the answers", hint)
        if not step.right:
            yield at(place, "E050", "no answer is right", "name at least one of its answers")
        elif set(step.go) <= set(step.right):
            yield at(place, "E050", "every answer is right", 'leave one that is wrong, or make it ask = "choice"')


def unsaid(step: Step, blocks: set[str]) -> str:
    """The block of the template that is missing after some answer (E051), or ""."""
    if step.kind is not Kind.QUIZ:
        return ""
    if "right" not in blocks:
        return "right"
    needed = (f"why_{answer}" for answer in step.go if answer not in step.right)
    return next((block for block in needed if not blocks & {block, "why"}), "")


def said_of_answers(step: Step) -> set[str]:
    """The blocks that may be said after an answer to this question."""
    if step.kind is not Kind.QUIZ:
        return set()
    return {"right", "why", *(f"why_{answer}" for answer in step.go if answer not in step.right)}


def pass_marks(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E052: a quiz without a pass mark, a mark without a quiz, a mark or a condition that no score can reach."""
    linked = tree.linked[flow.name]
    questions = _questions(linked)
    if questions and not flow.passes and not flow.is_piece:
        first = linked.steps[questions[0]]
        hint = f"write pass = a number from 1 to {len(questions)} above the first [table]"
        yield at(first.place, "E052", "a quiz without a pass mark", hint)
    mark = flow.passes.get("")
    if mark is not None and not 1 <= mark <= len(questions):
        place = flow.places.get("pass", Place(flow.path, 1))
        yield at(place, "E052", f"{mark} right answers cannot be reached", _there_are(questions))
    for step in linked.steps.values() if questions else ():
        for index, each in _conditions(step):
            fixed = each.fixed if isinstance(each.fixed, tuple) else (each.fixed,)
            if each.name == SCORE and any(not isinstance(n, str) and not 0 <= n <= len(questions) for n in fixed):
                place = place_of(step, f"branch.{index}.when")
                yield at(place, "E052", f"no score makes a difference to '{each}'", _there_are(questions))


def _there_are(questions: list[str]) -> str:
    return f"questions in the quiz: {len(questions)}"


def scores(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E053: a condition or a text about the score where no question of a quiz can have been answered."""
    linked = tree.linked[flow.name]
    later = _behind(linked, _questions(linked))
    for step in linked.steps.values():
        if step.scope or step.name in later:
            continue  # of an entered guide, which is checked by itself
        for index, each in _conditions(step):
            if each.name in OF_THE_QUIZ:
                yield at(place_of(step, f"branch.{index}.when"), "E053", *_too_early(each.name))
        for words in tree.words.values():
            template = words.get(step.text)
            if template is None:
                continue
            after = {*said_of_answers(step), *step.go}  # what is said of an answer comes after it; labels have E034
            for block in template.blocks.values():
                for use in () if block.name in after else block.uses:
                    if use.name in OF_THE_QUIZ:
                        yield template.problem(use.line, use.column, "E053", *_too_early(use.name))


def _too_early(name: str) -> tuple[str, str]:
    return f"no question of a quiz comes before '{name}'", 'ask one on a way that leads here: ask = "quiz"'


def kinds(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E014, E015: a comparison of the score, or of whether it is passed, with something it can never be."""
    for step in tree.linked[flow.name].steps.values():
        for index, each in _conditions(step):
            fault = _misfit(each) if each.name in OF_THE_QUIZ else None
            if fault:
                yield at(place_of(step, f"branch.{index}.when"), *fault)


def _misfit(comparison: Comparison) -> tuple[str, str, str] | None:
    """Code, message and hint of what is wrong with a comparison, if anything."""
    name = comparison.name
    fixed = comparison.fixed if isinstance(comparison.fixed, tuple) else (comparison.fixed,)
    if comparison.function:
        return "E014", f"{comparison.function} needs a date, and '{name}' is none", f"compare '{name}' itself"
    if name == SCORE:
        words = [each for each in fixed if isinstance(each, str)]
        hint = "write for example: score >= 2"
        return ("E014", f"'{name}' is a number, and '{words[0]}' is a word", hint) if words else None
    hint = 'write passed == "yes" or passed == "no"'
    if comparison.sign in _ORDER or not all(isinstance(each, str) for each in fixed):
        return "E014", f"'{name}' is a word", hint
    never = [each for each in fixed if each not in _VERDICTS]
    return ("E015", f"'{name}' is never '{never[0]}'", hint) if never else None


def _conditions(step: Step) -> Iterator[tuple[int, Comparison]]:
    """Every comparison of a step's branches, with the number of its branch; none of an entered guide's step."""
    for index, branch in enumerate(step.branches if not step.scope else ()):
        for comparison in branch.rule.comparisons() if branch.rule else ():
            yield index, comparison


def _questions(linked: Flow) -> list[str]:
    """The questions of a guide's own quiz, with those of the pieces it includes."""
    return [step.name for step in linked.steps.values() if step.kind is Kind.QUIZ and not step.scope]


def _behind(linked: Flow, names: list[str]) -> set[str]:
    """Every step that can come after one of these."""
    found: set[str] = set()
    todo = list(names)
    while todo:
        step = linked.steps.get(todo.pop())
        for to, _ in targets(step) if step else ():
            if to not in found:
                found.add(to)
                todo.append(to)
    return found
