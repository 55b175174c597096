"""The bundle of words: every template of content/ as it is written, in all languages, and what each was made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from bot.flow.check.tree import BOT, GUIDE, SOURCE_LANGUAGE
from bot.flow.reader import read_flows
from bot.problem import Problem
from bot.source import read_text
from bot.translation.origin import FILE, Origin, read_origin
from bot.translation.passage import Passage, digest, digest_of_all, passages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.flow.model import Flow

MEDIA = "media"


@dataclass
class Bundle:
    """The words below `root`. `sources` maps language -> "<guide>/<step>" -> the template as it is written.

    `problems` are files that could not be read; the bundle is good for nothing then.
    """

    root: Path
    sources: dict[str, dict[str, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _passages: dict[tuple[str, str], dict[str, Passage]] = field(default_factory=dict)
    _origins: dict[tuple[str, str], Origin] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path) -> Bundle:
        """All templates and origins below `root`."""
        bundle = cls(root)
        folders = (path for path in sorted((root / "content").glob("*")) if path.is_dir() and path.name != MEDIA)
        for folder in folders:
            words = bundle.sources[folder.name] = {}
            for path in sorted(folder.rglob("*.j2")):
                source = read_text(path)
                if isinstance(source, Problem):
                    bundle.problems.append(source)
                else:
                    words[path.relative_to(folder).with_suffix("").as_posix()] = source
            for path in folder.rglob(FILE):
                origin, problems = read_origin(path)
                bundle._origins[folder.name, path.parent.relative_to(folder).as_posix()] = origin
                bundle.problems += problems
        for (_, guide), origin in bundle._origins.items():
            if flow := bundle.flows.get(guide):
                origin.follow(flow.moved)
        bundle.sources.setdefault(SOURCE_LANGUAGE, {})
        return bundle

    @property
    def source(self) -> str:
        """The language that is translated from."""
        return SOURCE_LANGUAGE

    @property
    def languages(self) -> list[str]:
        """Every language but the source, in order."""
        return [language for language in self.sources if language != SOURCE_LANGUAGE]

    @cached_property
    def flows(self) -> dict[str, Flow]:
        """The flows by name, as far as they can be read."""
        return read_flows(self.root / "flows")[0]

    @cached_property
    def guides(self) -> list[str]:
        """Every folder with words in the source language: "_bot", guides and pieces."""
        return sorted({text.rpartition("/")[0] for text in self.sources[SOURCE_LANGUAGE]})

    def texts(self, guide: str) -> list[str]:
        """The texts of a guide in the source language: its card, its steps in the order of the flow, the rest."""
        flow = self.flows.get(guide)
        order = [GUIDE, *(flow.steps if flow else ())]
        mine = [text for text in self.sources[SOURCE_LANGUAGE] if text.rpartition("/")[0] == guide]
        places = {f"{guide}/{name}": index for index, name in enumerate(order)}
        return sorted(mine, key=lambda text: (places.get(text, len(order)), text))

    def path(self, language: str, text: str) -> Path:
        """Where a text stands or would stand."""
        return self.root / "content" / language / f"{text}.j2"

    def passages(self, language: str, text: str) -> dict[str, Passage]:
        """The blocks of a text that say something; none when there is no such file."""
        key = (language, text)
        if key not in self._passages:
            self._passages[key] = passages(self.sources.get(language, {}).get(text, ""))
        return self._passages[key]

    def source_passages(self, guide: str) -> Iterator[tuple[str, Passage]]:
        """(text, block) of the source language, in order. A block without words is none."""
        for text in self.texts(guide):
            for passage in self.passages(SOURCE_LANGUAGE, text).values():
                if passage.words:
                    yield text, passage

    def words(self, language: str, text: str, block: str) -> str:
        """What a block says in a language; "" when it is missing there."""
        found = self.passages(language, text).get(block)
        return found.words if found else ""

    def origin(self, language: str, guide: str) -> Origin:
        """What the words of a guide were made from."""
        return self._origins.setdefault((language, guide), Origin())

    def origin_path(self, language: str, guide: str) -> Path:
        """Where that stands."""
        return self.root / "content" / language / guide / FILE

    def is_stale(self, language: str, text: str, passage: Passage) -> bool:
        """Whether a block was made from other words than those of the source language now, or nobody knows."""
        guide, _, step = text.rpartition("/")
        return not passage.is_list and self.origin(language, guide).of(step, passage.name) != digest(passage.words)

    def digest(self, language: str, guide: str) -> str:
        """Tells one state of a guide's translation from another; lists of typed words do not count."""
        return digest_of_all(
            self.words(language, text, passage.name)
            for text, passage in self.source_passages(guide)
            if not passage.is_list
        )

    def has_language(self, language: str) -> bool:
        """Whether a language (not the source) has its folder with the forms of address, which no PO file brings."""
        address = self.root / "content" / language / BOT / "address.toml"
        return language != SOURCE_LANGUAGE and "/" not in language and address.is_file()
