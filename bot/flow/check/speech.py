"""Findings about how a text speaks: too long to hear, pronouns written out, secrets asked for, leftovers."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.flow.check.buttons import fold
from bot.flow.check.tree import SOURCE_LANGUAGE, Tree
from bot.flow.model import INPUTS
from bot.problem import Problem
from bot.source import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.flow.check.template import Template
    from bot.flow.model import Flow

MOST_SYLLABLES = 20
"""A written Vietnamese word is a syllable. In other languages words are counted."""

_SPOKEN = {"text", "goal", "stuck", "refused", "alt", "right", "why"}
_TODO = re.compile(r"\bTODO\b")
_WORD = re.compile(r"\S*\w\S*|\ufffc")
_NOT_A_PRONOUN = (
    "anh em", "anh chị em", "chị em", "ông bà", "bà con", "bác sĩ", "bác sỹ", "cô giáo", "thầy cô", "cô chú", "chú ý",
    "chú thích", "chú trọng", "ghi chú", "tiếng Anh", "nước Anh", "trẻ em", "em bé", "con cháu", "các cháu", "bạn bè",
    "người bạn", "kết bạn", "bạn thân", "một mình", "chỉ mình", "riêng mình", "tự mình", "chính mình", "anh trai",
    "em trai", "em gái", "chị gái", "bà ngoại", "bà nội", "ông ngoại", "ông nội", "cháu bé",
)  # fmt: skip
_BEFORE = re.compile("[\n\"“‘'(\u00ab/–-]+")
_SECRETS = (
    "otp", "mat khau", "passcode", "password", "ma xac thuc", "ma xac nhan", "ma pin", "pin code", "cvv", "cvc",
    "so the", "card number", "cccd", "so can cuoc", "so dinh danh", "id number", "so cmnd", "one time code",
    "verification code", "so tai khoan", "account number",
)  # fmt: skip
_SECRET = re.compile(rf"\b(?:{'|'.join(_SECRETS)})\b")
_NEGATION = re.compile(r"\b(?:khong|dung|cho|chua bao gio|never|not|don t|no)\b")

_MAY_BE_MARKED = re.compile(r"\*\*|__|\]\(|<[/a-zA-Z]|(?:^|%\})[ \t]*#{1,6} ", re.MULTILINE)
_MARK = re.compile(
    r"(?P<mark>\*\*[^*\n]+\*\*|__[^_\n]+__|\[[^\]\n]+\]\([^)\n]*\)"
    r"|</?(?:a|b|i|u|s|p|em|strong|br|code|pre|span|div|ul|ol|li|h[1-6]|img)\b[^<>\n]*>"
    r"|(?:(?<=\x00)|^)[ \t]*(?-i:#{1,6}) )",
    re.MULTILINE | re.IGNORECASE,
)


def sentences(template: Template, tree: Tree) -> Iterator[Problem]:
    """W107: a sentence too long to be understood by ear."""
    del tree
    unit = "syllables" if template.language == SOURCE_LANGUAGE else "words"
    for block in template.blocks.values():
        if not _is_spoken(block.name) or len(block.words.split()) <= MOST_SYLLABLES:
            continue
        for sentence in block.sentences():
            count = len(sentence.split())
            if count > MOST_SYLLABLES:
                count = len(_WORD.findall(sentence))
            if count > MOST_SYLLABLES:
                line = block.line_of(sentence)
                message = f"a sentence of {count} {unit}, at most {MOST_SYLLABLES} can be followed by ear"
                yield template.problem(line, 1, "W107", message, "make two sentences of it")


def _is_spoken(block: str) -> bool:
    return block in _SPOKEN or block.startswith("why_")


def pronouns(template: Template, tree: Tree) -> Iterator[Problem]:
    """W108: a form of address written out instead of {{ you }} or {{ me }}, in Vietnamese."""
    if template.language != SOURCE_LANGUAGE:
        return
    if not _may_have(template.source, tree.forms):
        return  # most texts, found out fast
    pattern = _pronoun_pattern(tree.forms)
    for match in pattern.finditer(template.visible()):
        block = template.block_at(match.start()) if match["pronoun"] else None
        if block and block.name not in {"helper", "alarm", "life", "calm"} and not block.name.startswith("words"):
            hint = "write {{ you }} or {{ me }}, {{ You }} or {{ Me }} at the beginning of a sentence"
            message = f"'{match['pronoun']}' is written out"
            yield template.problem_at(match.start("pronoun"), "W108", message, hint)


def _may_have(source: str, forms: frozenset[str]) -> bool:
    text = _BEFORE.sub(" ", source.lower())
    return any(f" {form}" in text for form in forms)


@lru_cache(maxsize=8)
def _pronoun_pattern(forms: frozenset[str]) -> re.Pattern[str]:
    """Every form of address, except inside words that only look like one, and in “what stands on a screen”."""
    longest_first = sorted(forms, key=len, reverse=True)
    other, pronoun = ("|".join(map(_any_case, words)) for words in (_NOT_A_PRONOUN, longest_first))
    return re.compile(rf"“[^”]*”|\b(?:{other}|(?P<pronoun>{pronoun}))\b")


def _any_case(word: str) -> str:
    """A pattern for a word with a small or a capital first letter (many times faster than IGNORECASE)."""
    return f"[{word[0]}{word[0].upper()}]{re.escape(word[1:])}"


def secrets(template: Template, tree: Tree) -> Iterator[Problem]:
    """E039: a step that asks the person to type a secret into the chat."""
    flow = tree.flows.get(template.flow)
    step = flow.steps.get(template.name) if flow else None
    text = template.blocks.get("text")
    if step is None or step.kind not in INPUTS or not text:
        return
    for sentence in text.sentences():
        if secret := secret_in(sentence):
            yield asks_for_secret(template, text.line_of(sentence), secret)


def secret_in(sentence: str) -> str:
    """The kind of secret that a sentence names without warning of it; "" if none."""
    folded = fold(sentence)
    match = _SECRET.search(folded)
    return match[0] if match and not _NEGATION.search(folded[: match.start()]) else ""


def asks_for_secret(template: Template, line: int, secret: str) -> Problem:
    """E039: what to say to who wrote it."""
    hint = "ask for nothing that could be stolen; let the person type it where it belongs"
    return template.problem(line, 1, "E039", f"asks for a secret: '{secret}'", hint)


def marks(template: Template, tree: Tree) -> Iterator[Problem]:
    """W111: marks of Markdown or HTML in a text. No channel reads them."""
    del tree
    if not _MAY_BE_MARKED.search(template.source):
        return  # most texts, found out fast
    for match in _MARK.finditer(template.visible()):
        mark = match["mark"].strip()
        hint = "write plain words; put what matters first, or give it a line of its own"
        yield template.problem_at(match.start("mark"), "W111", f"'{mark}' is shown as it stands", hint)


def leftovers(template: Template, tree: Tree) -> Iterator[Problem]:
    """W104, E045: TODO in a text; letters that are not in Unicode's composed form (NFC)."""
    del tree
    yield from _leftovers(template.path, template.source)


def leftovers_of_flow(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """W104, E045 for a flow file."""
    source = read_text(flow.path) if flow.path not in tree.broken else ""
    if isinstance(source, str):
        yield from _leftovers(flow.path, source)


def _leftovers(path: Path, source: str) -> Iterator[Problem]:
    if "TODO" in source:
        for number, line in enumerate(source.split("\n"), 1):
            match = _TODO.search(line)
            if match:
                yield Problem(path, number, match.start() + 1, "W104", line[match.start() :].split("#}")[0].strip())
    if not source.isascii() and not unicodedata.is_normalized("NFC", source):
        for number, line in enumerate(source.split("\n"), 1):
            if not unicodedata.is_normalized("NFC", line):
                good = unicodedata.normalize("NFC", line)
                column = next((i for i, (a, b) in enumerate(zip(line, good, strict=False)) if a != b), len(good)) + 1
                hint = "save it with composed letters (Unicode NFC): typed words would never match"
                yield Problem(path, number, column, "E045", "letters and their accents are stored apart", hint)
                return
