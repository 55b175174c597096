"""One exchange with one chat being put together: events to the engine, effects into words. Pure; no I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.channel.base import Incoming, Keyboard, Message, Outgoing, What
from bot.engine import path
from bot.engine.effect import Effect, Forget, Note, Record, Show, Tell, Wait
from bot.engine.event import AskedAgain, Event, Started, Stopped
from bot.engine.turn import catch_up, take_turn
from bot.engine.turn import offers as offers_of
from bot.flow.own import is_noted
from bot.service.marks import earned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.engine.chat import Chat
    from bot.engine.session import Session
    from bot.flow.model import Flow
    from bot.meaning.ear import Heard
    from bot.service.errand import Errand
    from bot.service.house import House


@dataclass(frozen=True, slots=True)
class Switch:
    """The phone goes to somebody else: `coming`, as they would begin if they had never been here.

    `leaves`: who had the phone is set aside; else there is nothing about them to come back to, and nothing is kept.
    """

    coming: Chat
    leaves: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """What one incoming thing led to: to be stored in one transaction, then sent."""

    chat: Chat
    sessions: tuple[Session, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    notes: tuple[tuple[str, Note], ...] = ()  # (guide, note)
    wait: tuple[str, Wait] | None = None  # (guide, wait)
    forget: bool = False
    erase: str = ""  # the receipt under which all that is kept about the person is erased
    erase_all: bool = False  # and about everybody else on this phone
    switch: Switch | None = None
    errands: tuple[Errand, ...] = ()
    noted: tuple[str, ...] = ()  # answers whose buttons nobody has written down yet


class Talk:
    """One exchange being put together. Lives for one call of `respond`."""

    def __init__(self, house: House, chat: Chat, sessions: Mapping[str, Session], incoming: Incoming) -> None:
        self.house = house
        self.chat = chat
        self.sessions = dict(sessions)
        self.incoming = incoming
        self.at = incoming.at
        self.changed: dict[str, Session] = {}
        self.outgoing: list[Outgoing] = []
        self.records: list[Keyboard] = []
        self.notes: list[tuple[str, Note]] = []
        self.wait: tuple[str, Wait] | None = None
        self.forget = False
        self.erase = ""
        self.erase_all = False
        self.switch: Switch | None = None
        self.errands: list[Errand] = []
        self.noted: list[str] = []
        self._heard: dict[str, Heard] = {}

    # --- where the person is

    @property
    def flow(self) -> Flow | None:
        """The open guide, if it is (still) in service."""
        return self.house.flows.get(self.chat.flow)

    @property
    def session(self) -> Session | None:
        """The session of the open guide."""
        return self.sessions.get(self.chat.flow)

    @property
    def offers(self) -> tuple[str, ...]:
        """The answers of the open step; the way home where none is open."""
        flow, session = self.flow, self.session
        if flow is not None and session is not None:
            return self._in_service(offers_of(flow, session))
        return ("home",)

    @property
    def left(self) -> Flow | None:
        """The guide that was left last, before its end."""
        unfinished = [s for s in self.sessions.values() if s.visits and not s.finished and s.flow in self.house.flows]
        newest = max(unfinished, key=lambda session: session.since, default=None)
        return self.house.flows[newest.flow] if newest else None

    def heard(self, text: str) -> Heard:
        """What the ear makes of typed words; asked once, however often it is wanted."""
        if text not in self._heard:
            self._heard[text] = self.house.ear.hear(text)
        return self._heard[text]

    def reply(self) -> Reply:
        """All of it, unchangeable."""
        return Reply(
            self.chat,
            tuple(self.changed.values()),
            (*self.outgoing, *self.records),  # what is new goes first: nobody waits for a record
            tuple(self.notes),
            self.wait,
            self.forget and self.wait is None,
            self.erase,
            self.erase_all,
            self.switch,
            tuple(self.errands),
            tuple(self.noted),
        )

    def catch_up(self) -> bool:
        """Bring the open session up to date with an edited guide; whether the person's place had to change."""
        flow, session = self.flow, self.session
        if flow is None or session is None or session.digest == flow.digest:
            return False
        session, lost = catch_up(flow, session, self.at)
        self.sessions[flow.name] = self.changed[flow.name] = session
        return lost

    def drop_gone(self) -> bool:
        """Leave an open guide that was taken out of service, and say so; whether somebody was on the way through it."""
        if not self.chat.flow or self.flow is not None:
            return False
        session = self.session
        self.chat = replace(self.chat, flow="", misses=0)
        if session is None or session.finished:
            return False
        self.forget = True
        self.tell("gone")
        return True

    # --- carrying out

    def happen(self, flow: Flow, event: Event) -> None:
        """An event for the engine; its effects are put into words."""
        turn = take_turn(flow, self.sessions.get(flow.name), event)
        self.sessions[flow.name] = self.changed[flow.name] = turn.session
        if self.chat.flow != flow.name or self.chat.misses:
            self.chat = replace(self.chat, flow=flow.name, misses=0)
        for effect in turn.effects:
            self.carry_out(flow, effect)

    def carry_out(self, flow: Flow, effect: Effect) -> None:
        """One effect of the engine."""
        speaker = self.house.speaker(self.chat)
        if isinstance(effect, Show | Tell):
            effect = replace(effect, offers=self._offered(effect))
        match effect:
            case Show():
                self.say(speaker.show(flow, self.sessions[flow.name], effect, self.at), effect)
            case Tell():
                self._tell(flow, self.sessions[flow.name], effect)
            case Record() if effect.answer != path.SILENT:
                record = (speaker.record(flow, effect, self.at),)
                tapped = self.incoming.message if self.incoming.what is What.TAP else ""
                if tapped or self.chat.asked:
                    self.records.append(Keyboard(tapped or f"#{self.chat.asked}", record))
            case Wait():
                self.wait = (flow.name, effect)
            case Forget():
                self.wait, self.forget = None, True
            case Note():
                self.notes.append((flow.name, effect))
                if effect.what == "ended":
                    self.errands += earned(self.chat.person, flow, self.sessions[flow.name], effect.answer, self.at)

    def say(self, message: Message, effect: Show | Tell) -> None:
        """A message goes out; its buttons are what typed words are compared with from now on."""
        self.outgoing.append(message)
        self.noted += filter(is_noted, effect.offers)
        if effect.offers and (effect.offers, effect.step) != (self.chat.offers, self.chat.offers_step):
            self.chat = replace(self.chat, offers=effect.offers, offers_step=effect.step)

    def tell(self, text: str, *offers: str, **values: str) -> None:
        """A message in the bot's own words, outside the engine."""
        flow, session = self.flow, self.session
        step = session.step if flow and session else ""
        self._tell(flow if step else None, session, Tell(text, step, self._in_service(offers), tuple(values.items())))

    def _tell(self, flow: Flow | None, session: Session | None, effect: Tell) -> None:
        if effect.text == "stale" and not any(o == "return" or o.startswith("open:") for o in effect.offers):
            effect = replace(effect, text="stale_here")  # of going back is spoken only where that is offered
        self.say(self.house.speaker(self.chat).tell(flow, session, effect, self.at), effect)

    def _offered(self, effect: Show | Tell) -> tuple[str, ...]:
        """Its answers; beside whom somebody sits, they end that in one tap, at every step."""
        offers = self._in_service(effect.offers)
        return (*offers, "beside_end") if offers and self.chat.beside and isinstance(effect, Show) else offers

    def _in_service(self, offers: tuple[str, ...]) -> tuple[str, ...]:
        """These answers without the way to a guide that is not in service: its button would have no name."""
        return tuple(o for o in offers if not o.startswith("open:") or o.partition(":")[2] in self.house.flows)

    def go_on(self) -> None:
        """Show again where the person is."""
        flow = self.flow
        if flow is not None and self.session is not None:
            self.happen(flow, AskedAgain(self.at))
        else:
            self.home()

    def home(self) -> None:
        """The list of guides; an open guide is left, its place kept."""
        flow, session = self.flow, self.session
        if flow is not None and session is not None:
            self.happen(flow, Stopped(self.at))
        self.chat = replace(self.chat, flow="", misses=0)
        left = self.left
        title = self.house.speaker(self.chat).title(left.name) if left else ""
        self.tell("home", *(("resume",) if left else ()), *self.house.menu, "check", "people", title=title)

    def open(self, name: str, step: str = "") -> None:
        """Open a guide: from the beginning, at a step, or where it was left."""
        flow = self.house.flows.get(name)
        if flow is None:
            self.tell("gone")
            self.go_on()
            return
        if self.flow is not None and self.session is not None and self.flow.name != name:
            self.happen(self.flow, Stopped(self.at))
        left = self.sessions.get(name)
        self.chat = replace(self.chat, flow=name)
        if left is not None and not left.finished and left.visits and not step:
            self.happen(flow, Stopped(self.at))  # brings an old session up to date with the flow
            self.tell("resume", "resume", "restart", "home")
        else:
            self.happen(flow, Started(self.at, step))
