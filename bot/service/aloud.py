"""Reading aloud: what is spoken where a person is, and by whom. Pure but for looking which programs are there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from jinja2 import UndefinedError

from bot.channel.base import VoiceNote
from bot.engine.effect import Show, Tell
from bot.engine.session import Session
from bot.engine.turn import offers
from bot.flow.model import QUESTIONS, Kind
from bot.voice.drafts import Drafts
from bot.voice.provider import find_provider
from bot.wording.speech import spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.config import Config
    from bot.engine.chat import Chat
    from bot.flow.model import Flow, Step
    from bot.service.house import House
    from bot.voice.provider import Provider


def note(house: House, chat: Chat, session: Session | None, at: int) -> VoiceNote | None:
    """The voice of the open step, or of the home screen; None when nobody has recorded it and nobody can speak."""
    flow = house.flows.get(chat.flow) if session else None
    recorded = recording(chat.language, flow.steps[session.step]) if flow and session else ""
    if not recorded and chat.language not in house.speaks:
        return None
    words = words_at(house, chat, flow, session, at)
    return VoiceNote(recorded, words, chat.language) if recorded or words else None


def recording(language: str, step: Step) -> str:
    """The step's recorded voice below content/media/voice/; empty if it has none."""
    return f"{language}/{step.voice}" if step.voice else ""


def words_at(house: House, chat: Chat, flow: Flow | None, session: Session | None, at: int) -> str:
    """What is spoken there, without what the person typed or keeps private; empty when nothing is left without it."""
    speaker = house.speaker(chat)
    try:
        if flow is None or session is None:
            message = speaker.tell(None, None, Tell("home", offers=house.menu), at)
        else:
            ways = (o for o in offers(flow, session) if not o.startswith("open:") or o.partition(":")[2] in house.flows)
            message = speaker.show(flow, session, Show(session.step, offers=tuple(ways)), at, aloud=True)
    except (UndefinedError, TypeError):  # a sentence that computes with what is left out
        return ""
    return spoken(message, house.library.language(chat.language).lexicon)


def resting_places(flow: Flow) -> Iterator[tuple[Step, Session]]:
    """The steps at which somebody may ask for the voice, each with a session of somebody who has said nothing yet."""
    for step in flow.steps.values():
        if step.kind in QUESTIONS or step.kind is Kind.END:
            yield step, Session(flow.name, flow.digest, step.name, 0, finished=step.kind is Kind.END)


def finder(config: Config) -> Callable[[str], Provider | None]:
    """Who speaks a language, as configured."""
    models = config.root / config.voice_models if config.voice_models else None
    return partial(find_provider, provider=config.voice_provider, accent=config.voice_accent, models=models)


def drafts(config: Config) -> Drafts:
    """Draft voices as configured."""
    return Drafts(finder(config), config.root / "data" / "voice", config.root / "content" / "media" / "voice")
