"""Why somebody who is meant does not get a broadcast: all reasons there are, the same in rows, counts and reports."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A reason, as it stands in a recipient's row; docs/broadcasts.md says when each is decided."""

    UNREACHABLE = "unreachable"
    CHANNEL_OFF = "channel_off"
    OPTED_OUT = "opted_out"
    HAD_ENOUGH = "had_enough"
    SAME_PERSON = "same_person"
    WINDOW = "window"
    IN_A_GUIDE = "in_a_guide"
    HOLDOUT = "holdout"
    STAFF = "staff"
    QUOTA = "quota"
    SET_ASIDE = "set_aside"
    NO_LONGER = "no_longer"
    ERASED = "erased"
    STOPPED = "stopped"


COUNTED = {
    Reason.UNREACHABLE: "have blocked the bot or are gone",
    Reason.CHANNEL_OFF: "are on a channel that broadcasts do not go to",
    Reason.OPTED_OUT: "want less of this topic",
    Reason.HAD_ENOUGH: "have had as many as they should",
    Reason.SAME_PERSON: "get it in another chat of theirs",
    Reason.WINDOW: "have done nothing there for too long: the platform takes nothing for them",
    Reason.IN_A_GUIDE: "are in a guide right now: they get it if they are not when it is their turn",
}
"""Those that are known beforehand, and counted with the audience, as an operator reads them."""
