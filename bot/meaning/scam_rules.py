"""The rules of the scam check, read from scam.toml and made ready to search."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.meaning.phrase import compiled

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

DATA = Path(__file__).parent / "scam.toml"

OF_LINKS = (
    *("look_alike", "odd_letters", "bare_ip", "link_hides", "apk", "short_link", "odd_ending", "free_host"),
    *("odd_sender", "foreign_number"),
)
"""Signs that the code finds; the file says what they weigh."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of fraud. Weight 0: a mark, which counts only together with others and is never shown."""

    name: str
    weight: int
    guide: str = ""  # what helps against it
    phrases: re.Pattern[str] | None = None
    excepted: re.Pattern[str] | None = None  # found among the words of the phrase or the three behind: no sign
    together: tuple[str, ...] = ()  # all of these must have been found
    deniable: bool = False  # "do not …" before it turns it round
    despite_warning: bool = False  # counts in a message that warns of fraud, too


@dataclass(frozen=True)
class Rules:
    """All of them. `names`: what frauds imitate; `sites`: the addresses that are known to be whose they say."""

    version: str
    stop: int
    careful: int
    signs: Mapping[str, Sign]
    names: tuple[str, ...]
    sites: frozenset[str]
    keep: frozenset[str]
    warning: re.Pattern[str]
    denial: re.Pattern[str]
    not_denial: re.Pattern[str]
    own_words: re.Pattern[str]
    short: frozenset[str]
    free: frozenset[str]
    chat: frozenset[str]
    odd: frozenset[str]
    glue: frozenset[str]
    words: frozenset[str]


@cache
def load_rules(official: frozenset[str]) -> Rules:
    """The rules of scam.toml. `official`: the state's own sites, which are kept elsewhere."""
    return rules_of(tomllib.loads(DATA.read_text(encoding="utf-8")), official)


def rules_of(data: Mapping[str, Any], official: frozenset[str]) -> Rules:
    """Rules from the data of such a file. Raises KeyError or ValueError where something is missing or unknown."""
    words = data["words"]
    signs = {each["name"]: _sign(each, words) for each in data["sign"]}
    if unknown := {part for sign in signs.values() for part in sign.together} - {*signs, "strange_link"}:
        raise ValueError(f"unknown signs: {sorted(unknown)}")
    if missing := set(OF_LINKS) - set(signs):
        raise ValueError(f"missing signs: {sorted(missing)}")
    links = data["links"]
    own = data["own_words"]
    return Rules(
        version=data["version"],
        stop=data["stop"],
        careful=data["careful"],
        signs=signs,
        names=tuple(name for brand in data["brand"] for name in brand["words"]),
        sites=official.union(*(brand["sites"] for brand in data["brand"])),
        keep=frozenset(data["accented"]["keep"]),
        warning=_needed(data["warning"]["phrases"], words),
        denial=_needed(data["denial"]["phrases"], words),
        not_denial=_needed(data["denial"]["excepted"], words),
        own_words=_needed(own["phrases"], {**words, **own["words"]}),
        **{name: frozenset(links[name]) for name in ("short", "free", "chat", "odd", "glue", "words")},
    )


def _sign(each: Mapping[str, Any], words: Mapping[str, list[str]]) -> Sign:
    return Sign(
        each["name"],
        each["weight"],
        each.get("guide", ""),
        compiled(each.get("phrases", ()), words),
        compiled(each.get("except", ()), words),
        tuple(each.get("together", ())),
        each.get("deniable", False),
        each.get("despite_warning", False),
    )


def _needed(phrases: list[str], words: Mapping[str, list[str]]) -> re.Pattern[str]:
    pattern = compiled(phrases, words)
    if pattern is None:
        raise ValueError("an empty list of phrases")
    return pattern
