"""Findings about the bot's own sentences in content/<language>/_bot/."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

from bot.flow.check.tree import BOT, SOURCE_LANGUAGE, Tree
from bot.flow.reader import PRONOUNS, did_you_mean
from bot.problem import Problem
from bot.source import read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.flow.check.template import Template

_FORM = ("label", "you", "me")


def own_sentences(tree: Tree) -> Iterator[Problem]:
    """E044, W110, E033: what the code says must be there, in the source language and then in every other one.

    `tree.bot_texts` names what the code needs: "home" is the text of home.j2, "buttons.done" another block. The
    source language may have more; the other languages are compared with both.
    """
    source = tree.words.get(SOURCE_LANGUAGE, {})
    needed: dict[str, set[str]] = {}
    for name in tree.bot_texts:
        file, _, block = name.partition(".")
        needed.setdefault(f"{BOT}/{file}", set()).add(block or "text")
    for text, template in source.items():
        if template.flow == BOT:
            needed.setdefault(text, set()).update(each for each in template.blocks if not each.startswith("words_"))
    for language, words in sorted(tree.words.items()):
        for text, blocks in sorted(needed.items()):
            template_ = words.get(text)
            if template_ is None:
                code = "E044" if language == SOURCE_LANGUAGE else "W110"
                message = f"the sentence '{text.split('/')[1]}' is missing in '{language}'"
                yield Problem(tree.content / language / BOT, 1, 1, code, message, f"write content/{language}/{text}.j2")
            elif not template_.problems:
                yield from _missing_blocks(template_, blocks)
                if language != SOURCE_LANGUAGE and text in source:
                    yield from _strange_names(template_, source[text])


def _missing_blocks(template: Template, needed: set[str]) -> Iterator[Problem]:
    for block in sorted(needed - set(template.blocks)):
        hint = f"write {{% block {block} %}}…{{% endblock %}}"
        yield template.problem(1, 1, "E044", f"block '{block}' is missing", hint)


def _strange_names(template: Template, source: Template) -> Iterator[Problem]:
    """Names that the same sentence in the source language does not use: nobody is sure to give them."""
    known = {use.name for block in source.blocks.values() for use in block.uses} | set(PRONOUNS)
    for block in template.blocks.values():
        for use in block.uses:
            if use.name not in known:
                hint = did_you_mean(use.name, sorted(known)) or f"the sentence in '{SOURCE_LANGUAGE}' does not use it"
                yield template.problem(use.line, use.column, "E033", f"nobody gives '{use.name}'", hint)


def addresses(tree: Tree) -> Iterator[Problem]:
    """E046: forms of address that are missing or incomplete."""
    for language in sorted(tree.words):
        path = tree.content / language / BOT / "address.toml"
        if not path.is_file():
            if tree.bot_texts:
                yield Problem(path, 1, 1, "E046", f"there are no forms of address in '{language}'")
            continue
        file = read_file(path)
        yield from file.problems
        if file.problems:
            continue
        default = file.data.get("default")
        if not isinstance(file.data.get(str(default)), dict):
            yield file.problem(("default",), "E046", f"there is no form of address '{default}'")
        for name, form in file.data.items():
            if name == "default":
                continue
            missing = [key for key in _FORM if not (isinstance(form, dict) and isinstance(form.get(key), str))]
            if missing:
                yield file.problem((name,), "E046", f"'{name}' lacks {', '.join(missing)}")


def lexicons(tree: Tree) -> Iterator[Problem]:
    """E049: a lexicon (how words are spoken) that cannot be used."""
    for language in sorted(tree.words):
        path = tree.content / language / BOT / "lexicon.toml"
        if not path.is_file():
            continue
        file = read_file(path)
        yield from file.problems
        for key, value in file.data.items():
            if key not in _LEXICON:
                yield file.problem((key,), "E049", f"unknown key '{key}'", did_you_mean(key, sorted(_LEXICON)))
            elif key == "words" and isinstance(value, dict):
                wrong = [word for word, spoken in value.items() if not isinstance(spoken, str) or not word]
                yield from (file.problem((key, word), "E049", f"'{word}' needs words in quotes") for word in wrong)
            elif not _LEXICON[key](value):
                yield file.problem((key,), "E049", f"'{key}' cannot be used", "see content/vi/_bot/lexicon.toml")


def _says(names: set[str]) -> Callable[[object], bool]:
    """A sentence with exactly these names in braces."""

    def fits(value: object) -> bool:
        try:
            return isinstance(value, str) and {part[1] for part in Formatter().parse(value)} - {None} == names
        except ValueError:  # a brace without its other half
            return False

    return fits


_LEXICON: dict[str, Callable[[object], bool]] = {
    "dot": lambda value: isinstance(value, str),
    "one": _says({"label"}),
    "several": _says({"label", "place"}),
    "places": lambda value: isinstance(value, list) and all(isinstance(place, str) for place in value),
    "words": lambda value: isinstance(value, dict),
}
"""What a lexicon may hold, and what fits."""
