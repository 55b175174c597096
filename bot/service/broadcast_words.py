"""A broadcast in words: one message for each language and form of address, out of what was frozen when it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.channel.base import Button, Correction, Deletion, Message, Picture
from bot.engine.button import ButtonMeaning, button_id
from bot.engine.chat import Chat
from bot.flow.own import weight
from bot.wording.library import BOT, Library

if TYPE_CHECKING:
    from bot.broadcast.model import Broadcast
    from bot.channel.base import Outgoing
    from bot.service.house import House
    from bot.store.claims import Person

TEST = "test"
"""The class whose messages say that they are a test."""

FEWER = "fewer"


class Words:
    """The words of one version of one broadcast. `name` is what taps are attributed to; "" for none."""

    def __init__(self, house: House, content: Broadcast, name: str) -> None:
        self._house = house
        self._content = content
        self._name = name
        sources = {(language, f"{BOT}/tip"): text for language, text in content.words.items()}
        self._library = Library(house.library.languages, sources)
        self._made: dict[tuple[str, str], Message] = {}

    def message(self, language: str, address: str) -> Message:
        """What somebody is told who speaks that language and is called so. Raises what a template may raise."""
        key = (language, address)
        if key not in self._made:
            self._made[key] = self._make(language, address)
        return self._made[key]

    def change(self, change: str, message: str, person: Person | None) -> Outgoing:
        """What is done to a message that was sent to somebody."""
        if change == "delete":
            return Deletion(message)
        language, address = (person.language, person.address) if person else ("", "")
        return Correction(message, self.message(language, address))

    def meanings(self) -> dict[str, ButtonMeaning]:
        """What its buttons mean, by id: to be written down before anybody can see them."""
        topic = self._content.topic
        found = [self._meaning(answer) for answer in self._answers()]
        found.append(ButtonMeaning("", "", "", f"more:{topic}"))
        return {button_id(meaning): meaning for meaning in found}

    def _answers(self) -> tuple[str, ...]:
        content = self._content
        open_ = [a for a in content.buttons if not a.startswith("open:") or a.partition(":")[2] in self._house.flows]
        voice = (f"listen:{content.voice}",) if content.voice else ()
        return (*open_, *voice, f"{FEWER}:{content.topic}")

    def _meaning(self, answer: str) -> ButtonMeaning:
        return ButtonMeaning("", "", self._name, answer)

    def _make(self, language: str, address: str) -> Message:
        spoken = self._house.library.language(language)
        words = spoken.address(address).words
        speaker = self._house.speaker(Chat("", "", "", spoken.name, 0, 0, address=address))
        text = self._library.piece(spoken.name, f"{BOT}/tip", "text", words)
        picture = None
        if self._content.picture:
            picture = Picture(self._content.picture, self._library.piece(spoken.name, f"{BOT}/tip", "alt", words))
        buttons = tuple(
            Button(button_id(self._meaning(answer)), speaker.label(None, "", answer), weight(answer))
            for answer in self._answers()
        )
        head, _, body = text.partition("\n\n")
        progress = ""
        if self._content.kind == TEST:
            progress = self._house.library.phrase(spoken.name, f"{BOT}/broadcast", "test", {})
        return Message(head, body.strip(), progress, picture, buttons)
