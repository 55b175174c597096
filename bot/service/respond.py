"""What one incoming thing means and what is answered: meaning, engine and wording joined. Pure; no I/O.

A secret goes before everything, then a guide that was edited or is gone; the order of all other typed words stands in
bot/service/typed.py. Whatever happens, the person's step is kept.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.channel.base import Deletion, Incoming, What
from bot.engine.effect import Note, Tell, Wait
from bot.engine.event import TimeCame
from bot.flow.model import Kind
from bot.flow.own import needs_no_guide
from bot.meaning.fold import clean
from bot.meaning.secrets import find_secret
from bot.service import beside, helper_mode, modes, notices, profiles
from bot.service.answers import ask_address, give
from bot.service.help import call, ending, helping
from bot.service.talk import Reply, Talk
from bot.service.typed import cries_for_help, hear
from bot.wording.sentences import MEDIA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.engine.button import ButtonMeaning
    from bot.engine.chat import Chat
    from bot.engine.session import Session
    from bot.service.house import House

MOST_READ = 10_000
"""Characters of a message in which a secret is looked for; what stands behind them is neither kept nor answered."""


def respond(
    house: House,
    chat: Chat,
    sessions: Mapping[str, Session],
    incoming: Incoming,
    tapped: ButtonMeaning | None,
) -> Reply:
    """What happens when `incoming` comes from `chat`. `tapped` is what the tapped button means, if it was a tap."""
    talk = Talk(house, chat, sessions, incoming)
    _answer(talk, tapped)
    if chat.guest or chat.beside:
        _accompany(talk, chat, sessions)
    return talk.reply()


def _answer(talk: Talk, tapped: ButtonMeaning | None) -> None:
    incoming = talk.incoming
    if happens := _NOT_SPOKEN.get(incoming.what):
        happens(talk)
        return
    lost = talk.catch_up()
    if not talk.chat.reachable:
        talk.chat = replace(talk.chat, reachable=True)
    text = clean(incoming.text[:MOST_READ]) if incoming.text else ""
    first = not talk.chat.welcomed
    if text and _secret(talk, text):
        return
    if first:
        _welcome(talk)
    if lost:
        talk.tell("changed")
    for_the_guide = _is_for_the_guide(talk, text, tapped)
    gone = talk.drop_gone()
    if (lost or gone) and for_the_guide:  # it was an answer to a question that is gone
        if not cries_for_help(talk, text):
            talk.go_on()
    elif incoming.what is What.TAP:
        _tap(talk, tapped)
    elif not modes.takes(talk, text):
        hear(talk, text, first=first) if incoming.what is What.TEXT else _cannot_read(talk)


def _accompany(talk: Talk, chat: Chat, sessions: Mapping[str, Session]) -> None:
    """A helper is with this person: in the same room with one phone, or beside them with another."""
    session = talk.session
    if chat.beside:
        beside.follow(talk, chat, sessions)
    elif session is not None and session.finished and talk.switch is None and sessions.get(session.flow) != session:
        helper_mode.ask(talk)


def arrive(house: House, chat: Chat, sessions: Mapping[str, Session], incoming: Incoming) -> Reply:
    """The phone has just come to this person, by `incoming`: they hear that it is their turn, and see where they were.

    Somebody new is greeted as at first contact.
    """
    talk = Talk(house, chat, sessions, incoming)
    lost = talk.catch_up()
    if chat.guest:
        helper_mode.welcome(talk)
        return talk.reply()
    if not chat.welcomed:
        talk.tell("newcomer", number=str(chat.number))
        _welcome(talk)
        ask_address(talk)
        return talk.reply()
    under_way = talk.flow is not None and talk.session is not None and not talk.session.finished
    talk.tell("turn", who=profiles.who(talk), under_way="1" if under_way else "")
    if lost:
        talk.tell("changed")
    talk.drop_gone()
    talk.go_on()
    return talk.reply()


def _is_for_the_guide(talk: Talk, text: str, tapped: ButtonMeaning | None) -> bool:
    """Whether what came was meant for the open guide."""
    if talk.incoming.what is What.TEXT:
        return not text.startswith("/") and not modes.is_in_one(talk.chat)
    return tapped is not None and (tapped.flow == talk.chat.flow or tapped.answer == f"open:{talk.chat.flow}")


def _blocked(talk: Talk) -> None:
    ending.drop_out(talk)
    beside.drop_out(talk)
    if talk.chat.helps:
        talk.errands.append(helping.Absent())
    talk.chat = replace(talk.chat, reachable=False)
    talk.forget = True


def _unblocked(talk: Talk) -> None:
    talk.chat = replace(talk.chat, reachable=True)


def _group(talk: Talk) -> None:
    """In a group the bot says once that it talks with one person at a time."""
    if not talk.chat.welcomed:
        talk.chat = replace(talk.chat, welcomed=True)
        talk.tell("group")


def _welcome(talk: Talk) -> None:
    talk.chat = replace(talk.chat, welcomed=True)
    speaker = talk.house.speaker(talk.chat)
    message = speaker.tell(None, None, Tell("welcome"), talk.at)
    talk.outgoing.append(replace(message, constants=speaker.constants()))


def _secret(talk: Talk, text: str) -> bool:
    """A secret is recognised before anything is stored; only its kind and time are kept."""
    flow, session = talk.flow, talk.session
    step = flow.steps.get(session.step) if flow and session else None
    kind = find_secret(text, number_asked=step is not None and step.kind is Kind.NUMBER)
    if kind is None:
        return False
    talk.notes.append((talk.chat.flow, Note("secret", step.name if step else "", kind)))
    if talk.incoming.message:
        talk.outgoing.append(Deletion(talk.incoming.message))
    alarm = ("asked_me",) if talk.house.alarms else ()
    talk.tell(f"secret_{kind}", "understood", *alarm, call="1" if call.is_helped(talk.chat) else "")
    return True


def _time(talk: Talk) -> None:
    """A step has waited; while a helper is there the bot is silent, and it waits for longer."""
    flow = talk.house.flows.get(talk.incoming.text)
    if flow is not None and talk.chat.flow == flow.name and flow.name in talk.sessions and talk.chat.reachable:
        if call.is_helped(talk.chat):
            talk.wait = (flow.name, Wait(talk.incoming.detail, call.SILENT // 1000))
        else:
            talk.happen(flow, TimeCame(talk.at, talk.incoming.detail))


_NOT_SPOKEN: dict[What, Callable[[Talk], None]] = {
    What.TIME: _time,
    What.NOTICE: notices.come,
    What.BLOCKED: _blocked,
    What.UNBLOCKED: _unblocked,
    What.GROUP: _group,
    What.OTHER: lambda _: None,
}
"""What comes in without anybody speaking to us."""


def _tap(talk: Talk, tapped: ButtonMeaning | None) -> None:
    if tapped is None:  # a button of a database that is gone: never a dead end
        talk.go_on()
        return
    if profiles.is_from_before(talk) and tapped.answer.partition(":")[0] not in profiles.ANYBODYS:
        talk.tell("from_before", who=profiles.who(talk))
        talk.go_on()
        return
    if not tapped.flow and tapped.step:  # a button of a broadcast
        kind, _, name = tapped.answer.partition(":")
        what = "fewer" if kind == "fewer" else "tapped"
        talk.notes.append((name if kind == "open" else "", Note(what, tapped.step, kind)))
    of_no_guide = not tapped.flow or needs_no_guide(tapped.answer)
    if of_no_guide or (tapped.flow == talk.chat.flow and talk.session is not None):
        give(talk, tapped.answer, tapped.step)
    elif tapped.flow in talk.house.flows:  # a button of another guide: offer the way there, or to stay
        talk.notes.append((tapped.flow, Note("stale", tapped.step)))
        talk.tell("stale", f"open:{tapped.flow}", "stay" if talk.flow else "home")
    else:
        talk.tell("gone")
        talk.go_on()


def _cannot_read(talk: Talk) -> None:
    """An edited message, or something that is no words: said kindly, the step stays."""
    kind = talk.incoming.detail
    if talk.incoming.what is What.EDITED:
        talk.tell("edited", *talk.offers)
    else:
        talk.tell(f"media_{kind if kind in MEDIA else 'other'}", *talk.offers)
