"""Whatever the guide, whatever a person does and however it is edited: nobody raises and nobody is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from bot.engine import path
from bot.engine.event import Resumed, TimeCame, WentBack, local_day
from bot.engine.replay import replay
from bot.flow.model import QUESTIONS
from tests.kit.flows import Plan, edits, flow_of, linked, of_kind, plans, put_before, removed, renamed, written
from tests.kit.walker import Move, answer_of, answers_only, check, moves, turn, walk

if TYPE_CHECKING:
    from bot.engine.session import Session
    from bot.engine.turn import Turn
    from bot.flow.model import Flow

LATER = 10_000


@given(plans=plans())
def test_a_plan_is_what_the_reader_reads(plans: dict[str, Plan]) -> None:
    """The random flows of these tests are flows of real files."""
    others = {name.replace("/", "__"): written(plan) for name, plan in plans.items() if name != "probe"}
    read = flow_of(written(plans["probe"]), **others)
    made = linked(plans)
    assert made.digest == read.digest
    assert list(made.steps) == list(read.steps)


@given(plans=plans(), walked=moves)
def test_any_walk_is_sound(plans: dict[str, Plan], walked: list[Move]) -> None:
    """Every turn of every walk is total, deterministic, storable, and ends at a question or an end."""
    walk(linked(plans), walked)


@given(plans=plans(), walked=moves)
def test_replay_of_an_unchanged_flow_is_the_identity(plans: dict[str, Plan], walked: list[Move]) -> None:
    """Nothing moves where nothing was edited, on that day and years later."""
    flow = linked(plans)
    session, at = walk(flow, walked)
    assert replay(flow, session, local_day(at)) == session
    assert replay(flow, session, local_day(at + 3 * 365 * 86_400_000)) == session


@given(plans=plans(), walked=moves, which=st.integers(0, 11))
def test_back_undoes_exactly_one_answer(plans: dict[str, Plan], walked: list[Move], which: int) -> None:
    """After an answer and Back a person stands where they stood, with the visits they had."""
    flow = linked(plans)
    before, at = walk(flow, walked)
    answered = turn(flow, before, answer_of(flow, before, which, at + LATER)).session
    if len(answered.visits) == len(before.visits):  # no answer of that step, or the guide is over
        return
    back = turn(flow, answered, WentBack(at + 2 * LATER, answered.step)).session
    assert (back.step, back.visits, back.finished) == (before.step, before.visits, False)


@given(plans=plans(), walked=moves, steps=st.integers(0, 30))
def test_back_and_back_again_leads_to_the_start(plans: dict[str, Plan], walked: list[Move], steps: int) -> None:
    """Each Back takes one answer away, until none is left; then it stays."""
    flow = linked(plans)
    session, at = walk(flow, walked)
    for index in range(steps):
        left = max(0, len(session.visits) - 1)
        session = turn(flow, session, WentBack(at + (index + 1) * LATER, session.step)).session
        assert len(session.visits) == left


@given(plans=plans(), walked=moves)
def test_silence_never_reminds_more_than_twice(plans: dict[str, Plan], walked: list[Move]) -> None:
    """However often the time comes, a guide reminds at most twice."""
    flow = linked(plans)
    session, at = walk(flow, [move for move in walked if move[0] != "restart"])
    for index in range(5):
        session = turn(flow, session, TimeCame(at + index * LATER, session.step)).session
    assert session.reminders <= 2


@given(data=st.data(), plans=plans(), walked=moves, then=moves)
def test_any_edit_is_survived(
    data: st.DataObject, plans: dict[str, Plan], walked: list[Move], then: list[Move]
) -> None:
    """After any edits the person stands at a step of the new flow, keeps only true answers, and can walk on."""
    session, at = walk(linked(plans), walked)
    flow = linked(plans | {"probe": data.draw(edits(plans["probe"]))})
    happened = turn(flow, session, Resumed(at + LATER))
    holds(flow, happened)
    session = happened.session
    assert replay(flow, session, local_day(at)).step == session.step
    for move in then:
        at += LATER
        session = turn(flow, session, answer_of(flow, session, move[1], at)).session


@given(data=st.data(), plans=plans(), walked=answers_only)
def test_who_can_be_kept_is_kept(data: st.DataObject, plans: dict[str, Plan], walked: list[Move]) -> None:
    """Whose every answer still leads from step to step keeps all of them and the step."""
    session, at = walk(linked(plans), walked)
    flow = linked(plans | {"probe": data.draw(edits(plans["probe"]))})
    if not leads(flow, session):
        return
    kept = turn(flow, session, Resumed(at + LATER)).session
    assert kept.step == path.now_called(flow, session.step)
    assert [visit.answer for visit in kept.visits] == [visit.answer for visit in session.visits]


@given(data=st.data(), plans=plans(), walked=answers_only)
def test_a_rename_moves_nobody(data: st.DataObject, plans: dict[str, Plan], walked: list[Move]) -> None:
    """However many steps are renamed, some twice: everybody keeps their place and is not told of anything."""
    session, at = walk(linked(plans), walked)
    plan = plans["probe"]
    for index in range(3):
        plan = renamed(plan, data.draw(st.sampled_from(list(plan["steps"]))), f"n{index}")
    flow = linked(plans | {"probe": plan})
    happened = turn(flow, session, Resumed(at + LATER))
    assert happened.session.step == path.now_called(flow, session.step)
    assert len(happened.session.visits) == len(session.visits)
    assert len(happened.effects) <= 2


@given(data=st.data(), plans=plans(), walked=answers_only)
def test_an_action_put_in_earlier_is_passed_over(
    data: st.DataObject, plans: dict[str, Plan], walked: list[Move]
) -> None:
    """A new action before any step leaves everybody where they stand, with all their answers."""
    session, at = walk(linked(plans), walked)
    plan = put_before(plans["probe"], data.draw(st.sampled_from(list(plans["probe"]["steps"]))), "new", {"do": True})
    flow = linked(plans | {"probe": plan})
    kept = turn(flow, session, Resumed(at + LATER)).session
    assert (kept.step, kept.visits) == (session.step, session.visits)


@given(data=st.data(), plans=plans(), walked=answers_only)
def test_a_step_nobody_answered_can_go(data: st.DataObject, plans: dict[str, Plan], walked: list[Move]) -> None:
    """Removing a step that speaks, or that the person never came to, moves nobody."""
    session, at = walk(linked(plans), walked)
    seen = {visit.step.partition("/")[0] for visit in session.visits} | {session.step.partition("/")[0]}
    others = [name for name in plans["probe"]["steps"] if name not in seen]
    if not others:
        return
    gone = data.draw(st.sampled_from(others))
    if {"branch", "enter", "include"} & plans["probe"]["steps"][gone].keys():  # more than one way went with it
        return
    flow = linked(plans | {"probe": removed(plans["probe"], gone)})
    kept = turn(flow, session, Resumed(at + LATER)).session
    assert (kept.step, kept.visits) == (session.step, session.visits)


@given(plans=plans(), walked=answers_only)
def test_a_step_of_another_kind_keeps_what_came_before(plans: dict[str, Plan], walked: list[Move]) -> None:
    """When the step a person stands on asks something else, they are asked that, with all earlier answers kept."""
    session, at = walk(linked(plans), walked)
    if session.finished or "/" in session.step or session.step in {visit.step for visit in session.visits}:
        return
    flow = linked(plans | {"probe": of_kind(plans["probe"], session.step, "phone")})
    kept = turn(flow, session, Resumed(at + LATER)).session
    assert (kept.step, kept.visits) == (session.step, session.visits)


def holds(flow: Flow, happened: Turn) -> None:
    """The turn is sound, and the kept visits are true of the new flow: each is a question and an answer of it."""
    check(flow, happened)
    for visit in happened.session.visits:
        step = flow.steps[visit.step]
        assert step.kind in QUESTIONS
        assert path.fits(step, visit.answer)


def leads(flow: Flow, session: Session) -> bool:
    """Whether the visits, one after the other and none left out, lead through `flow` to where the person stands."""
    name = path.way_on(flow, flow.start, {}, local_day(session.since)).step
    for index, visit in enumerate(session.visits):
        saved = path.values(flow, [v for v in session.visits[: index + 1] if v.step in flow.steps])
        if path.now_called(flow, visit.step) != name:
            return False
        there = path.after(flow, name, visit.answer, saved, local_day(visit.at))
        if there is None:
            return False
        name = path.way_on(flow, there, saved, local_day(visit.at)).step
    return name == path.now_called(flow, session.step)
