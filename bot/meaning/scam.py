"""The scam check: a pasted message, link, number or request for money to a verdict with its reasons. Pure.

It never says "safe": the mildest verdict is that no sign was found. Signs have points (scam.toml); the sum of the
different signs that were found makes the verdict.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.meaning.domain import Link, find_links, imitates, is_disguised, look
from bot.meaning.fold import clean
from bot.meaning.phrase import Reading, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.meaning.scam_rules import Rules, Sign

LONGEST = 10_000
"""Characters of a message that are looked at."""

_APK = re.compile(r"[\w\-]{1,40}\.apk(?!\w)|\.apk(?!\w)", re.IGNORECASE)
LONG = 90
"""Characters from which typed words are rather a pasted message."""

_ADDRESS = re.compile(r"\w\.[^\W\d_]{2}|://")
"""May hold an address; whether it is one, `check` finds out."""
_BARE_NUMBER = re.compile(r"[^\d+]{0,30}(?:(?:\+|0)[\d .\-]{8,18}|1[89]00[\d .\-]{4,8})\D{0,40}")
_CUT = re.compile(r"[^\W\d_][',.;:!|~^][^\W\d_]")
"""A sign in the middle of a word: "N'ha'nL,jen"."""
_DIGIT_INSIDE = re.compile(r"[^\W\d_][0134@][^\W\d_]")
"""A digit in place of a letter: "MU0N", "t3le"."""
MOST_CUT = 6
MOST_DIGITS = 2
"""More of these is no slip of the hand."""
_WORD = re.compile(r"\w{6,40}")
_BEFORE = 48
"""Characters of tokens before a phrase in which a denial may stand: about four words."""
_BEHIND = 24
"""Characters of tokens behind a phrase in which an exception may stand: about three words."""
_NEAR = 4
"""Words before a phrase in which a denial counts."""


class Level(StrEnum):
    """What a person should do with the message."""

    STOP = "stop"
    CAREFUL = "careful"
    NO_SIGN = "no_sign"


@dataclass(frozen=True, slots=True)
class Reason:
    """A sign that was found, and the very words of the message it was found in.

    `about` says more where the sign has more to say: whom an address imitates, or who owns it.
    """

    sign: str
    weight: int
    piece: str
    about: str = ""
    guide: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict. `reasons` stand weightiest first; `has` tells what is in the message: link, number, transfer."""

    level: Level
    points: int
    reasons: tuple[Reason, ...]
    has: frozenset[str]


def check(text: str, rules: Rules) -> Verdict:
    """What is to be thought of a message that somebody else wrote. Never raises; grows with the text, up to a limit."""
    text = clean(text[:LONGEST])
    links = find_links(text, rules.words)
    reading = read(text, [(link, _token(link, rules)) for link in links if not link.mail], rules.keep)
    found = {name: (piece, about) for name, piece, about in _of_links(text, links, rules)}
    if foreign := reading.find("foreign"):
        found["foreign_number"] = (foreign, "")
    strange = next((link.text for link in links if _is_strange(link, rules)), "")
    if strange:
        found["strange_link"] = (strange, "")
    quoted = bool(rules.warning.search(reading.tokens)) and not _offers_a_way(reading)
    for sign in rules.signs.values():
        if sign.phrases is not None and (not quoted or sign.despite_warning) and (piece := _said(sign, reading, rules)):
            found.setdefault(sign.name, (piece, ""))
    for sign in rules.signs.values():
        if sign.together and all(part in found for part in sign.together):
            found.setdefault(sign.name, found[sign.together[0]])
    reasons = [
        Reason(name, rules.signs[name].weight, piece, about, rules.signs[name].guide)
        for name, (piece, about) in found.items()
        if name in rules.signs and rules.signs[name].weight > 0
    ]
    points = _points(reasons, found, rules)
    level = Level.STOP if points >= rules.stop else Level.CAREFUL if points >= rules.careful else Level.NO_SIGN
    reasons.sort(key=lambda reason: -reason.weight)
    return Verdict(level, points, tuple(reasons), frozenset(_contents(reading, links)))


def is_of_others(text: str, *, asked: bool = False) -> bool:
    """Whether typed words look like a message that somebody else wrote: an address, a bare number, or many words.

    `asked`: the person has just been asked to type something, so that a number is an answer.
    """
    return bool(_ADDRESS.search(text)) or len(text) >= LONG or (not asked and is_bare_number(text))


def is_bare_number(text: str) -> bool:
    """Whether there is nothing to judge but a phone number, with a few words around it at most."""
    return bool(_BARE_NUMBER.fullmatch(text))


def is_own_trouble(text: str, rules: Rules) -> bool:
    """Whether a person tells what has happened to them: a cry for help, whatever else stands there."""
    return bool(rules.own_words.search(read(clean(text[:LONGEST]), (), rules.keep).tokens))


def _points(reasons: list[Reason], found: Mapping[str, tuple[str, str]], rules: Rules) -> int:
    """The sum of the signs; what calms counts only where no single sign is enough to stop."""
    points = sum(reason.weight for reason in reasons)
    if any(reason.weight >= rules.stop for reason in reasons):
        return points
    return max(0, points + sum(sign.weight for sign in rules.signs.values() if sign.weight < 0 and sign.name in found))


