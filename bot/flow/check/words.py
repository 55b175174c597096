"""Findings about the words of a guide: missing, superfluous, or using what they may not use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.flow.check.quiz import said_of_answers, unsaid
from bot.flow.check.tree import BOT, GUIDE, SOURCE_LANGUAGE, Tree
from bot.flow.check.ways import at
from bot.flow.model import Flow, Kind, Place, Step
from bot.flow.reader import PRONOUNS, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.flow.check.template import Block, Template
    from bot.problem import Problem

WORDLESS = {Kind.FORK, Kind.ENTER, Kind.INCLUDE}
_GUIDE_BLOCKS = {"title", "goal", "words", "alarm", "life", "calm"}


def texts(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E030, E031, E042, E043, E051, W110: words that are missing, in any language."""
    speaks = not flow.is_piece or any(step.kind not in WORDLESS for step in flow.steps.values())
    for language in sorted(tree.words):
        if speaks and flow.name not in tree.with_words[language]:
            yield _no_folder(flow, language)
            continue
        for step in flow.steps.values():
            if step.kind not in WORDLESS:
                yield from _step_words(step, language, tree)
        if not flow.is_piece:
            yield from _guide_words(flow, language, tree)


def _step_words(step: Step, language: str, tree: Tree) -> Iterator[Problem]:
    template = tree.template(language, step)
    if template is None:
        yield _no_file(step.text, step.place, language)
        return
    if template.problems:
        return  # a fault of the whole file; its blocks are unknown
    if not _says(template, "text"):
        yield _missing(template, "E030", "text", f"the text of step '{step.name}' is missing")
    for answer in (*step.go, *step.stuck):
        if not _says(template, answer):
            yield _missing(template, "E031", answer, f"the label of '{answer}' is missing")
    if block := unsaid(step, {name for name in template.blocks if _says(template, name)}):
        what = "right answer" if block == "right" else f"wrong answer '{block.removeprefix('why_')}'"
        yield _missing(template, "E051", block, f"what is said of the {what} is missing")
    if step.picture and not _says(template, "alt"):
        yield _missing(template, "E042", "alt", "the picture in words is missing")


def _guide_words(flow: Flow, language: str, tree: Tree) -> Iterator[Problem]:
    template = tree.words[language].get(f"{flow.name}/{GUIDE}")
    if template is None:
        code = "E043" if language == SOURCE_LANGUAGE else "W110"
        path = f"content/{language}/{flow.name}/{GUIDE}.j2"
        yield at(Place(flow.path, 1), code, f"the guide has no title in '{language}'", f"write {path}")
        return
    if template.problems:
        return
    for name in ("title", "goal", *(("alarm",) if flow.alarm else ())):
        if not _says(template, name):
            yield _missing(template, "E043", name, f"the guide's '{name}' is missing")


def _no_file(text: str, place: Place, language: str) -> Problem:
    code = "E030" if language == SOURCE_LANGUAGE else "W110"
    return at(place, code, f"no words in '{language}'", f"write content/{language}/{text}.j2")


def _no_folder(flow: Flow, language: str) -> Problem:
    """One problem for all the words of a flow."""
    code = "E030" if language == SOURCE_LANGUAGE else "W110"
    what = "a file for each step" + ("" if flow.is_piece else f" and {GUIDE}.j2")
    hint = f"make the folder content/{language}/{flow.name}/ with {what}"
    return at(Place(flow.path, 1), code, f"no words at all in '{language}'", hint)


def _missing(template: Template, code: str, block: str, message: str) -> Problem:
    """A block that is not there, or says nothing. What a translation does not have is said in the source language."""
    here = template.blocks.get(block)
    if here is None and template.language != SOURCE_LANGUAGE:
        code, message = "W110", f"{message} in '{template.language}'"
    line, column = (here.line, here.column) if here else (1, 1)
    return template.problem(line, column, code, message, f"write {{% block {block} %}}…{{% endblock %}}")


def _says(template: Template, block: str) -> bool:
    return block in template.blocks and bool(template.blocks[block].words)


def expected_blocks(step: Step) -> set[str]:
    """The blocks the template of a step may have."""
    answers = {*step.go, *step.stuck}
    blocks = {"text", "helper", *answers, *(f"words_{answer}" for answer in answers), *said_of_answers(step)}
    if step.picture:
        blocks.add("alt")
    if step.kind is Kind.DO:
        blocks.add("stuck")
    elif step.kind not in {Kind.SAY, Kind.END, Kind.QUIZ}:
        blocks.add("refused")
    return blocks


def superfluous(template: Template, tree: Tree) -> Iterator[Problem]:
    """W102, W103: a template no step uses, or a block nobody ever hears."""
    if template.flow == BOT:
        return
    flow = tree.flows.get(template.flow)
    if flow is None:
        if tree.is_stray(template):
            yield template.problem(1, 1, "W102", f"there is no flow '{template.flow}'", "take the folder out")
        return
    if template.name == GUIDE:
        yield from _unused_blocks(template, _GUIDE_BLOCKS)
        return
    step = flow.steps.get(template.name)
    if step is None or step.kind in WORDLESS:
        if flow.path not in tree.broken:
            message = "there is no such step" if step is None else f"a step of kind '{step.kind}' says nothing"
            yield template.problem(
                1, 1, "W102", f"{message}: '{template.name}'", did_you_mean(template.name, flow.steps)
            )
        return
    yield from _unused_blocks(template, expected_blocks(step))


def _unused_blocks(template: Template, expected: set[str]) -> Iterator[Problem]:
    for block in template.blocks.values():
        if block.name not in expected:
            hint = did_you_mean(block.name, expected - set(template.blocks))
            yield template.problem(block.line, block.column, "W103", f"block '{block.name}' is never said", hint)


def labels(template: Template, tree: Tree) -> Iterator[Problem]:
    """E034: a label, a title or a list of words that uses more than the forms of address."""
    for block in label_blocks(template, tree):
        for use in block.uses:
            if use.name not in PRONOUNS:
                only = f"only {', '.join(PRONOUNS)}: a button must read the same to everybody"
                hint = did_you_mean(use.name, PRONOUNS) or only
                yield template.problem(use.line, use.column, "E034", f"a label cannot use '{use.name}'", hint)


def label_blocks(template: Template, tree: Tree) -> Iterable[Block]:
    """The blocks of a template that are labels or words of buttons."""
    if template.name == GUIDE or (template.flow == BOT and template.name in {"buttons", "commands"}):
        return template.blocks.values()
    flow = tree.flows.get(template.flow)
    step = flow.steps.get(template.name) if flow else None
    answers = {*step.go, *step.stuck} if step else set()
    return [block for block in template.blocks.values() if block.name in answers or block.name.startswith("words_")]
