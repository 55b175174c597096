"""The short version of what `make torture` does to three bots on one PostgreSQL database."""

from __future__ import annotations

import pytest

from tests.kit.torture import Plan
from tests.kit.torture_broadcast import Hardship
from tests.kit.torture_several import HARMS, several, several_send

pytestmark = pytest.mark.xdist_group("torture")


async def test_whatever_happens_to_three_bots_nothing_is_lost_and_no_two_act_for_one_chat(server):
    """A kill, a clock an hour wrong, a pause, a lost connection, a server that falls over: all is as the model says."""
    harms = [harm for harm in HARMS if harm != "kill"]  # whose clock is wrong afterwards has been killed before
    plan = Plan(kills=len(harms), people=16, seed=20261123, seconds=0.8, thinking=2.0)
    outcome, ran = await several(plan, harms, 3.0, server)
    assert outcome.breaches == [], outcome.numbers
    assert set(ran.happened) == set(harms)
    assert int(outcome.numbers["updates accepted"]) > 60


async def test_who_sends_a_broadcast_is_killed_and_another_goes_on(server):
    """600 people, the sender killed: one state each, nobody twice, a bounded number in doubt."""
    outcome, ran = await several_send(Hardship(kills=1, people=600, rate=100, seed=20261123, seconds=1.0), server)
    assert outcome.breaches == [], outcome.numbers
    assert int(outcome.numbers["sent"]) > 500
    assert ran.killed_senders == 1
