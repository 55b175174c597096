"""Everything the bot can say and where it leads, as one whole: replaced when a file changes, never edited."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bot.engine import path
from bot.engine.button import ButtonMeaning, button_id
from bot.flow.link import link
from bot.flow.model import QUESTIONS, Kind
from bot.flow.own import Scope, own
from bot.flow.reader import read_flows
from bot.meaning.finder import Entry
from bot.wording.library import BOT, GUIDE, Library
from bot.wording.render import Speaker
from bot.wording.sentences import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.channel.base import Button
    from bot.engine.chat import Chat
    from bot.flow.model import Flow
    from bot.problem import Problem

BESIDE = (*own(Scope.GUIDE), "other", "record")
"""Answers that may stand beside those of the step itself."""


@dataclass(frozen=True)
class House:
    """The guides in service and their words."""

    flows: Mapping[str, Flow]
    library: Library
    settings: Mapping[str, str]

    def speaker(self, chat: Chat) -> Speaker:
        """Who speaks to this chat, in its language and form of address."""
        key = (chat.language, chat.address)
        speaker = self._speakers.get(key)
        if speaker is None:
            address = self.library.language(chat.language).address(chat.address)
            speaker = Speaker(self.library, self.flows, chat.language, address, self.settings, self._keyboards)
            self._speakers[key] = speaker
        return speaker

    @cached_property
    def _speakers(self) -> dict[tuple[str, str], Speaker]:
        return {}

    def commands(self, language: str) -> tuple[tuple[str, str], ...]:
        """The command menu of a channel that has one: (command, description)."""
        return tuple((name, self.library.piece(language, f"{BOT}/commands", name, {})) for name in COMMANDS)

    @cached_property
    def _keyboards(self) -> dict[tuple[object, ...], tuple[Button, ...]]:
        return {}

    @cached_property
    def menu(self) -> tuple[str, ...]:
        """The answers of the home screen, in order: guides, and chapters at the place of their first guide."""
        return tuple(dict.fromkeys(f"chapter:{f.chapter}" if f.chapter else f"open:{f.name}" for f in self._listed))

    def chapter(self, name: str) -> tuple[str, ...]:
        """The answers of a chapter, in order: its guides."""
        return tuple(f"open:{f.name}" for f in self._listed if f.chapter == name)

    @cached_property
    def _listed(self) -> list[Flow]:
        return sorted((f for f in self.flows.values() if f.menu is not None), key=lambda f: (f.menu, f.name))

    @cached_property
    def alarms(self) -> tuple[Entry, ...]:
        """Cries for help of all languages: a person in fear does not switch languages first."""
        return tuple(self._entries("alarm", [f for f in self.flows.values() if f.alarm]))

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The phrases that find each guide."""
        return tuple(self._entries("words", list(self.flows.values()), with_title=True))

    def _entries(self, block: str, flows: list[Flow], *, with_title: bool = False) -> list[Entry]:
        found = []
        for flow in flows:
            phrases = [topic.replace("-", " ") for topic in flow.topics] if with_title else []
            for language in self.library.languages.values():
                words = language.address("").words
                phrases += self.library.lines(language.name, f"{flow.name}/{GUIDE}", block, words)
                if with_title:
                    phrases += self.library.lines(language.name, f"{flow.name}/{GUIDE}", "title", words)
            found.append(Entry(flow.name, tuple(phrases)))
        return found

    def everywhere(self) -> dict[str, ButtonMeaning]:
        """Buttons that belong to no step, by id."""
        answers = [*own(Scope.ANYWHERE), *own(Scope.GUIDE)]
        answers += [f"open:{name}" for name in self.flows]
        answers += [f"chapter:{flow.chapter}" for flow in self._listed if flow.chapter]
        answers += [f"speak:{name}" for name in self.library.languages]
        answers += [f"call:{name}" for language in self.library.languages.values() for name in language.addresses]
        meanings = [ButtonMeaning("", "", "", answer) for answer in answers]
        return {button_id(meaning): meaning for meaning in meanings}


def buttons_of(flow: Flow) -> dict[str, ButtonMeaning]:
    """Every button that the steps of a guide can show, by id."""
    meanings = []
    for step in flow.steps.values():
        if step.kind in QUESTIONS or step.kind is Kind.END:
            problems = (path.STUCK + key for key in step.stuck)
            answers = dict.fromkeys((*path.answers(step), *problems, *BESIDE))
            meanings += [ButtonMeaning(flow.name, flow.digest, step.name, answer) for answer in answers]
    return {button_id(meaning): meaning for meaning in meanings}


def load_house(root: Path, settings: Mapping[str, str]) -> tuple[House, list[Problem]]:
    """The house in `root` (flows/ and content/). Flow files that cannot be read are left out and reported."""
    flows, problems = read_flows(root / "flows")
    linked = {name: link(flow, flows) for name, flow in flows.items() if not flow.is_piece}
    return House(linked, Library.read(root / "content"), settings), problems
