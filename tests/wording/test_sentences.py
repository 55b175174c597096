"""The list of sentences the bot says by itself is complete."""

from __future__ import annotations

import re
from pathlib import Path

from bot.meaning.secrets import Secret
from bot.wording import sentences

ROOT = Path(__file__).parent.parent.parent


def test_every_secret_has_a_sentence() -> None:
    """Each kind of secret is answered with a sentence of its own."""
    assert {f"secret_{kind}" for kind in Secret} <= set(sentences.SENTENCES)


def test_every_sentence_the_code_says_is_listed() -> None:
    """What the code tells by name stands in the list, so that the checker looks for it."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for room in ("engine", "service")
        for path in (ROOT / "bot" / room).glob("*.py")
    )
    told = set(re.findall(r'(?:Tell|\.tell)\(\s*"([a-z_]+)"', code))
    assert len(told) > 15
    assert told <= set(sentences.SENTENCES)
