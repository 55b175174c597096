"""Web addresses in a text: where they stand, whose they are, and whether they only look like somebody's.

Whose a name is says the Public Suffix List (package publicsuffixlist, its bundled copy; no network): of
`dichvucong.gov.vn.login.top` the owner is `login.top`. Letters that only look Latin are known by Unicode's list of
confusables (package confusable-homoglyphs, bundled as well). Both are read at the first address or letter that needs
them: most messages have none.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

from bot.meaning.fold import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from publicsuffixlist import PublicSuffixList

MOST_LINKS = 20
"""Addresses of one message that are looked at."""

SHORT_NAME = 6
"""Letters below which a name must stand alone: "vib" is a part of many words."""

_NAME = r"(?:[\w\-]{1,63}\.){1,10}(?:xn--[a-z0-9\-]{1,59}|[^\W\d_]{2,24})"
_LINK = re.compile(
    r"(?P<scheme>h(?:tt|xx)ps?://)(?P<rest>[^\s<>\"'“”‘’(){}\[\]|,;]{1,500})"
    rf"|(?<![\w.\-/])(?P<name>{_NAME}|\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?=[:/]))"
    r"(?P<path>(?::\d{1,5})?(?:[/?][^\s<>\"'“”‘’(){}\[\]|,;]{0,500})?)(?!\w)",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"\[(?P<shown>[^\[\]\n]{1,200})\]\((?P<target>https?://[^\s()]{1,500})\)"
    r"|<a\s[^<>]{0,100}href=[\"']?(?P<target2>https?://[^\s\"'<>]{1,500})[\"']?[^<>]{0,100}>(?P<shown2>[^<>]{1,200})</a",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|\d{8,10}|0x[0-9a-f]{8}")
_LOOKS = str.maketrans({"0": "o", "1": "i", "l": "i", "3": "e", "5": "s", "4": "a", "|": "i"})
"""Digits and letters that are drawn alike."""


@dataclass(frozen=True, slots=True)
class Link:
    """An address as it stands in a text. `host` is in small letters, decoded; `owner` the name somebody registered."""

    text: str
    start: int
    host: str
    owner: str
    path: str = ""
    mail: bool = False
    shown: str = ""  # what is written over a link that leads elsewhere
    disguised: bool = False  # xn--, or letters of several scripts
    split: bool = False  # http://what-you-see@where-it-leads

    @property
    def numeric(self) -> bool:
        """Whether it is a bare number instead of a name."""
        return bool(_NUMERIC.fullmatch(self.host))

    def below(self, sites: Collection[str]) -> bool:
        """Whether the host is one of these names or stands below one."""
        labels = self.host.split(".")
        return any(".".join(labels[n:]) in sites for n in range(len(labels)))


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 (40 ms and 0.5 MB, only when there is an address)

    return PublicSuffixList(accept_unknown=False)


def find_links(text: str, words: Collection[str] = ()) -> list[Link]:
    """Every address in `text`, in order. `words`: endings that are words, too ("xin.me"), which need http or a path."""
    found: list[Link] = []
    hidden = {_host(m["target"] or m["target2"])[0]: m["shown"] or m["shown2"] for m in _HIDDEN.finditer(text)}
    for match in _LINK.finditer(text):
        if match["scheme"]:
            host, path, split = _host(match[0])
            mail = False
        else:
            host, path, split = match["name"], match["path"], False
            mail = match.start() > 0 and text[match.start() - 1] == "@"
        written = match[0].rstrip(".:!?…")
        host, disguised = _plain(host)
        owner = "" if _NUMERIC.fullmatch(host) else (_suffixes().privatesuffix(host) or "")
        if not match["scheme"] and not (path and host[:1].isdigit()) and not _is_name(host, owner, path, words):
            continue
        shown = hidden.get(host, "")
        shown = shown if _leads_elsewhere(shown, owner or host) else ""
        if len(found) >= MOST_LINKS:
            break
        found.append(Link(written, match.start(), host, owner, path, mail, shown, disguised, split))
    return found


def _host(address: str) -> tuple[str, str, bool]:
    """(host, path, whether something stands before an @) of an address with its scheme."""
    rest = address.partition("://")[2]
    end = re.search(r"[/?#\\]", rest)
    authority, path = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    before, at, host = authority.rpartition("@")
    return host.partition(":")[0].strip("."), path, bool(at and before)


def _is_name(host: str, owner: str, path: str, words: Collection[str]) -> bool:
    """Whether words with dots between them are an address."""
    if not owner:
        return False
    return bool(path) or host.rpartition(".")[2] not in words


def _plain(host: str) -> tuple[str, bool]:
    """The host with its xn-- labels decoded; whether it is disguised."""
    host = unicodedata.normalize("NFKC", host).casefold().strip(".")
    labels = []
    for label in host.split("."):
        plain = label
        if label.startswith("xn--"):
            try:
                plain = label[4:].encode("ascii").decode("punycode")
            except (UnicodeError, OverflowError, ValueError):
                plain = label
        labels.append(plain)
    return ".".join(labels), "xn--" in host or any(_mixed(label) for label in labels)


def _mixed(word: str) -> bool:
    """Whether a word has letters of another script that look Latin."""
    return any(c.isalpha() and not fold(c).isascii() and latin(c) != c for c in word)


def is_disguised(word: str) -> bool:
    """Whether a word is written with letters of several scripts, one of them Latin: "Vіetcombank"."""
    return not word.isascii() and any(c.isascii() and c.isalpha() for c in word) and _mixed(word)


@cache
def latin(letter: str) -> str:
    """The Latin small letter that `letter` looks like; itself where there is none."""
    for like in _confusables().get(letter, ()):
        if like["c"].isascii() and like["c"].isalpha():
            return str(like["c"]).casefold()
    return letter


@cache
def _confusables() -> Mapping[str, Sequence[Mapping[str, str]]]:
    from confusable_homoglyphs.confusables import confusables_data  # noqa: PLC0415 (40 ms, only for foreign letters)

    known: Mapping[str, Sequence[Mapping[str, str]]] = confusables_data
    return known


def bare(word: str) -> str:
    """A word in plain Latin small letters, as far as its letters have such a look."""
    if word.isascii():
        return word.casefold()
    folded = fold(unicodedata.normalize("NFKC", word))
    if not folded.isascii():
        folded = "".join(c if c.isascii() else latin(c) for c in folded)
    return folded.replace(" ", "")


def look(word: str) -> str:
    """What a word looks like at a glance: vietc0mbank and vletcombank are one."""
    return bare(word).replace("rn", "m").replace("vv", "w").translate(_LOOKS)


def _leads_elsewhere(shown: str, owner: str) -> bool:
    return any(link.owner and link.owner != owner for link in find_links(shown)) if shown else False


def imitates(link: Link, names: Sequence[str], glue: Collection[str]) -> str:
    """The name that the host of `link` imitates, or "". `glue`: what is hung on to short names."""
    left = link.host.removesuffix(_suffixes().publicsuffix(link.host) or "")
    labels = [label for label in left.split(".") if label]
    for label in labels:
        if "gov" in re.findall(r"[a-z]+", bare(label)) or "govvn" in bare(label).replace("-", ""):
            return "gov.vn"
        for name in names:
            if any(_is_like(part, name, glue) for part in _parts(label)):
                return name
    return ""


def _parts(label: str) -> Iterator[str]:
    """A label whole, without hyphens, and its pieces."""
    yield label.replace("-", "")
    if "-" in label:
        yield from filter(None, label.split("-"))


def _is_like(part: str, name: str, glue: Collection[str]) -> bool:
    plain, seen, wanted = bare(part), look(part), look(name)
    if len(name) < SHORT_NAME:
        letters = re.findall(r"[a-z]+", plain)
        return name in letters or any(letters_ == name + end for letters_ in letters for end in glue)
    if wanted in seen:
        return True
    return (
        len(name) > SHORT_NAME and abs(len(part) - len(name)) <= 1 and OSA.distance(seen, wanted, score_cutoff=1) <= 1
    )
