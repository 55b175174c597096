"""The checker: every fault of every flow and every text in one run. `check(root, today=…) -> [Problem]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.capability import CAPABILITIES
from bot.flow.check import buttons, guide, names, official, own, quiz, speech, ways, words
from bot.flow.check.tree import Tree, read_tree

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from bot.flow.model import Flow
    from bot.problem import Problem


_OF_ANY_FLOW = (
    guide.sources,
    guide.review,
    guide.menu,
    guide.chapter,
    guide.media,
    ways.other_flows,
    ways.missing_targets,
    ways.dead_ends,
    ways.moved_steps,
    quiz.right_answers,
    words.texts,
)
"""Of a flow whose own file could be read."""
_OF_A_LINKED_FLOW = (
    ways.circles,
    ways.silences,
    names.unsaved_names,
    names.kinds,
    quiz.pass_marks,
    quiz.scores,
    quiz.kinds,
)
"""Of a flow whose other flows could be read too."""
_OF_A_WHOLE_FLOW = (ways.unreachable, ways.no_way_out, names.unused_names)
"""Of a flow without the faults below."""
_OF_A_TEMPLATE = (
    words.superfluous,
    words.labels,
    buttons.lengths,
    buttons.collisions,
    speech.sentences,
    speech.pronouns,
    speech.secrets,
    speech.marks,
    speech.leftovers,
    official.links,
    official.numbers,
)
_OF_THE_TREE = (own.own_sentences, own.addresses, own.lexicons, buttons.twin_titles)

_CAUSES = {"E004", "E005", "E006", "E007", "E008", "E009", "E010", "E011", "E012", "E016", "E017", "E018"}
"""Faults that may be why a step is not reached or an answer not used; who mends them mends that too."""


def check(
    root: Path, *, channels: Sequence[str] = tuple(CAPABILITIES), today: date, bot_texts: Collection[str] = ()
) -> list[Problem]:
    """All problems of flows/ and content/ below `root`, sorted by place.

    `channels` are those switched on: their limits count. `bot_texts` are the sentences the code needs, see
    `bot.flow.check.own`.
    """
    tree = read_tree(root, today, channels, bot_texts)
    found = list(tree.problems)
    for finder in _OF_THE_TREE:
        found += finder(tree)
    for flow in tree.flows.values():
        found += _of_flow(flow, tree, found)
    for template in tree.templates():
        for finder_ in _OF_A_TEMPLATE:
            found += finder_(template, tree)
    return sorted(set(found))


def _of_flow(flow: Flow, tree: Tree, before: list[Problem]) -> Iterator[Problem]:
    found = list(speech.leftovers_of_flow(flow, tree))
    for finder in _OF_ANY_FLOW if flow.path not in tree.broken else ():
        found += finder(flow, tree)
    if tree.is_sound(flow):
        for finder in _OF_A_LINKED_FLOW:
            found += finder(flow, tree)
        if not any(each.code in _CAUSES and each.path == flow.path for each in (*before, *found)):
            for finder in _OF_A_WHOLE_FLOW:
                found += finder(flow, tree)
    yield from found
