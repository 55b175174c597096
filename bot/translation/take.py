"""A PO file back into templates: every file that changes, or every reason why none may."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.flow.check.template import parse_template
from bot.flow.check.tree import SOURCE_LANGUAGE
from bot.flow.reader import PRONOUNS
from bot.translation.passage import OPTIONAL, constructs, digest, names, with_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from bot.translation.bundle import Bundle
    from bot.translation.po import Entry


@dataclass(slots=True)
class Taken:
    """What an import leads to. `faults` are (line of the PO file, what is wrong): any of them forbids to write."""

    files: dict[Path, str] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)
    gone: list[tuple[int, str]] = field(default_factory=list)
    """Blocks that the source language does not have any more; they are left out."""
    new: int = 0
    changed: int = 0
    fuzzy: int = 0
    """Entries still marked fuzzy, which are not taken."""


def take(bundle: Bundle, language: str, entries: Iterable[Entry]) -> Taken:
    """What the templates and origins of a language are when these entries are in."""
    taken = Taken()
    words: dict[str, list[Entry]] = {}
    made: dict[str, list[Entry]] = {}
    for entry in _good(bundle, entries, taken):
        now = bundle.words(language, entry.text, entry.block)
        if entry.words != now:
            taken.faults += [(entry.line, fault) for fault in _faults(entry)]
            words.setdefault(entry.text, []).append(entry)
            taken.new += not now
            taken.changed += bool(now)
        if not bundle.passages(SOURCE_LANGUAGE, entry.text)[entry.block].is_list:
            made.setdefault(entry.text.rpartition("/")[0], []).append(entry)
    for text, changed in words.items():
        _put(bundle, language, text, changed, taken)
    for guide, translated in made.items():
        before = bundle.origin(language, guide)
        origin = deepcopy(before)
        for entry in translated:
            origin.note(entry.text.rpartition("/")[2], entry.block, digest(entry.source))
        if origin != before:
            taken.files[bundle.origin_path(language, guide)] = origin.written()
    return taken


def _good(bundle: Bundle, entries: Iterable[Entry], taken: Taken) -> Iterator[Entry]:
    """The entries that are translated and wanted; the others are counted."""
    for entry in entries:
        if not entry.words:
            continue
        if entry.block not in bundle.passages(SOURCE_LANGUAGE, entry.text):
            taken.gone.append((entry.line, f"{entry.text}/{entry.block} is not there any more"))
        elif entry.fuzzy:
            taken.fuzzy += 1
        else:
            yield entry


def _put(bundle: Bundle, language: str, text: str, entries: list[Entry], taken: Taken) -> None:
    """One template with its new words."""
    path = bundle.path(language, text)
    before = bundle.sources[language].get(text, "")
    problems = parse_template(str(path), language, text, before).problems
    if problems:
        taken.faults.append((entries[0].line, f"the template is at fault, mend it first: {problems[0]}"))
        return
    blocks = {entry.block: entry.words for entry in entries}
    taken.files[path] = with_words(before, blocks, bundle.sources[SOURCE_LANGUAGE][text])


def _faults(entry: Entry) -> list[str]:
    """Why the words of an entry cannot stand where their source stands."""
    try:
        ours, theirs = names(entry.source) - set(PRONOUNS), names(entry.words) - set(PRONOUNS)
    except ValueError as error:
        return [str(error)]
    return [
        *(f"{{{{ {name} }}}} is missing" for name in sorted(ours - theirs - OPTIONAL)),
        *(f"{{{{ {name} }}}} is not in the source" for name in sorted(theirs - ours)),
        *(f"{{% {each} %}} is missing" for each in sorted(constructs(entry.source) - constructs(entry.words))),
    ]


def write_all(files: Mapping[Path, str]) -> None:
    """Write all files or, when one of them cannot be written, none. Raises OSError."""
    beside: dict[Path, Path] = {}
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f".{path.name}.new")
            beside[new] = path
            new.write_text(text, encoding="utf-8", newline="\n")
    except OSError:
        for new in beside:
            new.unlink(missing_ok=True)
        raise
    for new, path in beside.items():
        new.replace(path)
