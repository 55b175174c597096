"""The words of content/: languages, templates, blocks, forms of address. Read-only once loaded."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import jinja2

from bot.wording import speech
from bot.wording.speech import Lexicon

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping
    from pathlib import Path

SOURCE_LANGUAGE = "vi"
BOT = "_bot"
GUIDE = "_guide"
MEDIA = "media"

MOST_PHRASES = 20_000
"""Phrases kept rendered."""


@dataclass(frozen=True, slots=True)
class Address:
    """How a person is called and how the bot calls itself: "bác" and "cháu"."""

    name: str
    label: str
    you: str
    me: str

    @property
    def words(self) -> dict[str, str]:
        """The four names that every text may use."""
        return {
            "you": self.you,
            "me": self.me,
            "You": self.you[:1].upper() + self.you[1:],
            "Me": self.me[:1].upper() + self.me[1:],
        }


@dataclass(frozen=True, slots=True)
class Language:
    """One folder of content/."""

    name: str
    addresses: dict[str, Address]
    default_address: str
    lexicon: Lexicon = field(default_factory=lambda: Lexicon(""))

    def address(self, name: str) -> Address:
        """The form of address called `name`, or this language's default."""
        return self.addresses.get(name) or self.addresses[self.default_address]


Text = tuple[str, str]
"""(language, "<guide>/<step>")."""


class Library:
    """All languages, as the files were when it was made.

    A text is named "<guide>/<step>", a piece of it by its block.
    """

    def __init__(self, languages: dict[str, Language], sources: dict[Text, str]) -> None:
        self.languages = languages
        self.source = SOURCE_LANGUAGE if SOURCE_LANGUAGE in languages else next(iter(languages))
        self._sources = sources
        self._templates: dict[Text, jinja2.Template | None] = {}
        self._phrases: dict[tuple[Hashable, ...], str] = {}
        self._env = jinja2.Environment(
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # noqa: S701 (texts are plain; each channel escapes for itself)
            finalize=_as_text,
            trim_blocks=True,
        )

    @classmethod
    def read(cls, content: Path) -> Library:
        """The library of a folder. Templates are compiled at their first use."""
        folders = sorted(p for p in content.iterdir() if p.is_dir() and p.name != MEDIA)
        sources = {
            (folder.name, path.relative_to(folder).with_suffix("").as_posix()): path.read_text(encoding="utf-8")
            for folder in folders
            for path in sorted(folder.rglob("*.j2"))
        }
        return cls({folder.name: _language(folder) for folder in folders}, sources)

    def with_old_words(self, old: Library, guides: Collection[str]) -> Library:
        """This library, but with the words that `guides` had in `old`."""
        ours = {text: source for text, source in self._sources.items() if text[1].rpartition("/")[0] not in guides}
        theirs = {text: source for text, source in old._sources.items() if text[1].rpartition("/")[0] in guides}
        return Library(self.languages, ours | theirs)

    def words_of(self, guide: str) -> dict[Text, str]:
        """The templates of a guide or piece, as they are written."""
        return {text: source for text, source in self._sources.items() if text[1].rpartition("/")[0] == guide}

    def names(self, prefix: str) -> list[str]:
        """The texts of the source language whose name begins so, in order."""
        return sorted(name for language, name in self._sources if language == self.source and name.startswith(prefix))

    def language(self, name: str) -> Language:
        """The language called `name`, or the source language."""
        return self.languages.get(name) or self.languages[self.source]

    def has(self, language: str, text: str, block: str) -> bool:
        """Whether the piece exists in that language or in the source language."""
        return self._find(language, text, block) is not None

    def piece(self, language: str, text: str, block: str, names: Mapping[str, Any]) -> str:
        """One piece in words, its lines stripped. A piece missing in `language` falls back to the source language.

        Raises LookupError for a piece that is in neither, jinja2.UndefinedError for an unknown name: the checker
        finds both beforehand.
        """
        template = self._find(language, text, block)
        if template is None:
            raise LookupError(f"{text}.j2: no block {block!r}")
        # A context of our own: template.new_context would copy every block of the file for each piece.
        context = jinja2.runtime.Context(self._env, dict(names), None, {})
        rendered = "".join(template.blocks[block](context))
        return "\n".join(line.strip() for line in rendered.strip().splitlines())

    def phrase(self, language: str, text: str, block: str, names: Mapping[str, Hashable]) -> str:
        """A short piece that depends on little and is said often: rendered once for each set of names."""
        key = (language, text, block, *names.values())
        said = self._phrases.get(key)
        if said is None:
            if len(self._phrases) >= MOST_PHRASES:
                self._phrases.clear()
            said = self._phrases[key] = self.piece(language, text, block, names)
        return said

    def lines(self, language: str, text: str, block: str, names: Mapping[str, Hashable]) -> tuple[str, ...]:
        """The lines of a piece that is a list of words; empty if there is none in this very language."""
        template = self._template((self.language(language).name, text))
        if template is None or block not in template.blocks:
            return ()
        return tuple(filter(None, self.phrase(language, text, block, names).splitlines()))

    def _find(self, language: str, text: str, block: str) -> jinja2.Template | None:
        for name in dict.fromkeys((language, self.source)):
            template = self._template((self.language(name).name, text))
            if template is not None and block in template.blocks:
                return template
        return None

    def _template(self, text: Text) -> jinja2.Template | None:
        if text not in self._templates:
            source = self._sources.get(text)
            self._templates[text] = self._env.from_string(source) if source is not None else None
        return self._templates[text]


def _as_text(value: object) -> object:
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else value


def _language(folder: Path) -> Language:
    data = tomllib.loads((folder / BOT / "address.toml").read_text(encoding="utf-8"))
    default = data.pop("default")
    addresses = {name: Address(name, a["label"], a["you"], a["me"]) for name, a in data.items()}
    spoken = folder / BOT / speech.FILE
    lexicon = tomllib.loads(spoken.read_text(encoding="utf-8")) if spoken.is_file() else {}
    return Language(folder.name, addresses, default, Lexicon.of(folder.name, lexicon))
