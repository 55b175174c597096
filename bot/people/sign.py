"""Signed texts: whoever has no key cannot make one, or change one."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode

MARK = 16
"""Characters of a signature; each is 6 bits, so that nobody guesses one."""


def mark(key: bytes, purpose: str, text: str) -> str:
    """The signature of a text, in the letters of a link (A-Z a-z 0-9 _ -).

    `purpose` keeps what is signed for one thing from being shown for another.
    """
    digest = hmac.digest(key, f"{purpose}\n{text}".encode(), "sha256")
    return urlsafe_b64encode(digest).decode()[:MARK]


def is_marked(key: bytes, purpose: str, text: str, given: str) -> bool:
    """Whether `given` is the text's signature; takes as long whatever it is."""
    return hmac.compare_digest(mark(key, purpose, text).encode(), given.encode())
