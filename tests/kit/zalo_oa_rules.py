"""What Zalo's Official Account API refuses of a message, as developers' notes tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_BUTTONS, LONGEST_TITLE, LONGEST_PAYLOAD = 5, 100, 1000
PAYLOADS = {"oa.open.url": {"url"}, "oa.open.phone": {"phone_code"}, "oa.open.sms": {"content", "phone_code"}}
"""Kinds of buttons with more than a text -> what it holds."""


class Refusal(Exception):
    """The platform says no. `by_mistake`: a correct bot would not have asked."""

    def __init__(self, code: int, words: str, *, by_mistake: bool = False) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.by_mistake = by_mistake


def check_buttons(buttons: Sequence[dict[str, Any]], there: bool) -> None:
    """Refuses buttons that are none, too many or too long. `there`: the field is there at all."""
    if there and not 1 <= len(buttons) <= MOST_BUTTONS:
        raise Refusal(-201, f"{len(buttons)} buttons", by_mistake=True)
    for button in buttons:
        if set(button) != {"title", "type", "payload"} or not 1 <= len(button["title"]) <= LONGEST_TITLE:
            raise Refusal(-201, f"bad button {button}", by_mistake=True)
        payload, fields = button["payload"], PAYLOADS.get(button["type"])
        if fields is not None:
            fits = isinstance(payload, dict) and set(payload) == fields and all(payload.values())
            fits = fits and str(payload.get("phone_code", "1")).isdigit()
        else:
            fits = button["type"] in {"oa.query.show", "oa.query.hide"} and isinstance(payload, str)
            fits = fits and 1 <= len(payload) <= LONGEST_PAYLOAD
        if not fits:
            raise Refusal(-201, f"bad button {button}", by_mistake=True)
