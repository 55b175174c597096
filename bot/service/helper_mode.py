"""Helper mode: a helper walks a guide with somebody who has no account, on the helper's own phone.

It is one more profile on that phone (bot/service/profiles.py): the helper is set aside with all that is theirs, and a
guest has the phone, of whom nothing is kept once it goes back. `Chat.guest` says who is helping: "<team>,<number>".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.people.count import ANY_AGE, RESULTS, WALKED, Draft
from bot.people.role import Right
from bot.service import profiles, rights
from bot.service.count import Count, label
from bot.store import teams

if TYPE_CHECKING:
    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk


@dataclass(frozen=True, slots=True)
class Begin:
    """A helper takes somebody along."""

    team: str

    async def run(self, desk: Desk) -> Reply:
        """The phone is the guest's."""
        talk = desk.talk()
        team = await teams.find(desk.connection, self.team)
        person, at = talk.chat.person, talk.at
        if team is None or not await rights.use(
            desk.connection, person, Right.COUNT_HELP, at, team=self.team, what="guest"
        ):
            talk.tell("team.not_allowed", "home")
        else:
            profiles.guest(talk, f"{team.code},{talk.chat.number}", team.code, team.place)
        return talk.reply()


def welcome(talk: Talk) -> None:
    """The guest has the phone: first of all a guide."""
    talk.tell("count.guest_begins")
    talk.home()


def ask(talk: Talk) -> None:
    """How did it go? Asked at the end of a guide, and when the helper wants back to their team."""
    talk.tell("count.guest_over", *_results(talk), "stay" if talk.flow else "home")


def end(talk: Talk, result: str) -> None:
    """The phone goes back to the helper, and what was walked is counted."""
    team, _, number = talk.chat.guest.partition(",")
    if not team:  # an old button
        talk.go_on()
        return
    walked = max(talk.sessions.values(), key=lambda session: session.since, default=None)
    if walked is not None and result in RESULTS:
        talk.errands.append(Count(Draft(team, walked.flow, result, ANY_AGE, how=WALKED)))
    profiles.back_to(talk, int(number))


def _results(talk: Talk) -> list[str]:
    return [f"guest_end:{result}|{label(talk, f'result_{result}')}" for result in RESULTS]
