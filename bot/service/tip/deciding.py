"""Somebody else decides: a tip that waits is shown to who may send or approve it, approved, refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.broadcast.model import Kind
from bot.people.role import Right
from bot.service import rights
from bot.service.errand import Notice
from bot.service.sending import BY_HAND, begins, needed
from bot.service.tip.words import about, end_mode, show
from bot.service.tip.work import called
from bot.store import broadcasts, tips
from bot.store.tips import ASKED, SENT, WRITTEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk


@dataclass(frozen=True, slots=True)
class Offered:
    """A tip waits for this person: to be sent, or to be approved."""

    tip: int
    right: Right

    async def run(self, desk: Desk) -> Reply | None:
        """As people will see it, with what can be done. Nothing, if meanwhile somebody else was quicker."""
        talk, connection = desk.talk(), desk.connection
        tip = await tips.find(connection, self.tip)
        if tip is None or not await rights.has(connection, talk.chat.person, self.right, place=tip.place):
            return None
        said = about(talk, tip, desk.work.config)
        if self.right is Right.SEND_TIP and tip.state == ASKED:
            show(talk, tip)
            talk.tell("tip.asked", f"tip_send:{tip.id}", f"tip_refuse:{tip.id}", **said)
        elif self.right is Right.APPROVE_TIP and tip.state == SENT:
            found = await tips.sent(connection, tip.id)
            if found is None or found.state != broadcasts.ASKED or talk.chat.person in {tip.writer, tip.sender}:
                return None
            show(talk, tip)
            talk.tell("tip.approve", f"tip_approve:{tip.id}", f"tip_refuse:{tip.id}", **said)
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Approve:
    """Somebody agrees to what another one sends."""

    tip: int

    async def run(self, desk: Desk) -> Reply:
        """Neither who wrote it nor who sends it; it goes out when nobody more is needed."""
        talk, connection, config = desk.talk(), desk.connection, desk.work.config
        found = await tips.sent(connection, self.tip)
        person, right = talk.chat.person, Right.APPROVE_TIP
        what = f"tip {self.tip}"
        if found is None:
            talk.tell("tip.gone", "tip:", "home")
        elif not await rights.use(connection, person, right, talk.at, place=found.tip.place, what=what):
            talk.tell("team.not_allowed", "home")
        elif person in {found.tip.writer, found.tip.sender}:
            talk.tell("tip.not_own", "tip:", "home")
        elif found.state != broadcasts.ASKED:
            talk.tell("tip.late", "tip:", "home")
        else:
            name = await called(connection, desk.work.house, person, right, found.tip.place)
            lacks = needed(Kind.TIP, found.expected, config.approve_above) - len(found.approvals) - 1
            if await tips.approve(connection, found, name, begins(lacks), talk.at):
                talk.tell("tip.approved", f"tip_look:{self.tip}", "home")
                _tell(desk, found.tip.sender, found.tip.sender_chat, "was_approved")
            else:
                talk.tell("tip.late", "tip:", "home")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Refuse:
    """Somebody who may send or approve it does not want it to go out."""

    tip: int

    async def run(self, desk: Desk) -> Reply:
        """Who wrote it, or sent it, hears so."""
        talk, connection = desk.talk(), desk.connection
        tip = await tips.find(connection, self.tip)
        person, what = talk.chat.person, f"refuse tip {self.tip}"
        right = Right.SEND_TIP if tip is not None and tip.state == ASKED else Right.APPROVE_TIP
        end_mode(talk)
        if tip is None or tip.state == WRITTEN:
            talk.tell("tip.gone", "tip:", "home")
        elif not await rights.use(connection, person, right, talk.at, place=tip.place, what=what):
            talk.tell("team.not_allowed", "home")
        elif tip.state == ASKED and await tips.delete_unsent(connection, tip.id):
            talk.tell("tip.refused", "tip:", "home")
            _tell(desk, tip.writer, tip.chat, "was_refused")
        else:
            found = await tips.sent(connection, tip.id)
            waits = found is not None and found.state == broadcasts.ASKED
            if found and waits and await tips.turn(connection, found, broadcasts.STOPPING, BY_HAND):
                talk.tell("tip.refused", "tip:", "home")
                _tell(desk, tip.sender, tip.sender_chat, "was_refused")
            else:
                talk.tell("tip.late", "tip:", "home")
        return talk.reply()


def asked(talk: Talk, says: Mapping[str, Any]) -> None:
    """Somebody wants one to be sent or approved (a notice)."""
    talk.errands.append(Offered(says["tip"], Right(says["right"])))


def _tell(desk: Desk, person: str, chat: str, what: str) -> None:
    if person:
        desk.work.post(Notice(chat, person, "tip.told", {"what": what}))
