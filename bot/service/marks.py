"""What is written down when somebody comes to the end of a guide: that it was done, and whether its quiz was passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.engine.quiz import score
from bot.service import certificate
from bot.store import marks
from bot.store.marks import Mark

if TYPE_CHECKING:
    from bot.engine.session import Session
    from bot.flow.model import Flow
    from bot.service.errand import Desk
    from bot.service.talk import Reply

DONE = "done"
"""The end of a guide at which its work is done."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Write a mark down."""

    mark: Mark

    async def run(self, desk: Desk) -> Reply | None:
        """Done in the transaction of the turn that earned it.

        Who may have a certificate by it hears so; where it is one of those who help, they may go on duty from now on.
        """
        is_passed = await marks.keep(desk.connection, self.mark)
        talk = desk.talk()
        if not is_passed or talk.chat.guest or talk.chat.person != self.mark.person:
            return None
        offers: list[str] = []
        duty = ""
        for kind in talk.house.skills.kinds:
            found = await certificate.standing(desk.connection, self.mark.person, kind)
            if self.mark.guide in kind.passed and found.may_have and found.had is None:
                offers.append(certificate.button(talk, kind))
                duty = f"duty_on:{found.team}" if kind.team else duty
        if not offers:
            return None
        talk.tell("certificate.earned", *filter(None, (duty, *offers)), "home", helps="1" if duty else "")
        return talk.reply()


def earned(person: str, flow: Flow, session: Session, end: str, at: int) -> tuple[Keep, ...]:
    """What somebody has earned who stands at the end called `end` of a guide; nothing where it was given up."""
    found = score(flow, session)
    if end != DONE and not found.passed:
        return ()
    done_at = at if end == DONE else 0
    if not found.passed:
        return (Keep(Mark(person, flow.name, done_at)),)
    return (Keep(Mark(person, flow.name, done_at, at, found.right, found.asked)),)
