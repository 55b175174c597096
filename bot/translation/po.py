"""PO files, the form translators' tools read: made from the bundle of words, and read again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polib

from bot.flow.check.tree import SOURCE_LANGUAGE
from bot.translation.context import Context

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bot.translation.bundle import Bundle

FUZZY = "fuzzy"
_WIDTH = 100

_HEAD = """\
How to translate this file: docs/translating.md.
msgctxt is guide/step/block. An entry that is "fuzzy" was translated from words that have changed since:
mend it and take the mark away. An entry left empty is said in the source language."""

_SOUND = re.compile(r"""\s*|\s*\#.*|\s*(?:msg\w+(?:\[\d+\])?\s+)?"(?:[^"\\]|\\.)*"\s*""")
"""A line of a PO file. polib reads over a quote that is not closed."""
_FAULT = re.compile(r"\(line (\d+)\)(?:: (.*))?$")


class BadPo(Exception):
    """The file is not one of ours. `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Entry:
    """One block as a translator gave it back. `line` is where its translation stands in the PO file."""

    line: int
    text: str
    block: str
    source: str
    words: str
    fuzzy: bool


def to_po(bundle: Bundle, language: str, guides: Iterable[str]) -> str:
    """The PO file of some guides in one language, with what is translated already."""
    po = polib.POFile(wrapwidth=_WIDTH)
    po.header = _HEAD
    po.metadata = {
        "Project-Id-Version": "cam-tay",
        "Language": language,
        "X-Source-Language": SOURCE_LANGUAGE,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    context = Context(bundle)
    for guide in guides:
        for text, passage in bundle.source_passages(guide):
            words = bundle.words(language, text, passage.name)
            stale = bool(words) and bundle.is_stale(language, text, passage)
            path = bundle.path(SOURCE_LANGUAGE, text).relative_to(bundle.root).as_posix()
            po.append(
                polib.POEntry(
                    msgctxt=f"{text}/{passage.name}",
                    msgid=passage.words,
                    msgstr=words,
                    comment="\n".join(context.lines(text, passage)),
                    occurrences=[(path, str(passage.line))],
                    flags=[FUZZY] if stale else [],
                )
            )
    return f"{po}\n"


def read_po(path: Path) -> tuple[str, list[Entry]]:
    """(language, entries) of a PO file, obsolete ones left out. Raises BadPo, OSError when there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
        for number, each_line in enumerate(lines, 1):
            if not _SOUND.fullmatch(each_line):
                raise BadPo(number, "not a line of a PO file; a text stands in quotes")
        po = polib.pofile(str(path), encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadPo(1, "the file is not UTF-8") from error
    except OSError as error:
        found = _FAULT.search(str(error))
        if error.errno is not None or found is None:
            raise
        raise BadPo(int(found[1]), found[2] or "not a line of a PO file") from error
    entries = []
    seen: set[str] = set()
    for each in po:
        if each.obsolete:
            continue
        line = _line_of_translation(lines, each.linenum or 1)
        text, _, block = (each.msgctxt or "").rpartition("/")
        if "/" not in text or each.msgid_plural:
            raise BadPo(line, "msgctxt is not guide/step/block")
        if each.msgctxt in seen:
            raise BadPo(line, f"{each.msgctxt} is given twice")
        seen.add(each.msgctxt)
        words = each.msgstr.replace("\r\n", "\n").strip()
        entries.append(Entry(line, text, block, each.msgid, words, each.fuzzy))
    return po.metadata.get("Language", ""), entries


def _line_of_translation(lines: list[str], first: int) -> int:
    """The line of an entry's msgstr; `first` is the line the entry begins in."""
    rest = range(first, len(lines) + 1)
    return next((number for number in rest if lines[number - 1].startswith("msgstr")), first)