def _token(link: Link, rules: Rules) -> str:
    """What a link counts as in a sentence: a known site, a private chat, or a strange address."""
    if link.below(rules.chat):
        return "handle"
    if link.below(rules.sites) and not (link.split or link.shown or link.below(rules.free)):
        return "site"
    return "url"


def _is_strange(link: Link, rules: Rules) -> bool:
    """An address of nobody known. One below .vn is registered with an identity card: alone it counts for less."""
    return _token(link, rules) == "url" and not (
        link.owner.endswith(".vn") and not link.below(rules.short) and not imitates(link, rules.names, rules.glue)
    )


def _of_links(text: str, links: list[Link], rules: Rules) -> Iterator[tuple[str, str, str]]:
    """(sign, piece, about) of everything that is seen in addresses and letters."""
    for link in links:
        if link.numeric:
            yield "bare_ip", link.host, ""
        if link.split or link.shown:
            yield "link_hides", link.shown or link.text, link.owner or link.host
        if not link.below(rules.sites) and not link.below(rules.chat):
            yield from _of_name(link, rules)
        if not link.mail:
            yield from _of_place(link, rules)
    if apk := _APK.search(text):
        yield "apk", apk[0], ""
    yield from _of_letters(text, links, rules)
    if odd := _odd_writing(text, links):
        yield "odd_writing", odd, ""


def _of_name(link: Link, rules: Rules) -> Iterator[tuple[str, str, str]]:
    """Whether the name of an unknown host pretends to be another."""
    if link.disguised:
        yield "odd_letters", link.host, link.owner
    if imitated := imitates(link, rules.names, rules.glue):
        yield "look_alike", link.host, imitated


def _of_place(link: Link, rules: Rules) -> Iterator[tuple[str, str, str]]:
    """Whether the host is a place where anybody can hide."""
    if link.below(rules.short):
        yield "short_link", link.host, ""
    elif link.below(rules.free):
        yield "free_host", link.host, ""
    elif link.owner.rpartition(".")[2] in rules.odd and not link.below(rules.sites):
        yield "odd_ending", link.host, link.owner


def _of_letters(text: str, links: list[Link], rules: Rules) -> Iterator[tuple[str, str, str]]:
    """Names written with wrong letters: "VlETCOMBANK", "Vіetcombank"."""
    looks = {look(name): name for name in rules.names if len(name) > 6}
    inside = [range(link.start, link.start + len(link.text)) for link in links]
    for word in _WORD.finditer(text):
        name = looks.get(look(word[0]))
        wrong = name is not None and word[0].casefold() != name
        if (wrong or is_disguised(word[0])) and not any(word.start() in each for each in inside):
            yield "odd_sender", word[0], name or ""
            return


def _odd_writing(text: str, links: list[Link]) -> str:
    """The first word that is cut up to slip past filters, where there are many; or ""."""
    for link in links:
        text = text.replace(link.text, " " * len(link.text), 1)
    cut, digits = list(_CUT.finditer(text)), list(_DIGIT_INSIDE.finditer(text))
    if len(cut) <= MOST_CUT and len(digits) <= MOST_DIGITS:
        return ""
    at = (cut if len(cut) > MOST_CUT else digits)[0].start()
    return text[text.rfind(" ", 0, at) + 1 :].split(maxsplit=1)[0]


def _said(sign: Sign, reading: Reading, rules: Rules) -> str:
    """The first words of the message that say this sign and mean it, or ""."""
    if sign.phrases is None:
        return ""
    for match in sign.phrases.finditer(reading.tokens):
        if sign.deniable and _denied(reading.tokens[max(0, match.start() - _BEFORE) : match.start()], rules):
            continue
        around = (
            _words_before(reading.tokens, match.start()) + match[0] + reading.tokens[match.end() : match.end() + 24]
        )
        if sign.excepted is not None and sign.excepted.search(around):
            continue
        return reading.piece(match.start(), match.end())
    return ""


def _words_before(tokens: str, start: int) -> str:
    """The three words before a place, in the same sentence."""
    words = tokens[max(0, start - _BEFORE) : start].rpartition(" .")[2].split()
    return "".join(f" {word}" for word in words[-3:])


def _denied(before: str, rules: Rules) -> bool:
    """Whether "do not" stands shortly before, in the same clause."""
    clause = re.split(r" [.,](?: |$)", before)[-1]
    near = "".join(f" {word}" for word in clause.split()[-_NEAR:])
    return bool(rules.denial.search(near)) and not rules.not_denial.search(near)


def _offers_a_way(reading: Reading) -> bool:
    """Whether the message leads somewhere: a strange link, a private number or chat."""
    return any(token in {"url", "phone", "handle", "foreign"} for token in reading.tokens.split())


def _contents(reading: Reading, links: list[Link]) -> Iterator[str]:
    tokens = set(reading.tokens.split())
    if links:
        yield "link"
    if tokens & {"phone", "hotline", "foreign"}:
        yield "number"
    if tokens & {"stk", "ck"} or " chuyen khoan " in reading.tokens or " so tai khoan " in reading.tokens:
        yield "transfer"
