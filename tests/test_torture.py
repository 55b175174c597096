"""The short version of `make torture`: a few kills, and a model that would notice."""

from __future__ import annotations

import pytest

from tests.kit.torture import Plan, torture


@pytest.mark.xdist_group("torture")
async def test_killed_at_random_moments_the_bot_loses_nothing_and_doubles_only_what_was_in_flight():
    """Three kills while thirty people talk: inbox, places, journal, jobs and messages are those of the model."""
    outcome = await torture(Plan(kills=3, people=30, seed=20261123, seconds=1.5, thinking=1.2))
    assert outcome.breaches == [], outcome.numbers
    assert int(outcome.numbers["updates accepted"]) > 20
