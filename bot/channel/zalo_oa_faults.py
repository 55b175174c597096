"""What Zalo's numbers mean. It answers a failure with status 200 and an `error` that is not 0.

The numbers are those of developers' notes that quote the official list, dated to October 2026: docs/zalo.md.
"""

from __future__ import annotations

from typing import Final

from bot.channel.base import Fault

RENEW: Final = frozenset({-216, -220})
"""The access token is invalid or over: a new one may help."""

SHUT: Final = frozenset({-217, -230, -232})
"""The person has not done anything for too long: only they can open the chat again."""

QUOTA: Final = frozenset({-211, -320, -321})
"""What the plan or its money allows is used up."""

ONCE: Final = frozenset({-200})
"""“Sending failed”: tried once more, no more."""

FAULTS: Final[dict[int, Fault]] = {
    **dict.fromkeys((-32, *QUOTA), Fault.WAIT),
    **dict.fromkeys((-100, *ONCE, -218), Fault.PASSING),  # -218: too many to this one person; the others go on
    **dict.fromkeys((-201, -210, -248), Fault.REFUSED),
    **dict.fromkeys((-213, -227, -244), Fault.GONE),
    **dict.fromkeys((*SHUT, -234), Fault.CLOSED),
    **dict.fromkeys((-204, -205, -209, -212, -221, -224, -235, -240, -14002, -14003), Fault.SETUP),
    **dict.fromkeys((*RENEW, -219, -223, -242), Fault.SETUP),
}
"""Any other number is Fault.REFUSED."""

HINTS: Final = {
    -32: "too many calls in this minute",
    -204: "the official account was deleted",
    -205: "the official account does not exist",
    -209: "the app is not activated: developers.zalo.me",
    -211: "the plan's messages are used up",
    -212: "the app is not registered for the API: developers.zalo.me",
    -216: "the access token is refused: bot zalo login",
    -219: "the app was removed from the official account: bot zalo login",
    -220: "the access token is over: bot zalo login",
    -221: "the official account is not verified",
    -223: "the official account has not granted this to the app: bot zalo login",
    -224: "the plan of the official account has no API",
    -235: "the API is not for this kind of official account: docs/zalo.md",
    -240: "this call is shut: setting 'zalo_oa.message'",
    -242: "appsecret_proof is refused: ZALO_OA_APP_SECRET, setting 'zalo_oa.proof'",
    -320: "the plan needs a Zalo Cloud Account",
    -321: "the Zalo Cloud Account has no money",
    -14002: "the app is not active: developers.zalo.me",
    -14003: "callback or code challenge are not as in the console: bot zalo login",
}
"""What an operator reads; of other numbers Zalo's own words."""
