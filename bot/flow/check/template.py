"""A template as the checker sees it: its blocks, the names each uses, and the words as a person would hear them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from jinja2 import nodes

from bot.flow.functions import FUNCTIONS
from bot.flow.reader import PRONOUNS
from bot.problem import Problem
from bot.source import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENV = jinja2.Environment(autoescape=False)  # noqa: S701 (only parsed, never rendered)

_TAG = re.compile(
    r"\{%\s*(?:block\s+(?P<block>[A-Za-z_]\w*)|(?P<end>endblock))\s*%\}"
    r"|\{\{\s*(?P<name>[A-Za-z_]\w*)\s*\}\}|(?P<comment>\{#.*?#\})|(?P<other>\{[{%#])",
    re.DOTALL,
)
_UNCLOSED = re.compile(
    r"(?P<closed>\{#.*?#\}|\{%(?:(?!\{[{%]).)*?%\}|\{\{(?:(?!\{[{%]).)*?\}\})|\{[{%#]",
    re.DOTALL,
)
"""Every tag; those that end before the next one begins are `closed`."""
_MARKUP = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_NO_BREAK = re.compile(r"[^\n]")
_WORDS_OF_THE_LANGUAGE = {
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
}

_ALLOWED = (
    nodes.Output | nodes.TemplateData | nodes.Name | nodes.If | nodes.Compare | nodes.Operand | nodes.Const
    | nodes.And | nodes.Or | nodes.Not | nodes.Test | nodes.Tuple | nodes.List | nodes.Call | nodes.CondExpr | nodes.Neg
)  # fmt: skip
"""What a text may be made of: words, names, conditions and the functions. No loops, no sets, no filters."""

SAMPLE_PRONOUN = "bạn"
SAMPLE_VALUE = "\ufffc"
"""Stands for a saved value in `Block.words`; the length checks know how long it can get."""


@dataclass(frozen=True, slots=True)
class Use:
    """A name in a template; `column` counts from 1."""

    name: str
    line: int
    column: int


@dataclass(slots=True)
class Block:
    """One piece of a template. `pieces` are the words of the longest text it can say, each with its first line.

    Pronouns and saved values are replaced by samples there.
    """

    name: str
    line: int
    column: int
    pieces: list[tuple[int, str]] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    words: str = ""
    """All pieces together, stripped."""

    def finish(self) -> None:
        """Put the pieces together, when all are there."""
        self.words = "".join(text for _, text in self.pieces).strip()

    def sentences(self) -> Iterator[str]:
        """Each sentence, in order. A line break and a semicolon end one too."""
        return (match[0].strip() for match in _SENTENCE.finditer(self.words))

    def line_of(self, words: str) -> int:
        """The line in which these words (a part of `words`) begin."""
        offset = "".join(text for _, text in self.pieces).find(words)
        for line, text in self.pieces:
            if offset < len(text):
                return line + text.count("\n", 0, max(offset, 0))
            offset -= len(text)
        return self.line


_SENTENCE = re.compile(r"\S(?:[^.!?…;\n]|[.!?…;](?=\S))*")


@dataclass(slots=True)
class Template:
    """One file content/<language>/<flow>/<step>.j2."""

    file: str
    language: str
    text: str
    source: str
    blocks: dict[str, Block] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    flow: str = field(init=False)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.flow, _, self.name = self.text.rpartition("/")

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.file)

    def visible(self) -> str:
        """The source with markup blanked out, so that places stay what they are."""
        return _MARKUP.sub(lambda match: _NO_BREAK.sub("\x00", match[0]), self.source)

    def block_at(self, offset: int) -> Block | None:
        """The block around a character of the source."""
        line, column = _place(self.source, offset)
        before = [block for block in self.blocks.values() if (block.line, block.column) <= (line, column)]
        return max(before, key=lambda block: (block.line, block.column), default=None)

    def problem(self, line: int, column: int, code: str, message: str, hint: str = "") -> Problem:
        """A problem in this file."""
        return Problem(self.path, line, column, code, message, hint)

    def problem_at(self, offset: int, code: str, message: str, hint: str = "") -> Problem:
        """A problem at a character of the source."""
        return self.problem(*_place(self.source, offset), code, message, hint)


def read_template(file: str, language: str, text: str) -> Template:
    """The template in `file`, known to steps as `text` ("<flow>/<step>"). Its faults stand in its `problems`."""
    source = read_text(file)
    if isinstance(source, Problem):
        return Template(file, language, text, "", problems=[source])
    return parse_template(file, language, text, source)


def parse_template(file: str, language: str, text: str, source: str) -> Template:
    """The same for a template that is not, or not yet, what stands in `file`."""
    template = Template(file, language, text, source)
    if not _read_plain(template):
        template.blocks.clear()
        _read_with_jinja(template)
    for block in template.blocks.values():
        block.finish()
    return template


def _read_plain(template: Template) -> bool:
    """Read a template of nothing but blocks, names and words; False when it has more than that or any fault.

    Nearly all are like this, and Jinja's own parser is many times slower: with 18,000 templates that is the
    difference between one second and five.
    """
    source = template.source
    block: Block | None = None
    at, line = 0, 1
    for match in _TAG.finditer(source):
        text = source[at : match.start()]
        line += text.count("\n")
        if block:
            block.pieces.append((line - text.count("\n"), text))
        kind = match.lastgroup
        if kind == "other" or (not block and (text.strip() or kind in {"name", "end"})):
            return False
        if kind == "block":
            if block or match["block"] in template.blocks:
                return False
            block = template.blocks[match["block"]] = Block(match["block"], line, _column(source, match.start()))
        elif kind == "end":
            block = None
        elif kind == "name" and block:
            if match["name"] in _WORDS_OF_THE_LANGUAGE:
                return False
            start = match.start("name")
            inside = source.count("\n", match.start(), start)
            block.uses.append(Use(match["name"], line + inside, _column(source, start)))
            block.pieces.append((line, _sample(match["name"])))
        line += match[0].count("\n")
        at = match.end()
    return block is None and not source[at:].strip()


def _read_with_jinja(template: Template) -> None:
    """Read any template by Jinja's own parser, and refuse what a text may not be made of."""
    try:
        tree = _ENV.parse(template.source)
    except jinja2.TemplateSyntaxError as error:
        template.problems.append(_fault(template, error))
        return
    for node in tree.body:
        if isinstance(node, nodes.Block):
            _add_block(template, node)
        elif isinstance(node, nodes.Output) and all(isinstance(each, nodes.TemplateData) for each in node.nodes):
            words = "".join(each.data for each in node.nodes if isinstance(each, nodes.TemplateData))
            if words.strip():
                line = node.lineno + words[: len(words) - len(words.lstrip())].count("\n")
                message = "words outside of a block are never said"
                template.problems.append(template.problem(line, 1, "E032", message, "put them into {% block text %}"))
        else:
            message = f"'{_word(node)}' outside of a block"
            template.problems.append(
                template.problem(node.lineno, 1, "E032", message, "only blocks stand in a template")
            )
    if not template.problems:
        try:
            _ENV.compile(tree)  # finds what the parser lets through
        except jinja2.TemplateSyntaxError as error:
            template.problems.append(_fault(template, error))


