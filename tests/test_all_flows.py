"""Every answer of every guide, in every language and form of address: all words are there, nobody is trapped."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.capability import CAPABILITIES
from bot.channel.base import Incoming, Message, What
from bot.channel.zalo_oa_form import TAP
from bot.config import load
from bot.engine.button import button_id
from bot.engine.chat import Chat
from bot.engine.effect import Record, Show, Tell
from bot.engine.event import WentBack
from bot.engine.path import progress, values
from bot.flow.model import INPUTS, Kind
from bot.meaning.fold import fold
from bot.service.respond import respond
from bot.wording.render import Speaker
from tests.kit.clock import MINUTE, MORNING
from tests.kit.ready import loaded
from tests.kit.talk import meanings_of
from tests.kit.walk import Seen, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.engine.button import ButtonMeaning
    from bot.engine.effect import Effect
    from bot.engine.session import Session
    from bot.service.house import House
    from bot.service.talk import Reply

ROOT = Path(__file__).parent.parent
GUIDES = [
    pytest.param(name, marks=pytest.mark.xdist_group(name))  # a guide is walked once, by one worker
    for name in sorted(path.stem for path in (ROOT / "flows").glob("*.toml"))
]


@cache
def house() -> House:
    """The real guides and words."""
    return loaded(ROOT, load(ROOT, {})[0].words)


VOICES = sorted(
    (name, address) for name, language in house().library.languages.items() for address in language.addresses
)
"""Every language with every form of address."""

HEARD = [voice for voice in VOICES if voice[1] in {"bac", "chi", "you"}]
"""Those in which every guide is said. The texts know no form of address but by its words."""


def meanings() -> Mapping[str, ButtonMeaning]:
    """Every button of the house, by id."""
    return meanings_of(house())


@cache
def walked(guide: str) -> tuple[Seen, ...]:
    """All turns of the walk through a guide."""
    return tuple(walk(house().flows[guide]))


def speaker(language: str, address: str) -> Speaker:
    """Somebody who speaks this language to this person."""
    there = house().library.language(language)
    return Speaker(house().library, house().flows, language, there.address(address), house().settings)


@cache
def named(guide: str, text: str) -> frozenset[str]:
    """The names in the words of a step, in all languages."""
    words = house().library.words_of(text.rpartition("/")[0])
    return frozenset(name for key, source in words.items() if key[1] == text for name in re.findall(r"\w+", source))


@cache
def said(guide: str) -> tuple[tuple[Effect, Session, int], ...]:
    """What is said on the walk: effect, session, time. Once at a step, and for each value that its words name."""
    flow = house().flows[guide]
    found: dict[object, tuple[Effect, Session, int]] = {}
    for seen in walked(guide):
        session = seen.turn.session
        saved = None
        for effect in seen.turn.effects:
            spoken: tuple[object, ...] = ()
            if isinstance(effect, Show):
                names = named(guide, flow.steps[effect.step].text)
                saved = values(flow, session.visits) if saved is None else saved
                spoken = tuple(each for each in saved.items() if each[0].rpartition("/")[2] in names)
            known = (effect, session.step, spoken)
            found.setdefault(known, (effect, session, seen.event.at))
    return tuple(found.values())


def messages(guide: str, voice: Speaker) -> Iterator[Message]:
    """The same as messages in a language and form of address."""
    flow = house().flows[guide]
    for effect, session, at in said(guide):
        if isinstance(effect, Show):
            yield voice.show(flow, session, effect, at)
        elif isinstance(effect, Tell):
            yield voice.tell(flow, session, effect, at)
        elif isinstance(effect, Record) and effect.answer != "silence":
            yield Message("record", buttons=(voice.record(flow, effect, at),))


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize(("language", "address"), HEARD)
def test_every_message_can_be_said(guide: str, language: str, address: str) -> None:
    """Every text, label, alt text and record is there, whole, and fits every channel."""
    for message in messages(guide, speaker(language, address)):
        assert message.head
        assert "\n" not in message.head
        whole = "\n".join(filter(None, (message.progress, message.head, "", message.body)))
        assert "{{" not in whole
        assert "None" not in whole.split()
        labels = [fold(button.label) or button.label for button in message.buttons]
        assert len(set(labels)) == len(labels), labels
        if message.picture:
            assert message.picture.alt
            assert (ROOT / "content" / "media" / message.picture.path).is_file(), message.picture.path
        for name, can in CAPABILITIES.items():
            assert len(whole) <= (can.caption if message.picture else can.text), (name, message.head)
            if can.buttons:  # elsewhere answers are lines of the text
                asked = [button for button in message.buttons if button.share is None]  # passing on may be a line
                assert len(asked) <= can.buttons, name
                assert all(0 < len(button.label) <= can.button_label for button in message.buttons), name


@pytest.mark.parametrize("guide", GUIDES)
def test_progress_counts_to_the_end_on_every_way(guide: str) -> None:
    """In every state: no number, or one that is not beyond the last."""
    flow = house().flows[guide]
    states = {seen.after: seen.turn.session for seen in walked(guide)}
    for session in states.values():
        counted = progress(flow, session.visits, session.step)
        assert counted is None or 1 <= counted[0] <= counted[1], (session.step, counted)


@pytest.mark.parametrize("guide", GUIDES)
def test_every_button_resolves(guide: str) -> None:
    """A tap on any button of any message finds its meaning again."""
    for message in messages(guide, speaker("vi", "")):
        for button in message.buttons:
            assert len(f"{TAP}{button.id}") <= min(can.payload for can in CAPABILITIES.values() if can.payload)
            assert button_id(meanings()[button.id]) == button.id


@pytest.mark.parametrize("guide", GUIDES)
def test_an_end_can_be_reached_from_everywhere(guide: str) -> None:
    """Wherever the walk comes, some answers lead to an end."""
    flow = house().flows[guide]
    before: dict[object, set[object]] = {}
    for seen in walked(guide):
        if seen.before is not None and not isinstance(seen.event, WentBack):
            before.setdefault(seen.after, set()).add(seen.before)
    states = {seen.after for seen in walked(guide)}
    todo: list[object] = [state for state in states if flow.steps[state[0]].kind is Kind.END]
    good = set(todo)
    while todo:
        fresh = before.get(todo.pop(), set()) - good
        good |= fresh
        todo += fresh
    assert states == good


@pytest.mark.parametrize("guide", GUIDES)
def test_every_step_is_come_by(guide: str) -> None:
    """No step of a guide is out of reach of the walk."""
    flow = house().flows[guide]
    shown = {effect.step for seen in walked(guide) for effect in seen.turn.effects if isinstance(effect, Show)}
    assert {name for name, step in flow.steps.items() if step.kind is not Kind.FORK} - shown == set()


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("language", sorted({language for language, _ in VOICES}))
def test_typed_labels_lead_where_taps_do(guide: str, language: str) -> None:
    """Each button of each screen by its label, as it is, without accents and in capitals, and by its number."""
    flow = house().flows[guide]
    screens: set[object] = set()
    for seen in walked(guide):
        session = seen.turn.session
        for effect in seen.turn.effects:
            if not isinstance(effect, Show | Tell) or not effect.offers:
                continue
            is_asked = flow.steps[session.step].kind in INPUTS and not session.finished
            offered = (effect.step, effect.offers, is_asked)
            if offered in screens:
                continue
            screens.add(offered)
            chat = Chat("t:1", "t", "1", language, MORNING, MORNING, guide, welcomed=True)
            chat = replace(chat, offers=effect.offers, offers_step=effect.step, asked=7)
            voice = house().speaker(chat)
            at = seen.event.at + MINUTE
            buttons = voice.buttons(flow, effect.step, effect.offers)
            words = tuple(voice.words(flow, effect.step, offer) for offer in effect.offers)
            screen = (tuple(button.label for button in buttons), words, is_asked)
            if screen in screens:
                continue
            screens.add(screen)
            for number, button in enumerate(buttons, 1):
                tapped = reply(chat, session, at, tap=button.id)
                typed = (button.label, fold(button.label), button.label.upper(), *(() if is_asked else (str(number),)))
                for text in typed:
                    assert reply(chat, session, at, text=text) == tapped, (effect, text)


def reply(chat: Chat, session: Session, at: int, *, tap: str = "", text: str = "") -> Reply:
    """What the bot answers to a tap or to typed words."""
    what = What.TAP if tap else What.TEXT
    incoming = Incoming("t", "1", "1", at, what, text=text, tap=tap)
    return respond(house(), chat, {session.flow: session}, incoming, meanings()[tap] if tap else None)


@pytest.mark.parametrize(("language", "address"), VOICES)
def test_what_the_bot_says_by_itself(language: str, address: str) -> None:
    """Home, the choice of language and address, help, feedback, deletion: typed and tapped, in every voice."""
    chat = Chat("t:1", "t", "1", language, MORNING, MORNING, address=address, welcomed=True)
    for text in ("/start", "/home", "/help", "/language", "/address", "/about", "/delete", "/stop", "/nothing", "???"):
        incoming = Incoming("t", "1", "1", MORNING, What.TEXT, text=text)
        said = [o for o in respond(house(), chat, {}, incoming, None).outgoing if isinstance(o, Message)]
        assert said
        for message in said:
            assert message.head
            labels = [fold(button.label) for button in message.buttons]
            assert len(set(labels)) == len(labels)
            assert all(button.id in meanings() for button in message.buttons)
