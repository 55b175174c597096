"""What each answer does that a button or a word stands for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bot.channel.base import VoiceNote
from bot.engine.effect import Note
from bot.engine.event import AskedAgain, AskedForHelp, Muted, Picked, Resumed, Returned, Started, WentBack
from bot.people.count import Draft
from bot.people.role import Role
from bot.service import (
    aloud,
    beside,
    campaign,
    certificate,
    count,
    family,
    forward,
    handout,
    helper_mode,
    join,
    learning,
    members,
    month,
    profiles,
    team,
)
from bot.service.help import asking, call, ending, helping, photo
from bot.service.mydata import ShowData, receipt
from bot.service.scam import ask_for_message
from bot.service.tip import deciding, sending, typed, writing
from bot.service.tip import sent as tips
from bot.service.wish import Wish

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.flow.model import Flow
    from bot.service.talk import Talk


ASKED = "asked-for-a-code"
"""The topic of the guide for somebody who was asked for a secret."""


def give(talk: Talk, answer: str, step: str) -> None:
    """One of the answers that buttons and words stand for."""
    kind, _, name = answer.partition(":")
    if anywhere := _ANYWHERE.get(kind):
        anywhere(talk, name.partition("|")[0])
        return
    flow, session = talk.flow, talk.session
    if kind == "resume" and (flow is None or session is None) and (left := talk.left):
        talk.chat = replace(talk.chat, flow=left.name)
        talk.happen(left, Resumed(talk.at))
    elif kind == "no_reminders" and flow is None:  # nothing else is sent to them unasked
        _fewer(talk)
    elif flow is None or session is None:
        talk.go_on()
    elif in_guide := _IN_GUIDE.get(kind):
        in_guide(talk, flow, step or session.step)
    else:
        talk.happen(flow, Picked(talk.at, step or session.step, answer))


def _chapter(talk: Talk, name: str) -> None:
    """The guides of a chapter; an open guide stays where it is until one is opened."""
    listed = talk.house.chapter(name)
    if listed:
        talk.tell("chapter", *listed, "home", title=talk.house.speaker(talk.chat).label(None, "", f"chapter:{name}"))
    else:  # a button of a chapter that is gone
        talk.home()


def _call(talk: Talk, name: str) -> None:
    talk.chat = replace(talk.chat, address=name)
    talk.go_on()


def _speak(talk: Talk, name: str) -> None:
    if name in talk.house.library.languages:
        talk.chat = replace(talk.chat, language=name)
    talk.go_on()


def _human(talk: Talk, _name: str = "") -> None:
    if talk.flow is not None and talk.session is not None:
        talk.happen(talk.flow, AskedForHelp(talk.at))
    else:
        talk.tell("human", "home")
    talk.errands.append(asking.Offer())


def _scammed(talk: Talk, _name: str) -> None:
    """Somebody has just asked the person for a secret."""
    guides = [talk.house.flows[name] for name in talk.house.alarms]
    if guides:
        talk.open(next((guide for guide in guides if ASKED in guide.topics), guides[0]).name)
    else:
        talk.go_on()


def _feedback(face: str) -> Callable[[Talk, str], None]:
    def thank(talk: Talk, _name: str) -> None:
        step = talk.session.step if talk.session else ""
        talk.notes.append((talk.chat.flow, Note("feedback", step, face)))
        talk.tell("thanks", "home")

    return thank


def _my_data(talk: Talk, _name: str) -> None:
    """The rows are in the database: the shell puts them into words."""
    talk.errands.append(ShowData(("skills", "join", "delete", "stay" if talk.flow else "home")))


def _ask_to_erase(talk: Talk, _name: str = "") -> None:
    """Where several people share the phone, one's own part and everybody's are two buttons."""
    others = str(len(talk.chat.others) or "")
    all_of_them = ("delete_all",) if others else ()
    back = "stay" if talk.flow else "home"
    keep = talk.house.speaker(talk.chat).label(None, "", back)
    joined = "1" if talk.chat.joined else ""
    talk.tell("delete_ask", "delete_me", *all_of_them, back, others=others, joined=joined, keep=keep)


def _erase(talk: Talk, _name: str = "", *, everybody: bool = False) -> None:
    """Erased is only what has just been asked about: an old button may be from before the phone changed hands."""
    if "delete_me" not in talk.chat.offers:
        _ask_to_erase(talk)
        return
    others = "" if everybody else str(len(talk.chat.others) or "")
    ending.drop_out(talk)
    beside.drop_out(talk)
    beside_me = [talk.chat.aside(other.number).person for other in talk.chat.others] if everybody else []
    talk.errands.append(join.Erased((talk.chat.person, *beside_me)))
    talk.erase = receipt(talk.chat.key, talk.incoming.external, talk.at)
    talk.erase_all = everybody
    said = {"receipt": talk.erase, "days": talk.house.settings["backups_days"], "others": others}
    talk.tell("deleted", *(("people",) if others else ()), everybody="1" if everybody else "", **said)


def _newcomer(talk: Talk, _name: str) -> None:
    if not profiles.newcomer(talk):
        ask_address(talk)


def ask_address(talk: Talk) -> None:
    """How to call the person; a language with one form need not ask."""
    forms = talk.house.library.language(talk.chat.language).addresses
    if len(forms) > 1:
        talk.tell("address", *(f"call:{name}" for name in forms))
    else:
        talk.go_on()


def _aloud(talk: Talk, _name: str) -> None:
    """The voice of where the person is; where nobody can speak, the words once more."""
    note = aloud.note(talk.house, talk.chat, talk.session, talk.at)
    if note is not None:
        talk.outgoing.append(note)
    else:
        talk.go_on()


def _fewer(talk: Talk, topic: str = "") -> None:
    """Less of one topic, or nothing unasked any more."""
    talk.errands.append(Wish(topic))
    beside = "stay" if talk.flow else "home"
    if topic:
        talk.tell("fewer", "no_tips", f"more:{topic}", beside)
    else:
        talk.tell("fewer_all", "more", beside)


def _more(talk: Talk, topic: str) -> None:
    talk.errands.append(Wish(topic, more=True))
    talk.tell("more", "stay" if talk.flow else "home")


_ANYWHERE: dict[str, Callable[[Talk, str], None]] = {
    "home": lambda talk, _: talk.home(),
    "open": lambda talk, name: talk.open(name),
    "chapter": _chapter,
    "call": _call,
    "speak": _speak,
    "language": lambda talk, _: talk.tell("language", *(f"speak:{known}" for known in talk.house.library.languages)),
    "address": lambda talk, _: ask_address(talk),
    "asked_me": _scammed,
    "understood": lambda talk, _: talk.go_on(),
    "stay": lambda talk, _: talk.go_on(),
    "good": _feedback("good"),
    "so_so": _feedback("so_so"),
    "bad": _feedback("bad"),
    "about": lambda talk, _: talk.tell("about", "open:about", "my_data", "delete", "stay" if talk.flow else "home"),
    "check": ask_for_message,
    "no_check": lambda talk, _: talk.go_on(),
    "my_data": _my_data,
    "delete": _ask_to_erase,
    "delete_me": _erase,
    "delete_all": lambda talk, _: _erase(talk, everybody=True),
    "people": profiles.people,
    "profile": profiles.turn_to,
    "newcomer": _newcomer,
    "human": _human,
    "send": forward.send,
    "forward": forward.choose,
    "team": lambda talk, code: helper_mode.ask(talk) if talk.chat.guest else talk.errands.append(team.Show(code)),
    "team_more": lambda talk, code: talk.errands.append(team.Show(code, more=True)),
    "teams": lambda talk, first: talk.errands.append(team.Show(first=int(first))),
    "invite_volunteer": lambda talk, code: talk.errands.append(team.Invite(Role.VOLUNTEER, code)),
    "invite_lead": lambda talk, code: talk.errands.append(team.Invite(Role.LEAD, code)),
    "call_help": lambda talk, _: talk.errands.append(asking.Call()),
    "place": asking.lives,
    "help_end": lambda talk, ticket: talk.errands.append(ending.End(int(ticket), call.THANKS)),
    "duty_on": lambda talk, code: talk.errands.append(helping.Duty(code, on=True)),
    "duty_off": lambda talk, code: talk.errands.append(helping.Duty(code, on=False)),
    "queue": lambda talk, code: talk.errands.append(helping.Queue(code)),
    "claim": lambda talk, ticket: talk.errands.append(helping.Claim(int(ticket))),
    "claim_second": lambda talk, ticket: talk.errands.append(helping.Claim(int(ticket), second=True)),
    "reply": helping.reply,
    "help_solved": lambda talk, ticket: talk.errands.append(ending.End(int(ticket), call.SOLVED)),
    "help_more": helping.more,
    "help_pass": lambda talk, ticket: talk.errands.append(helping.PassOn(int(ticket))),
    "help_second": lambda talk, ticket: talk.errands.append(helping.PassOn(int(ticket), second=True)),
    "help_abuse": lambda talk, ticket: talk.errands.append(ending.End(int(ticket), call.ABUSE)),
    "handout": handout.which,
    **{f"handout_{size}": partial(handout.take, size) for size in handout.SIZES},
    "photo_yes": lambda talk, ticket: talk.errands.append(photo.Decide(int(ticket), yes=True)),
    "photo_no": lambda talk, ticket: talk.errands.append(photo.Decide(int(ticket), yes=False)),
    "count": lambda talk, code: talk.errands.append(count.Count(Draft(code))),
    "count_as": count.choose,
    "month": lambda talk, code: talk.errands.append(month.Month(code)),
    "targets": lambda talk, code: talk.errands.append(campaign.Targets(code)),
    "sit_beside": lambda talk, _: talk.errands.append(beside.ShowCode()),
    "beside": lambda talk, code: talk.errands.append(beside.Ask(code)),
    "beside_next": lambda talk, pair: talk.errands.append(beside.Push(int(pair), beside.NEXT)),
    "beside_again": lambda talk, pair: talk.errands.append(beside.Push(int(pair), beside.SHOW)),
    "beside_aloud": lambda talk, pair: talk.errands.append(beside.Push(int(pair), beside.READ)),
    "beside_end": lambda talk, pair: talk.errands.append(beside.End(int(pair or 0))),
    "guest": lambda talk, code: talk.errands.append(helper_mode.Begin(code)),
    "guest_end": helper_mode.end,
    "count_age": count.choose_age,
    "count_more": lambda talk, entry: talk.errands.append(count.Change(int(entry), 1)),
    "count_less": lambda talk, entry: talk.errands.append(count.Change(int(entry), -1)),
    "count_undo": lambda talk, entry: talk.errands.append(count.Change(int(entry), 0)),
    "count_today": lambda talk, code: talk.errands.append(count.Today(code)),
    "tip": lambda talk, _: talk.errands.append(tips.Show()),
    "tip_new": lambda talk, _: talk.errands.append(writing.New()),
    "tip_edit": lambda talk, tip: talk.errands.append(writing.New(int(tip))),
    "tip_place": typed.choose_place,
    "tip_all": lambda talk, tip: talk.errands.append(writing.Whom(int(tip), "all")),
    "tip_stuck": lambda talk, tip: talk.errands.append(writing.AskGuide(int(tip), "stuck")),
    "tip_finished": lambda talk, tip: talk.errands.append(writing.AskGuide(int(tip), "finished")),
    "tip_guide": typed.choose_guide,
    "tip_now": lambda talk, tip: talk.errands.append(sending.When(int(tip))),
    "tip_tomorrow": lambda talk, tip: talk.errands.append(sending.When(int(tip), sending.tomorrow(talk.at))),
    "tip_drop": lambda talk, tip: talk.errands.append(writing.Drop(int(tip))),
    "tip_send": lambda talk, tip: talk.errands.append(sending.Send(int(tip))),
    "tip_approve": lambda talk, tip: talk.errands.append(deciding.Approve(int(tip))),
    "tip_refuse": lambda talk, tip: talk.errands.append(deciding.Refuse(int(tip))),
    "tip_look": lambda talk, tip: talk.errands.append(tips.Look(int(tip))),
    "tip_pause": lambda talk, tip: talk.errands.append(tips.Turn(int(tip), "pause")),
    "tip_resume": lambda talk, tip: talk.errands.append(tips.Turn(int(tip), "resume")),
    "tip_stop": lambda talk, tip: talk.errands.append(tips.Turn(int(tip), "stop")),
    "members": lambda talk, code: talk.errands.append(members.Members(code)),
    "member": lambda talk, role: talk.errands.append(members.Member(int(role))),
    "member_sure": lambda talk, role: talk.errands.append(members.Member(int(role), sure=True)),
    "leave_team": team.ask_to_leave,
    "skills": lambda talk, _: talk.errands.append(learning.ShowCard()),
    "certificate": lambda talk, kind: talk.errands.append(certificate.Ask(kind)),
    "no_certificate": lambda talk, _: talk.go_on(),
    "certificates": lambda talk, code: talk.errands.append(certificate.OfTeam(code)),
    "certificate_look": lambda talk, serial: talk.errands.append(certificate.Look(serial)),
    "certificate_revoke": certificate.ask_to_revoke,
    "certificate_sure": lambda talk, serial: talk.errands.append(certificate.Revoke(serial)),
    "family": lambda talk, _: talk.errands.append(family.Show()),
    "family_invite": lambda talk, _: talk.errands.append(family.Invite()),
    "family_show": lambda talk, _: talk.errands.append(family.Agree(shows=True)),
    "family_hide": lambda talk, _: talk.errands.append(family.Agree(shows=False)),
    "family_leave": lambda talk, _: talk.errands.append(family.Leave()),
    "join": lambda talk, _: talk.errands.append(join.Show()),
    "join_enter": join.ask,
    "join_carry": lambda talk, _: talk.errands.append(join.Carry()),
    "join_leave": lambda talk, _: talk.errands.append(join.Leave()),
    "leave_sure": lambda talk, code: talk.errands.append(team.Leave(code)),
    "fewer": _fewer,
    "no_tips": lambda talk, _: _fewer(talk),
    "more": _more,
    "listen": lambda talk, path: talk.outgoing.append(VoiceNote(f"{talk.chat.language}/{path}")),
    "aloud": _aloud,
}
"""Answers that mean the same whether a guide is open or not."""

_IN_GUIDE: dict[str, Callable[[Talk, Flow, str], None]] = {
    "resume": lambda talk, flow, _: talk.happen(flow, Resumed(talk.at)),
    "restart": lambda talk, flow, _: talk.happen(flow, Started(talk.at)),
    "no_reminders": lambda talk, flow, _: talk.happen(flow, Muted(talk.at)),
    "again": lambda talk, flow, _: talk.happen(flow, AskedAgain(talk.at)),
    "back": lambda talk, flow, step: talk.happen(flow, WentBack(talk.at, step)),
    "return": lambda talk, flow, step: talk.happen(flow, Returned(talk.at, step)),
}
"""Answers about the way through the open guide; every other one is an answer to its step."""