def _fault(template: Template, error: jinja2.TemplateSyntaxError) -> Problem:
    """What Jinja says of a file; a tag that is not closed is looked up, for Jinja names the place behind it."""
    hint = "every {% block name %} ends with {% endblock %}, every {{ with }}"
    for match in _UNCLOSED.finditer(template.source):
        if not match["closed"]:
            return template.problem_at(match.start(), "E032", f"a tag is not closed: '{match[0]}'", hint)
    line = min(error.lineno, template.source.count("\n") + 1)
    return template.problem(line, 1, "E032", f"not a template: {error.message}", hint)


def _add_block(template: Template, node: nodes.Block) -> None:
    lines = template.source.splitlines()
    column = lines[node.lineno - 1].find("{%") + 1
    if node.name in template.blocks:
        again = list(re.finditer(rf"\{{%[-+]?\s*block\s+{node.name}\b", lines[node.lineno - 1]))
        column = again[-1].start() + 1 if again else column
        message = f"block '{node.name}' is given twice"
        template.problems.append(template.problem(node.lineno, max(column, 1), "E032", message, "keep one of the two"))
        return
    if node.required:
        message, hint = f"block '{node.name}' is 'required', which says nothing", "leave the word out"
        template.problems.append(template.problem(node.lineno, max(column, 1), "E032", message, hint))
    block = template.blocks[node.name] = Block(node.name, node.lineno, max(column, 1))
    _refuse(template, node)
    block.pieces = _pieces(node.body)
    called = {id(call.node) for call in node.find_all(nodes.Call)}
    for used in node.find_all(nodes.Name) if not template.problems else ():
        if id(used) not in called:
            found = re.search(rf"\b{used.name}\b", lines[used.lineno - 1]) if used.lineno <= len(lines) else None
            block.uses.append(Use(used.name, used.lineno, found.start() + 1 if found else 1))


def _refuse(template: Template, block: nodes.Block) -> None:
    """Report what a text may not be made of, and what would fail when it is said."""
    found = []
    for node in block.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            found.append((node, f"a text cannot use '{_word(node)}'", "words, {{ names }}, functions and {% if %}"))
        elif isinstance(node, nodes.Test) and node.name not in _ENV.tests:
            found.append((node, f"there is no test 'is {node.name}'", "compare with ==, or write {% if name %}"))
        elif isinstance(node, nodes.Call) and not (isinstance(node.node, nodes.Name) and node.node.name in FUNCTIONS):
            name = node.node.name if isinstance(node.node, nodes.Name) else "?"
            found.append((node, f"there is no function '{name}'", f"there are {', '.join(FUNCTIONS)}"))
    template.problems += [template.problem(node.lineno, 1, "E032", *words) for node, *words in found]


def _pieces(body: list[nodes.Node]) -> list[tuple[int, str]]:
    """The words of the longest way through the conditions."""
    pieces: list[tuple[int, str]] = []
    for node in body:
        if isinstance(node, nodes.TemplateData):
            pieces.append((node.lineno, node.data))
        elif isinstance(node, nodes.Name):
            pieces.append((node.lineno, _sample(node.name)))
        elif isinstance(node, nodes.Output):
            pieces += _pieces(node.nodes)  # type: ignore[arg-type]  # Expr is a Node; lists are invariant
        elif isinstance(node, nodes.If):
            ways = [node.body, *(each.body for each in node.elif_), node.else_]
            pieces += max(map(_pieces, ways), key=lambda way: sum(len(text) for _, text in way))
        else:
            pieces.append((node.lineno, SAMPLE_VALUE))
    return pieces


def _sample(name: str) -> str:
    return SAMPLE_PRONOUN if name in PRONOUNS else SAMPLE_VALUE


def _word(node: nodes.Node) -> str:
    """What a writer calls a node: "for", "filter"."""
    return type(node).__name__.lower()


def _place(source: str, offset: int) -> tuple[int, int]:
    return source.count("\n", 0, offset) + 1, _column(source, offset)


def _column(source: str, offset: int) -> int:
    return offset - source.rfind("\n", 0, offset)
