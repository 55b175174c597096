"""Everything the bot can say and where it leads, as one whole: replaced when a file changes, never edited."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from bot.capability import CAPABILITIES
from bot.engine import path
from bot.engine.button import ButtonMeaning, button_id
from bot.engine.chat import MOST_PROFILES, Profile
from bot.flow.link import link
from bot.flow.model import QUESTIONS, Kind
from bot.flow.own import Scope, own
from bot.flow.reader import read_flows
from bot.meaning.ear import Ear
from bot.meaning.scam_rules import Rules, load_rules
from bot.people.campaign import Campaign, read_campaigns
from bot.people.find import Finder
from bot.people.place_file import read_places
from bot.people.skill import Skills, read_skills
from bot.service.phrases import cries, phrases
from bot.wording.library import BOT, Library
from bot.wording.render import Speaker
from bot.wording.sentences import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.channel.base import Button
    from bot.engine.chat import Chat
    from bot.flow.model import Flow
    from bot.meaning.choose import Offer
    from bot.problem import Problem

BESIDE = (*own(Scope.GUIDE), "other", "record")
"""Answers that may stand beside those of the step itself."""


@dataclass(frozen=True)
class House:
    """The guides in service and their words."""

    flows: Mapping[str, Flow]
    library: Library
    settings: Mapping[str, str]
    places: Finder = field(default_factory=lambda: Finder(()))
    skills: Skills = field(default_factory=Skills)
    campaigns: tuple[Campaign, ...] = ()
    speaks: frozenset[str] = frozenset()
    """Languages in which words can be spoken that nobody has recorded."""

    def speaker(self, chat: Chat) -> Speaker:
        """Who speaks to this chat, in its language and form of address."""
        can = CAPABILITIES.get(chat.channel)
        by_number = can is not None and not can.buttons
        key = (chat.language, chat.address, by_number)
        speaker = self._speakers.get(key)
        if speaker is None:
            address = self.library.language(chat.language).address(chat.address)
            speaker = Speaker(
                self.library, self.flows, chat.language, address, self.settings, self._keyboards, by_number
            )
            self._speakers[key] = speaker
        return speaker

    @cached_property
    def _speakers(self) -> dict[tuple[str, str, bool], Speaker]:
        return {}

    def commands(self, language: str) -> tuple[tuple[str, str], ...]:
        """The command menu of a channel that has one: (command, description)."""
        return tuple((name, self.library.piece(language, f"{BOT}/commands", name, {})) for name in COMMANDS)

    @cached_property
    def always(self) -> dict[tuple[str, str, bool], list[Offer]]:
        """What can be said at any time, by language, form of address, and whether a question waits for typed words."""
        return {}

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
    def alarms(self) -> tuple[str, ...]:
        """The guides that are opened by a cry for help."""
        return tuple(flow.name for flow in self.flows.values() if flow.alarm)

    @cached_property
    def ear(self) -> Ear:
        """What typed sentences mean here. Made at the first one, unless `listen` was called."""
        guides = list(self.flows.values())
        return Ear(phrases(guides, self.library), cries(guides, self.library))

    def listen(self) -> None:
        """Make the ear now: it takes a quarter of a second, which nobody who types should have to wait."""
        _ = self.ear

    @cached_property
    def scam_rules(self) -> Rules:
        """The rules of the scam check. Read at the first message that is looked into."""
        from bot.flow.check.tree import official  # noqa: PLC0415 (the checker is not needed to serve)

        return load_rules(official()["sites"])

    def everywhere(self) -> dict[str, ButtonMeaning]:
        """Buttons that belong to no step, by id."""
        answers = [*own(Scope.ANYWHERE), *own(Scope.GUIDE)]
        answers += [f"{kind}:{name}" for name in self.flows for kind in ("open", "send")]
        answers += [f"chapter:{flow.chapter}" for flow in self._listed if flow.chapter]
        answers += [f"speak:{name}" for name in self.library.languages]
        forms = [name for language in self.library.languages.values() for name in language.addresses]
        answers += [f"call:{name}" for name in forms]
        answers += [f"profile:{Profile(n + 1, form).name}" for n in range(MOST_PROFILES) for form in ("", *forms)]
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
    places, _ = read_places(root)
    skills, _ = read_skills(root)
    finder = Finder(places)
    campaigns = tuple(read_campaigns(root, finder)[0])
    return House(linked, Library.read(root / "content"), settings, finder, skills, campaigns), problems
