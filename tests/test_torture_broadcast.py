"""The short version of the kill test of broadcasts in `make torture`."""

from __future__ import annotations

import pytest

from tests.kit.torture_broadcast import Hardship, torture


@pytest.mark.xdist_group("torture")
async def test_killed_in_the_middle_of_a_broadcast_nobody_is_forgotten_and_nobody_gets_it_twice():
    """Two kills while 400 people are sent to: one state each, once each, and a bounded number in doubt."""
    outcome = await torture(Hardship(kills=2, people=400, rate=400, seed=20261123, seconds=0.4))
    assert outcome.breaches == [], outcome.numbers
    assert int(outcome.numbers["sent"]) > 100
