"""Everything the checker looks at, read once: flows, linked flows, templates, official sites."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.flow.check.template import Template, read_template
from bot.flow.link import link
from bot.flow.model import Flow, Kind, Step
from bot.flow.reader import is_flow_name, read_flows
from bot.source import SYNTAX_CODES, read_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

    from bot.problem import Problem

SOURCE_LANGUAGE = "vi"
BOT = "_bot"
GUIDE = "_guide"


@dataclass(slots=True)
class Tree:
    """flows/ and content/ below `root`. `words` maps language -> "<flow>/<step>" -> template."""

    root: Path
    today: date
    channels: Sequence[str]
    bot_texts: Collection[str]
    flows: dict[str, Flow] = field(default_factory=dict)
    linked: dict[str, Flow] = field(default_factory=dict)
    words: dict[str, dict[str, Template]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: set[Path] = field(default_factory=set)
    """Files with syntax faults: what is missing there is not reported again."""

    forms: frozenset[str] = frozenset()
    """The forms of address of the source language: "bạn", "cháu", …"""
    with_words: dict[str, set[str]] = field(default_factory=dict)
    """The flows that have any template, by language."""
    misnamed: set[str] = field(default_factory=set)
    """What files whose names do not fit may be meant to be called: "wash-hands" for Wash_Hands.toml."""
    partners: list[tuple[str, str]] = field(default_factory=list)
    """(flow, piece it includes), for all flows."""

    @property
    def content(self) -> Path:
        """The folder of the words."""
        return self.root / "content"

    def has_flow_file(self, name: str) -> bool:
        """Whether there is a file for this flow, readable or not."""
        return name in self.flows or self._file(name).is_file()

    def is_stray(self, template: Template) -> bool:
        """Whether a template belongs to no flow and is the first of its folder, which is reported once."""
        if self.has_flow_file(template.flow) or template.flow in self.misnamed:
            return False
        words = self.words[template.language].values()
        return next(each for each in words if each.flow == template.flow) is template

    def _file(self, name: str) -> Path:
        return self.root / "flows" / f"{name}.toml"

    def is_sound(self, flow: Flow) -> bool:
        """Whether this flow and all it enters or includes could be read completely."""
        return not {flow.path, *map(self._file, reached(flow.name, self.flows))} & self.broken

    def templates(self) -> Iterator[Template]:
        """Every template of every language."""
        for words in self.words.values():
            yield from words.values()

    def template(self, language: str, step: Step) -> Template | None:
        """The words of a step in one language."""
        return self.words[language].get(step.text)


def read_tree(root: Path, today: date, channels: Sequence[str], bot_texts: Collection[str]) -> Tree:
    """All files below `root`. Their own problems (syntax, types) stand in `problems`."""
    tree = Tree(root, today, channels, bot_texts)
    tree.flows, tree.problems = read_flows(root / "flows")
    tree.broken = {problem.path for problem in tree.problems if problem.code in SYNTAX_CODES}
    tree.linked = {name: link(flow, tree.flows) for name, flow in tree.flows.items()}
    tree.forms = forms_of(tree.content / SOURCE_LANGUAGE / BOT / "address.toml")
    tree.partners = [
        (flow.name, step.flow)
        for flow in tree.flows.values()
        for step in flow.steps.values()
        if step.kind is Kind.INCLUDE and step.flow in tree.flows
    ]
    if tree.content.is_dir():
        for folder in sorted(tree.content.iterdir()):
            if folder.is_dir() and folder.name != "media":
                tree.words[folder.name] = _read_words(folder)
    if tree.flows:
        tree.words.setdefault(SOURCE_LANGUAGE, {})
    tree.with_words = {language: {each.flow for each in words.values()} for language, words in tree.words.items()}
    tree.misnamed = {
        re.sub(r"[^a-z0-9]+", "-", problem.path.stem.lower()).strip("-")
        for problem in tree.problems
        if problem.code == "E008" and not is_flow_name(problem.path.stem)
    }
    for template in tree.templates():
        tree.problems += template.problems
    return tree


def _read_words(folder: Path) -> dict[str, Template]:
    words = {}
    for below, folders, files in os.walk(folder):
        folders.sort()
        flow = os.path.relpath(below, folder).replace(os.sep, "/")
        for file in sorted(files):
            if file.endswith(".j2"):
                text = f"{flow}/{file[:-3]}"
                words[text] = read_template(os.path.join(below, file), folder.name, text)  # noqa: PTH118 (many)
    return words


def forms_of(path: Path) -> frozenset[str]:
    """The words of `address.toml` that a text must not write out; its faults are found elsewhere."""
    tables = read_file(path).data.values() if path.is_file() else ()
    return frozenset(
        {"bạn", "tôi"}.union(
            str(each[key]) for each in tables if isinstance(each, dict) for key in ("you", "me") if each.get(key)
        )
    )


def reached(name: str, flows: dict[str, Flow]) -> set[str]:
    """The names of all flows that `name` enters or includes, directly or through others."""
    found: set[str] = set()
    todo = [name]
    while todo:
        flow = flows.get(todo.pop())
        for step in flow.steps.values() if flow else ():
            if step.kind in {Kind.ENTER, Kind.INCLUDE} and step.flow not in found:
                found.add(step.flow)
                todo.append(step.flow)
    return found


@cache
def official() -> dict[str, frozenset[str]]:
    """The web addresses and phone numbers that may stand in a text: {"sites": …, "numbers": …}."""
    path = Path(__file__).parent.parent / "official_sites.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        "sites": frozenset(each["domain"] for each in data["site"]),
        "numbers": frozenset(each["number"] for each in data["hotline"]),
    }
