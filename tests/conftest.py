"""What all tests share: how many examples the properties try, and the flag that rewrites transcripts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import pytest

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

# The same examples in every run: a red test is red again on the next machine. The long profile looks for new ones.
settings.register_profile("short", max_examples=60, derandomize=True, deadline=None, suppress_health_check=SLOW)
settings.register_profile("long", max_examples=3_000, deadline=None, suppress_health_check=SLOW, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --write-talks` rewrites what the bot says in tests/talks."""
    parser.addoption("--write-talks", action="store_true", help="rewrite the bot's lines in tests/talks")
