"""A template as a translator sees it: its blocks as they are written, and how one is put back in its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from bot.flow.check.template import parse_template
from bot.flow.reader import PRONOUNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OPTIONAL = frozenset({*PRONOUNS, "called"})
"""Names about the form of address: a language that has only one may leave them out."""

_TAG = re.compile(
    r"(?P<comment>\{#.*?#\})"
    r"|\{%[-+]?\s*(?:block\s+(?P<block>[A-Za-z_]\w*)|(?P<end>endblock)(?:\s+\w+)?)\s*[-+]?%\}",
    re.DOTALL,
)
_COMMENT = re.compile(r"\{#(.*?)#\}", re.DOTALL)
_CONSTRUCT = re.compile(r"\{%[-+]?\s*(.*?)\s*[-+]?%\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Passage:
    """One block as it is written. `words` begin and end with no space; `start` is their offset in the file.

    `lead` and `trail` are the spaces around them, `begin` and `end` the offsets of the whole block.
    """

    name: str
    line: int
    words: str
    start: int
    lead: str
    trail: str
    begin: int
    end: int

    @property
    def is_list(self) -> bool:
        """Whether it lists what people type. Every language has its own, so none is made from another."""
        return self.name in {"words", "alarm", "life", "calm"} or self.name.startswith("words_")


def passages(source: str) -> dict[str, Passage]:
    """The blocks of a template that say something, by name, in order. Of a template at fault: those that are found."""
    found: dict[str, Passage] = {}
    opened: re.Match[str] | None = None
    for tag in _TAG.finditer(source):
        if tag["block"]:
            opened = tag
        elif tag["end"] and opened:
            inner = source[opened.end() : tag.start()]
            words = inner.strip()
            lead = inner[: len(inner) - len(inner.lstrip())]
            found[opened["block"]] = Passage(
                name=opened["block"],
                line=source.count("\n", 0, opened.start()) + 1,
                words=words,
                start=opened.end() + len(lead),
                lead=lead,
                trail=inner[len(lead) + len(words) :],
                begin=opened.start(),
                end=tag.end(),
            )
            opened = None
    return found


def notes(source: str) -> list[str]:
    """The comments that stand outside of the blocks, each as one line."""
    inside = [(each.begin, each.end) for each in passages(source).values()]
    return [
        " ".join(comment[1].split())
        for comment in _COMMENT.finditer(source)
        if not any(begin <= comment.start() < end for begin, end in inside)
    ]


def digest(words: str) -> str:
    """What tells one wording from another: spaces at the ends of lines and comments do not count."""
    said = _COMMENT.sub("", words).strip()
    return sha256("\n".join(line.strip() for line in said.splitlines()).encode()).hexdigest()[:10]


def digest_of_all(words: Iterable[str]) -> str:
    """The same for many passages together."""
    return sha256("\n".join(map(digest, words)).encode()).hexdigest()[:10]


def constructs(words: str) -> set[str]:
    """The insides of all {% … %}, with single spaces: "if phone", "endif"."""
    return {" ".join(found[1].split()) for found in _CONSTRUCT.finditer(_COMMENT.sub("", words))}


def names(words: str) -> set[str]:
    """The names that a passage uses. Raises ValueError, in words for a writer, when it cannot stand in a template."""
    template = parse_template("", "", "", f"{{% block text %}}{words}{{% endblock %}}")
    if template.problems:
        problem = template.problems[0]
        raise ValueError(problem.message + (f" ({problem.hint})" if problem.hint else ""))
    if list(template.blocks) != ["text"]:
        raise ValueError("a text cannot hold a block")
    return {use.name for use in template.blocks["text"].uses}


def with_words(source: str, words: Mapping[str, str], model: str) -> str:
    """The template `source` with other words in the blocks that `words` names.

    A block that is not there comes after the one it follows in `model`, the same template in the source language,
    and is laid out as there. All else stays as it is, to the letter.
    """
    for passage in sorted(passages(source).values(), key=lambda each: each.begin, reverse=True):
        if passage.name in words:
            inside = _laid_out(passage, words[passage.name])
            first = passage.start - len(passage.lead)
            last = passage.start + len(passage.words) + len(passage.trail)
            source = source[:first] + inside + source[last:]
    before = ""
    for passage in passages(model).values():
        there = passages(source)
        if passage.name in words and passage.name not in there:
            inside = _laid_out(passage, words[passage.name])
            block = f"{{% block {passage.name} %}}{inside}{{% endblock %}}"
            source = _inserted(source, block, there, before)
            before = passage.name
        elif passage.name in there:
            before = passage.name
    return source


def _laid_out(passage: Passage, words: str) -> str:
    """The inside of a block: several lines stand between its tags, not beside them."""
    if "\n" in words and "\n" not in passage.lead:
        return f"\n{words}\n"
    return passage.lead + words + passage.trail


def _inserted(source: str, block: str, there: dict[str, Passage], before: str) -> str:
    if before:
        at = there[before].end
        return f"{source[:at]}\n{block}{source[at:]}"
    if there:
        at = next(iter(there.values())).begin
        return f"{source[:at]}{block}\n{source[at:]}"
    return f"{source}{block}\n"
