"""What happened in another chat, as it is told in this one. Pure.

A notice is for one person: if the phone is in somebody else's hands meanwhile, nobody hears it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from bot.service import beside, campaign, digest, join, members, month, plan_news
from bot.service.help import asking, ending, helping, missed, photo, relay
from bot.service.tip import deciding, sending, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.service.talk import Talk

NOTICES: dict[str, Callable[[Talk, Mapping[str, Any]], None]] = {
    "help.waiting": helping.is_waiting,
    "help.joined": asking.joined,
    "help.waits_again": asking.waits_again,
    "help.said": relay.said,
    "help.photo": photo.came,
    "help.over": ending.is_over,
    "help.one_left": ending.one_left,
    "help.missed": missed.told,
    "beside.begins": beside.begins,
    "beside.moved": beside.moved,
    "beside.pushed": beside.pushed,
    "beside.over": beside.over,
    "tip.counted": sending.counted,
    "tip.asked": deciding.asked,
    "tip.told": sending.told,
    "tip.looked": sent.looked,
    "team.revoked": members.revoked,
    "digest.week": digest.week,
    "campaign.progress": campaign.told,
    "month.told": month.told,
    "plan.reached": plan_news.was_reached,
    "join.joined": join.was_joined,
    "join.carried": join.was_carried,
    "join.left": join.was_left,
}
"""By kind: what a notice leads to, given what it says."""


def come(talk: Talk) -> None:
    """A notice comes in. Raises KeyError for a kind that nobody here knows: then it is parked."""
    payload = orjson.loads(talk.incoming.detail)
    if payload["person"] == talk.chat.person:
        talk.catch_up()
        NOTICES[talk.incoming.text](talk, payload["says"])
