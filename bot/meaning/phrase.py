"""Phrases of the rules as an editor writes them, made to find themselves in a text, and the text made ready for them.

    doc * otp           at most three words between
    doc ** otp          at most eight
    (doc|gui) ma        one of these
    nop tien? phi       the word before ? may be missing
    {pay} truoc         one of a list
    # trieu             a number; in a word its digits: #tr

A phrase stays within one sentence. Every pattern looks at a bounded number of words: the work grows with the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.meaning.domain import bare

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from bot.meaning.domain import Link

_PHONE = r"(?:\+84|(?<!\d)0)[ .\-]?[35789](?:[ .\-]?\d){8}(?!\d)"
_HOTLINE = r"(?:\+84|(?<!\d)0)[ .\-]?2(?:[ .\-]?\d){8,9}(?!\d)|(?<!\d)1[89]00(?:[ .\-]?\d){4,6}(?!\d)"
_FOREIGN = r"(?<![\d.])(?:\+|00)(?!84|0|\d{1,3}(?:[.,]\d{3})+(?!\d))[1-9]\d{0,2}(?:[ .\-]?\d){6,12}(?!\d)"
_TOKEN = re.compile(
    rf"(?P<phone>{_PHONE})|(?P<hotline>{_HOTLINE})|(?P<foreign>{_FOREIGN})|(?P<handle>@\w{{3,64}})"
    r"|(?P<number>\d+(?:[.,]\d+)*\w{0,4})|(?P<word>\w+)|(?P<percent>%)|(?P<comma>,)|(?P<end>[.!?;\n]+)"
)
_GAPS = {"*": 3, "**": 8}
_ITEM = re.compile(r"\([^()]*(?:\([^()]*\)[^()]*)*\)\??|\S+")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as `tokens`, each with a blank before it, and where each begins there and stands in `text`."""

    text: str
    tokens: str
    starts: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]

    def piece(self, start: int, end: int) -> str:
        """The words of the text behind a stretch of `tokens`, which may begin at the blank before a word."""
        first = max(0, bisect_right(self.starts, start + 1) - 1)
        last = bisect_left(self.starts, end) - 1
        return self.text[self.spans[first][0] : self.spans[last][1]]

    def find(self, token: str) -> str:
        """The words behind the first such token, or ""."""
        at = f"{self.tokens} ".find(f" {token} ")
        return self.piece(at, at + 1 + len(token)) if at >= 0 else ""


def read(text: str, links: Iterable[tuple[Link, str]], keep: Collection[str]) -> Reading:
    """`text` as tokens. A link becomes the token that comes with it; the words in `keep` keep their accents."""
    found: list[tuple[str, int, int]] = []  # token, its place in the text
    at = 0
    for link, token in links:
        found += _tokens(text, at, link.start, keep)
        at = link.start + len(link.text)
        found.append((token, link.start, at))
    found += _tokens(text, at, len(text), keep)
    starts: list[int] = []
    length = 1
    for token, _, _ in found:
        starts.append(length)
        length += len(token) + 1
    tokens = "".join(f" {token}" for token, _, _ in found)
    return Reading(text, tokens, tuple(starts), tuple((start, end) for _, start, end in found))


def _tokens(text: str, start: int, end: int, keep: Collection[str]) -> Iterator[tuple[str, int, int]]:
    for match in _TOKEN.finditer(text, start, end):
        kind = match.lastgroup or ""
        if kind == "word":
            small = match[0].casefold()
            token = small if small in keep else bare(match[0])
        else:
            token = _AS[kind](match[0])
        if token:
            yield token, match.start(), match.end()


_AS: dict[str, Callable[[str], str]] = {
    "number": lambda written: bare(re.sub(r"[.,]", "", written)),
    "percent": lambda _: "%",
    "comma": lambda _: ",",
    "end": lambda _: ".",
    "phone": lambda _: "phone",
    "hotline": lambda _: "hotline",
    "foreign": lambda _: "foreign",
    "handle": lambda _: "handle",
}


def compiled(phrases: Iterable[str], words: Mapping[str, Collection[str]]) -> re.Pattern[str] | None:
    """One pattern for all of the phrases, to be searched in `Reading.tokens`; None where there are none."""
    patterns = [_pattern(phrase, words) for phrase in phrases]
    return re.compile(rf"(?:{'|'.join(patterns)})(?![^ ])") if patterns else None


def _pattern(phrase: str, words: Mapping[str, Collection[str]]) -> str:
    """Every word with the blank before it."""
    whole = re.sub(r"\{(\w+)\}", lambda m: f"({'|'.join(words[m[1]])})", phrase)
    made = ""
    for item in _ITEM.findall(whole):
        gap = _GAPS.get(item)
        one = item.removesuffix("?")
        if gap:
            made += rf"(?: [^ .]+){{0,{gap}}}?"
        elif one.startswith("("):
            made += "(?:" + "|".join(_pattern(each, words) for each in _alternatives(one[1:-1])) + ")"
        elif one == "#":
            made += r"(?: \d[^ .]*)"
        else:
            made += "(?: " + re.escape(one).replace(r"\#", r"\d+") + ")"
        if item.endswith("?") and not gap:
            made += "?"
    return made


def _alternatives(inside: str) -> list[str]:
    """The phrases between the bars that stand in no brackets: of "a|b (c|d)" there are two."""
    found, depth, at = [], 0, 0
    for index, sign in enumerate(inside):
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and not depth:
            found.append(inside[at:index])
            at = index + 1
    return [*found, inside[at:]]
