"""What a tap on a button says, and the short opaque id it travels under. An id resolves for ever."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class ButtonMeaning:
    """An answer, on a step of a guide as it was (`digest`) when the button was shown; empty outside any guide."""

    flow: str
    digest: str
    step: str
    answer: str


@lru_cache(maxsize=20_000)
def button_id(meaning: ButtonMeaning) -> str:
    """16 characters that stand for a meaning on every channel, the same in every process."""
    text = f"{meaning.flow}\x1f{meaning.digest}\x1f{meaning.step}\x1f{meaning.answer}"
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:12]).decode()
