"""Findings about what a channel can show: lengths, and buttons that cannot be told apart when typed."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.capability import CAPABILITIES
from bot.flow.check.template import SAMPLE_VALUE
from bot.flow.check.tree import BOT, GUIDE, Tree
from bot.flow.check.words import label_blocks
from bot.flow.model import CHOICES, Kind
from bot.flow.own import ALWAYS, OF_DO
from bot.flow.reader import LONGEST_TEXT, PRONOUNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.flow.check.template import Block, Template
    from bot.flow.model import Step
    from bot.problem import Problem

LABEL_MAX = 30
TITLE_MAX = 40
NUMBER_MAX = 12
"""Characters of “Bấm số 10: ” with the end of its line."""


_NUMBER_WORDS = {
    "vi": (("1", "một", "số một", "số 1"), ("2", "hai", "số hai", "số 2"), ("3", "ba", "số ba", "số 3")),
    "en": (("1", "one", "number one"), ("2", "two", "number two"), ("3", "three", "number three")),
}
_SIGNS = re.compile(r"[\W_]+")
_LONGEST_VALUE = {Kind.NUMBER: 16, Kind.DATE: 10, Kind.PHONE: 15, Kind.CHOICE: 30}


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Small letters and digits only, without accents and emoji: what a person may type instead."""
    spread = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return _SIGNS.sub(" ", "".join(each for each in spread if not unicodedata.combining(each))).strip()


def lengths(template: Template, tree: Tree) -> Iterator[Problem]:
    """E035, E036: a text too long for a channel that is switched on, or a label too long for a button."""
    step = _step(template, tree)
    text = template.blocks.get("text")
    if text:
        length = _length(text, template, tree)
        for channel in tree.channels:
            can = CAPABILITIES[channel]
            limit = can.caption if step and step.picture else can.text
            lines = _numbered(step, can.buttons) if step else 0
            if length + lines > limit:
                told = f" and {lines} of numbered answers" if lines else ""
                message = f"{length} characters{told}, {channel} shows {limit}"
                hint = "make two steps of it" + (
                    " (a picture is there: its caption is shorter)" if step and step.picture else ""
                )
                yield template.problem(text.line, text.column, "E035", message, hint)
                break
    for block in label_blocks(template, tree):
        is_list = block.name.startswith("words") or block.name in {"alarm", "life", "calm"}
        if is_list or block.name == "goal" or template.name == "commands":
            continue
        most = TITLE_MAX if template.name == GUIDE else LABEL_MAX
        if len(block.words) > most:
            message = f"a label of {len(block.words)} characters, at most {most} fit on a button"
            yield template.problem(block.line, block.column, "E036", message, "shorten it; the text can say the rest")


def _numbered(step: Step, buttons: int) -> int:
    """How long the answers without a button may get in the text, where at most `buttons` are; with the small row."""
    answers = len(OF_DO) - 1 if step.kind is Kind.DO else len(step.go)  # "other" stands beside known problems
    return max(0, answers + 2 - buttons) * (LABEL_MAX + NUMBER_MAX)


def _length(block: Block, template: Template, tree: Tree) -> int:
    """The length of a block with every saved value at its longest."""
    words = block.words
    length = len(words) - words.count(SAMPLE_VALUE)
    flow = tree.flows.get(template.flow)
    for use in block.uses:
        if use.name not in PRONOUNS:
            savers = [step for step in flow.steps.values() if step.save == use.name] if flow else []
            length += max((_LONGEST_VALUE.get(step.kind) or int(step.max or 200) for step in savers), default=30)
    return min(length, LONGEST_TEXT * 100)


def collisions(template: Template, tree: Tree) -> Iterator[Problem]:
    """E038: two buttons of a step, or one and a built-in, that are the same when typed without accents."""
    step = _step(template, tree)
    if step is None:
        if template.text == f"{BOT}/buttons":
            yield from _clashes(template, [*ALWAYS, *OF_DO], {})
        return
    answers = [*step.go, *step.stuck]
    if step.kind not in {Kind.DO, *CHOICES} or not answers:
        return
    taken: dict[str, str] = {}
    buttons = tree.words[template.language].get(f"{BOT}/buttons")
    if buttons:
        for name in (*ALWAYS, *(OF_DO if step.kind is Kind.DO else ())):
            for word, _ in _words(buttons, name):
                taken.setdefault(word, f"the built-in button '{name}'")
    for index, words in enumerate(_NUMBER_WORDS.get(template.language, ())):
        for word in words:
            taken[fold(word)] = f"number {index + 1}"
    yield from _clashes(template, answers, taken)


def _clashes(template: Template, answers: list[str], taken: dict[str, str]) -> Iterator[Problem]:
    for index, answer in enumerate(answers):
        for word, (line, column) in _words(template, answer):
            owner = taken.get(word)
            if owner == f"number {index + 1}" or owner == f"'{answer}'":
                continue
            if owner:
                message = f"'{word}' means '{answer}' and also {owner}"
                yield template.problem(line, column, "E038", message, "choose other words")
            else:
                taken[word] = f"'{answer}'"


def _words(template: Template, answer: str) -> list[tuple[str, tuple[int, int]]]:
    """What can be typed for an answer, folded: its label and its other words, each with its place."""
    found = []
    label = template.blocks.get(answer)
    if label:
        found.append((fold(label.words), (label.line, label.column)))
    words = template.blocks.get(f"words_{answer}")
    if words:
        for line, sentence in _lines(words):
            found.append((fold(sentence), (line, 1)))
    return [(word, place) for word, place in found if word]


def _lines(block: Block) -> Iterator[tuple[int, str]]:
    line = block.pieces[0][0] if block.pieces else block.line
    for offset, text in enumerate("".join(text for _, text in block.pieces).split("\n")):
        if text.strip():
            yield line + offset, text.strip()


def twin_titles(tree: Tree) -> Iterator[Problem]:
    """E038: two guides whose titles are the same when typed."""
    for words in tree.words.values():
        owners: dict[str, str] = {}
        for template in words.values():
            title = template.blocks.get("title")
            if template.name != GUIDE or not title or not title.words:
                continue
            owner = owners.setdefault(fold(title.words), template.flow)
            if owner != template.flow:
                message = f"'{owner}' has the same title"
                yield template.problem(title.line, title.column, "E038", message, "choose other words")


def _step(template: Template, tree: Tree) -> Step | None:
    flow = tree.flows.get(template.flow)
    return flow.steps.get(template.name) if flow else None
