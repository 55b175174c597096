"""The bot's own answers: what can be tapped or typed without a guide saying so. One table; everything else reads it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Weight = Literal["main", "plain", "small"]
"""How much a button stands out."""


class Scope(StrEnum):
    """What an answer needs in order to be understood."""

    ANYWHERE = "anywhere"  # nothing: it means the same whatever is open
    GUIDE = "guide"  # an open guide: it is about the way through it
    STEP = "step"  # the step it was offered at


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """One answer. `labelled`: its words stand in _bot/buttons.j2; `always`: they are understood at every step.

    `noted`: behind its colon stands what nobody can list beforehand (a place, a call for help), so that what its button
    means is written down when it is shown. Its label is the answer's own, or stands behind a bar: "team:ngoc-lac|Đoàn
    xã Ngọc Lặc".
    """

    scope: Scope
    weight: Weight = "plain"
    labelled: bool = True
    always: bool = False
    noted: bool = False


OWN = {
    "home": OwnAnswer(Scope.ANYWHERE, always=True),
    "human": OwnAnswer(Scope.ANYWHERE, always=True),
    "aloud": OwnAnswer(Scope.ANYWHERE, "small", always=True),
    "language": OwnAnswer(Scope.ANYWHERE, always=True),
    "address": OwnAnswer(Scope.ANYWHERE, always=True),
    "delete_me": OwnAnswer(Scope.ANYWHERE),
    "delete_all": OwnAnswer(Scope.ANYWHERE),
    "people": OwnAnswer(Scope.ANYWHERE, "small", always=True),
    "newcomer": OwnAnswer(Scope.ANYWHERE),
    "understood": OwnAnswer(Scope.ANYWHERE, "main"),
    "asked_me": OwnAnswer(Scope.ANYWHERE),
    "good": OwnAnswer(Scope.ANYWHERE, "small"),
    "so_so": OwnAnswer(Scope.ANYWHERE, "small"),
    "bad": OwnAnswer(Scope.ANYWHERE, "small"),
    "about": OwnAnswer(Scope.ANYWHERE, always=True),
    "check": OwnAnswer(Scope.ANYWHERE, always=True),
    "no_check": OwnAnswer(Scope.ANYWHERE),
    "my_data": OwnAnswer(Scope.ANYWHERE, always=True),
    "delete": OwnAnswer(Scope.ANYWHERE, always=True),
    # Under a broadcast, behind a colon its topic; without one they are about all topics.
    "fewer": OwnAnswer(Scope.ANYWHERE, "small", always=True),
    "no_tips": OwnAnswer(Scope.ANYWHERE, "small", always=True),
    "more": OwnAnswer(Scope.ANYWHERE, "small", always=True),
    # With a name behind a colon, which gives the label: a guide, a chapter, a form of address, a language, a
    # profile, the voice of a broadcast.
    "open": OwnAnswer(Scope.ANYWHERE, labelled=False),
    "chapter": OwnAnswer(Scope.ANYWHERE, labelled=False),
    "call": OwnAnswer(Scope.ANYWHERE, "small", labelled=False),
    "speak": OwnAnswer(Scope.ANYWHERE, labelled=False),
    "profile": OwnAnswer(Scope.ANYWHERE, labelled=False),
    "listen": OwnAnswer(Scope.ANYWHERE, "small", labelled=False),
    # A helper is called, and comes.
    "call_help": OwnAnswer(Scope.ANYWHERE, "main"),
    "help_end": OwnAnswer(Scope.ANYWHERE, noted=True),
    "place": OwnAnswer(Scope.ANYWHERE, noted=True),
    # Passed on: behind the colon a place ("eid-activate__open_app"), or which guides to choose from.
    "send": OwnAnswer(Scope.ANYWHERE, always=True, noted=True),
    "forward": OwnAnswer(Scope.ANYWHERE, noted=True),
    # A handout, behind the colon of which guide.
    "handout": OwnAnswer(Scope.ANYWHERE, noted=True),
    "handout_a4": OwnAnswer(Scope.ANYWHERE, noted=True),
    "handout_a5": OwnAnswer(Scope.ANYWHERE, noted=True),
    "handout_a6": OwnAnswer(Scope.ANYWHERE, noted=True),
    "handout_guide": OwnAnswer(Scope.ANYWHERE, noted=True),
    "handout_card": OwnAnswer(Scope.ANYWHERE, noted=True),
    "handout_square": OwnAnswer(Scope.ANYWHERE, noted=True),
    # For those who help.
    "team": OwnAnswer(Scope.ANYWHERE, always=True, noted=True),
    "team_more": OwnAnswer(Scope.ANYWHERE, "small", noted=True),
    "teams": OwnAnswer(Scope.ANYWHERE, "small", noted=True),
    "invite_volunteer": OwnAnswer(Scope.ANYWHERE, noted=True),
    "invite_lead": OwnAnswer(Scope.ANYWHERE, noted=True),
    "duty_on": OwnAnswer(Scope.ANYWHERE, noted=True),
    "duty_off": OwnAnswer(Scope.ANYWHERE, noted=True),
    "queue": OwnAnswer(Scope.ANYWHERE, "main", noted=True),
    "claim": OwnAnswer(Scope.ANYWHERE, "main", noted=True),
    "claim_second": OwnAnswer(Scope.ANYWHERE, "main", noted=True),
    "reply": OwnAnswer(Scope.ANYWHERE, labelled=False, noted=True),
    "help_solved": OwnAnswer(Scope.ANYWHERE, "main", noted=True),
    "help_more": OwnAnswer(Scope.ANYWHERE, "small", noted=True),
    "help_pass": OwnAnswer(Scope.ANYWHERE, noted=True),
    "help_second": OwnAnswer(Scope.ANYWHERE, noted=True),
    "help_abuse": OwnAnswer(Scope.ANYWHERE, "small", noted=True),
    "photo_yes": OwnAnswer(Scope.ANYWHERE, "main", noted=True),
    "photo_no": OwnAnswer(Scope.ANYWHERE, noted=True),
    "count": OwnAnswer(Scope.ANYWHERE, always=True, noted=True),
    "count_as": OwnAnswer(Scope.ANYWHERE, labelled=False, noted=True),
    "count_age": OwnAnswer(Scope.ANYWHERE, labelled=False, noted=True),
    "count_more": OwnAnswer(Scope.ANYWHERE, "main", noted=True),
    "count_less": OwnAnswer(Scope.ANYWHERE, noted=True),
    "count_undo": OwnAnswer(Scope.ANYWHERE, noted=True),
    "count_today": OwnAnswer(Scope.ANYWHERE, "small", noted=True),
    "guest": OwnAnswer(Scope.ANYWHERE, noted=True),
    "guest_end": OwnAnswer(Scope.ANYWHERE, labelled=False, noted=True),
    "month": OwnAnswer(Scope.ANYWHERE, noted=True),
    "targets": OwnAnswer(Scope.ANYWHERE, noted=True),
    "sit_beside": OwnAnswer(Scope.ANYWHERE, always=True),
    "beside": OwnAnswer(Scope.ANYWHERE, noted=True),
    "beside_next": OwnAnswer(Scope.ANYWHERE, "main", noted=True),
    "beside_again": OwnAnswer(Scope.ANYWHERE, noted=True),
    "beside_aloud": OwnAnswer(Scope.ANYWHERE, noted=True),
    "beside_end": OwnAnswer(Scope.ANYWHERE, "small", always=True, noted=True),
    "tip": OwnAnswer(Scope.ANYWHERE, always=True, noted=True),
    "tip_new": OwnAnswer(Scope.ANYWHERE, "main", noted=True),
    "tip_edit": OwnAnswer(Scope.ANYWHERE, noted=True),
    "tip_place": OwnAnswer(Scope.ANYWHERE, noted=True),
    "tip_all": OwnAnswer(Scope.ANYWHERE, noted=True),
    "tip_stuck": OwnAnswer(Scope.ANYWHERE, noted=True),
    "tip_finished": OwnAnswer(Scope.ANYWHERE, noted=True),
    "tip_guide": OwnAnswer(Scope.ANYWHERE, labelled=False, noted=True),
    "tip_now": OwnAnswer(Scope.ANYWHERE, noted=True),
    "tip_tomorrow": OwnAnswer(Scope.ANYWHERE, noted=True),
    "tip_drop": OwnAnswer(Scope.ANYWHERE, "small", noted=True),
    "tip_send": OwnAnswer(Scope.ANYWHERE, "main", noted=True),
    "tip_approve": OwnAnswer(Scope.ANYWHERE, "main", noted=True),
    "tip_refuse": OwnAnswer(Scope.ANYWHERE, "small", noted=True),
    "tip_look": OwnAnswer(Scope.ANYWHERE, noted=True),
    "tip_pause": OwnAnswer(Scope.ANYWHERE, noted=True),
    "tip_resume": OwnAnswer(Scope.ANYWHERE, "main", noted=True),
    "tip_stop": OwnAnswer(Scope.ANYWHERE, "small", noted=True),
    "members": OwnAnswer(Scope.ANYWHERE, noted=True),
    "member": OwnAnswer(Scope.ANYWHERE, labelled=False, noted=True),
    "member_sure": OwnAnswer(Scope.ANYWHERE, "small", noted=True),
    "leave_team": OwnAnswer(Scope.ANYWHERE, "small", noted=True),
    "leave_sure": OwnAnswer(Scope.ANYWHERE, noted=True),
    # What somebody has learnt: the card, certificates, the family.
    "skills": OwnAnswer(Scope.ANYWHERE, always=True),
    "certificate": OwnAnswer(Scope.ANYWHERE, "main", noted=True),
    "no_certificate": OwnAnswer(Scope.ANYWHERE, noted=True),
    "certificates": OwnAnswer(Scope.ANYWHERE, noted=True),
    "certificate_look": OwnAnswer(Scope.ANYWHERE, noted=True),
    "certificate_revoke": OwnAnswer(Scope.ANYWHERE, "small", noted=True),
    "certificate_sure": OwnAnswer(Scope.ANYWHERE, noted=True),
    "family": OwnAnswer(Scope.ANYWHERE, always=True),
    "family_invite": OwnAnswer(Scope.ANYWHERE),
    "family_show": OwnAnswer(Scope.ANYWHERE),
    "family_hide": OwnAnswer(Scope.ANYWHERE),
    "family_leave": OwnAnswer(Scope.ANYWHERE, "small"),
    # The chats of one person become one person's.
    "join": OwnAnswer(Scope.ANYWHERE, always=True),
    "join_enter": OwnAnswer(Scope.ANYWHERE),
    "join_carry": OwnAnswer(Scope.ANYWHERE, "main"),
    "join_leave": OwnAnswer(Scope.ANYWHERE, "small"),
    "back": OwnAnswer(Scope.GUIDE, "small", always=True),
    "again": OwnAnswer(Scope.GUIDE, "small", always=True),
    "no_reminders": OwnAnswer(Scope.GUIDE, always=True),
    "resume": OwnAnswer(Scope.GUIDE, "main", always=True),
    "restart": OwnAnswer(Scope.GUIDE, "main", always=True),
    "return": OwnAnswer(Scope.GUIDE, "main"),
    "stay": OwnAnswer(Scope.GUIDE),
    "done": OwnAnswer(Scope.STEP, "main"),
    "not_yet": OwnAnswer(Scope.STEP),
    "stuck": OwnAnswer(Scope.STEP),
    "other": OwnAnswer(Scope.STEP),
    "record": OwnAnswer(Scope.STEP, labelled=False),  # a tap on what was answered: asks whether to go back there
    "silence": OwnAnswer(Scope.STEP, labelled=False),  # nobody answered; never a button
}
"""By name. No answer of a question may be called so."""

ALWAYS = tuple(name for name, answer in OWN.items() if answer.always)
"""The answers that are understood at every step."""

OF_DO = ("done", "not_yet", "stuck", "other")
"""The answers of a step of kind `do`."""

CONSTANTS = ("home", "aloud", "human")
"""What is always there, whatever is open."""


def own(scope: Scope) -> tuple[str, ...]:
    """The names of all answers of a scope, in the table's order."""
    return tuple(name for name, answer in OWN.items() if answer.scope is scope)


def is_noted(answer: str) -> bool:
    """Whether what the button of this answer means is written down when it is shown: "team:ngoc-lac", not "team"."""
    kind, colon, _ = answer.partition(":")
    known = OWN.get(kind)
    return bool(colon) and known is not None and known.noted


def shared(answer: str) -> str | None:
    """What the button of an answer passes on where a channel can do that by itself: a place, "": any guide.

    None: it is to be tapped like all others.
    """
    kind, colon, about = answer.partition(":")
    if kind == "send" and colon:
        return about.partition("|")[0]
    return "" if kind == "forward" and not about.startswith("/") else None


def needs_no_guide(answer: str) -> bool:
    """Whether the answer ("home", "open:eid-activate") means the same whatever is open."""
    known = OWN.get(answer.partition(":")[0])
    return known is not None and known.scope is Scope.ANYWHERE


def weight(answer: str) -> Weight:
    """How much the button of an answer stands out. A guide's own "begin" is a main one."""
    if answer == "begin":
        return "main"
    known = OWN.get(answer.partition(":")[0])
    return known.weight if known else "plain"
