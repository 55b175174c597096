"""A guide is edited while somebody is inside: they keep what still holds, and are told when their place moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.engine.effect import Show, Tell
from bot.engine.event import AskedAgain, Event, Picked, Said, Started, Stopped, TimeCame, local_day
from bot.engine.replay import replay
from bot.engine.turn import Turn, take_turn
from tests.kit.clock import DAY, MINUTE, MORNING
from tests.kit.flows import flow_of
from tests.kit.walker import turn

if TYPE_CHECKING:
    from bot.engine.session import Session

BEFORE = """
start = "card"
[steps.card]
ask = "choice"
[steps.card.go]
begin = "age"
later = "later"
[steps.age]
ask = "number"
save = "age"
next = "sort"
[steps.sort]
[[steps.sort.branch]]
when = "age < 14"
to = "child"
[[steps.sort.branch]]
to = "grown"
[steps.child]
do = true
next = "last"
[steps.grown]
do = true
next = "last"
[steps.last]
do = true
next = "over"
[steps.over]
end = "done"
[steps.later]
end = "later"
"""


def person(answers: list[str]) -> Session:
    """Somebody who has given these answers in the guide as it was."""
    flow = flow_of(BEFORE)
    session = turn(flow, None, Started(MORNING)).session
    for index, answer in enumerate(answers, 1):
        at = MORNING + index * MINUTE
        event = Said(at, answer) if flow.steps[session.step].kind == "number" else Picked(at, session.step, answer)
        session = turn(flow, session, event).session
    return session


def now(*changes: tuple[str, str]) -> str:
    """The guide after these changes of its text."""
    text = BEFORE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


NEW_ACTION = '[steps.extra]\ndo = true\nnext = "%s"\n'


@pytest.mark.parametrize(
    ("answers", "toml", "step", "kept", "told"),
    [
        pytest.param(
            ["begin", "60"], now(("grown", "adult")) + "[moved]\ngrown = 'adult'\n", "adult", 2, False, id="renamed"
        ),
        pytest.param(
            ["begin", "60", "done"],
            now(("grown", "adult")) + "[moved]\ngrown = 'adult'\n",
            "last",
            3,
            False,
            id="renamed behind",
        ),
        pytest.param(["begin", "60"], now(("grown", "adult")), "adult", 2, True, id="renamed silently"),
        pytest.param(
            ["begin", "60", "done"],
            now(('to = "grown"', 'to = "last"'), ('[steps.grown]\ndo = true\nnext = "last"\n', "")),
            "last",
            2,
            True,
            id="an answered step is gone",
        ),
        pytest.param(
            ["begin", "60"],
            now(('to = "grown"', 'to = "last"'), ('[steps.grown]\ndo = true\nnext = "last"\n', "")),
            "last",
            2,
            True,
            id="the open step is gone",
        ),
        pytest.param(
            ["begin", "60", "done"],
            now(('to = "grown"', 'to = "extra"')) + NEW_ACTION % "grown",
            "last",
            3,
            False,
            id="an action put in behind",
        ),
        pytest.param(
            ["begin", "60"],
            now(('to = "grown"', 'to = "extra"')) + NEW_ACTION % "grown",
            "grown",
            2,
            False,
            id="an action put in right before",
        ),
        pytest.param(
            ["begin", "60", "done"],
            now(('next = "sort"', 'next = "extra"')) + NEW_ACTION % "sort",
            "last",
            3,
            False,
            id="an action put in before a fork",
        ),
        pytest.param(
            ["begin", "13", "done"],
            now(('next = "sort"', 'next = "extra"')) + NEW_ACTION % "sort",
            "last",
            3,
            False,
            id="an action put in before a fork, the other way",
        ),
        pytest.param(
            ["begin", "60", "done"],
            now(('to = "grown"', 'to = "extra"')) + '[steps.extra]\nask = "text"\nnext = "grown"\n',
            "extra",
            2,
            True,
            id="a question put in behind",
        ),
        pytest.param(
            ["begin", "60", "done"],
            now(('begin = "age"', 'start_now = "age"')),
            "card",
            0,
            True,
            id="the chosen answer is gone",
        ),
        pytest.param(["begin", "13"], now(("age < 14", "age < 12")), "grown", 2, True, id="a condition changed"),
        pytest.param(
            ["begin", "60", "done"],
            now(("age < 14", "age < 12")),
            "last",
            3,
            False,
            id="a condition that changes nothing",
        ),
        pytest.param(
            ["begin", "60"],
            now(('save = "age"', 'save = "age"\nmax = 50')),
            "age",
            1,
            True,
            id="the answer no longer fits",
        ),
        pytest.param(
            ["begin", "60", "done"],
            now(("[steps.grown]\ndo = true\nnext", '[steps.grown]\nask = "text"\nnext')),
            "last",
            3,
            False,
            id="another kind that takes the answer",
        ),
        pytest.param(
            ["begin", "60", "done"],
            now(("[steps.grown]\ndo = true\nnext", '[steps.grown]\nask = "date"\nnext')),
            "grown",
            2,
            True,
            id="another kind",
        ),
        pytest.param(
            ["begin", "60"],
            now(("[steps.grown]\ndo = true\nnext", '[steps.grown]\nask = "date"\nnext')),
            "grown",
            2,
            False,
            id="the open step asks something else",
        ),
    ],
)
def test_the_longest_part_that_holds_is_kept(answers: list[str], toml: str, step: str, kept: int, told: bool) -> None:
    """Step by step through the guide as it is now, with the answers of then."""
    session = person(answers)
    resumed = turn(flow_of(toml), session, AskedAgain(MORNING + DAY))
    assert (resumed.session.step, len(resumed.session.visits)) == (step, kept)
    assert (resumed.effects[0] == Tell("changed")) == told
    assert isinstance(resumed.effects[-2], Show)
    assert resumed.effects[-2].step == step


@pytest.mark.parametrize("event", [Picked(MORNING + DAY, "grown", "done"), TimeCame(MORNING + DAY, "grown")])
def test_an_event_of_before_the_edit_still_counts(event: Event) -> None:
    """The button of the renamed step answers the step as it is called now."""
    flow = flow_of(now(("grown", "adult")) + "[moved]\ngrown = 'adult'\n")
    happened = turn(flow, person(["begin", "60"]), event)
    assert happened.session.step == ("last" if isinstance(event, Picked) else "adult")
    assert Tell("changed") not in happened.effects


def test_a_button_of_a_step_that_is_gone_explains_itself() -> None:
    """The person hears that the guide has changed and where they are now."""
    flow = flow_of(now(('to = "grown"', 'to = "last"'), ('[steps.grown]\ndo = true\nnext = "last"\n', "")))
    happened = turn(flow, person(["begin", "60"]), Picked(MORNING + DAY, "grown", "done"))
    assert happened.session.step == "last"
    assert Tell("stale", "last", ("stay",)) in happened.effects
    assert Tell("changed") in happened.effects


def test_a_time_of_a_step_that_is_gone_disturbs_nobody() -> None:
    """Nothing is said unasked; the change is told when the person comes back."""
    flow = flow_of(now(("grown", "adult")))
    session = person(["begin", "60"])
    silent = take_turn(flow, session, TimeCame(MORNING + DAY, "grown"))
    assert silent == Turn(session, ())
    assert turn(flow, silent.session, AskedAgain(MORNING + 2 * DAY)).effects[0] == Tell("changed")


def test_a_person_is_told_once() -> None:
    """The next turn says nothing of the change."""
    flow = flow_of(now(("grown", "adult")))
    first = turn(flow, person(["begin", "60"]), AskedAgain(MORNING + DAY))
    second = turn(flow, first.session, AskedAgain(MORNING + DAY + MINUTE))
    assert Tell("changed") in first.effects
    assert Tell("changed") not in second.effects


def test_who_has_finished_stays_finished() -> None:
    """An action put in later calls nobody back."""
    flow = flow_of(now(('next = "over"', 'next = "extra"')) + NEW_ACTION % "over")
    session = person(["begin", "60", "done", "done"])
    assert session.finished
    kept = turn(flow, session, Stopped(MORNING + DAY)).session
    assert (kept.step, kept.finished) == ("over", True)


def test_a_condition_on_today_is_asked_of_that_day() -> None:
    """Who was thirteen when they passed a fork keeps their way after their birthday."""
    toml = BEFORE.replace('ask = "number"', 'ask = "date"').replace("age < 14", "years_since(age) < 14")
    flow = flow_of(toml)
    session = turn(flow, None, Started(MORNING)).session
    session = turn(flow, session, Picked(MORNING + 1, "card", "begin")).session
    session = turn(flow, session, Said(MORNING + 2, "25/11/2012")).session
    assert session.step == "child"
    edited = flow_of(toml.replace('next = "over"', 'next = "extra"') + NEW_ACTION % "over")
    assert turn(edited, session, AskedAgain(MORNING + 400 * DAY)).session.step == "child"
    assert replay(flow, session, local_day(MORNING + 400 * DAY)) == session


def test_an_entered_guide_may_be_renamed() -> None:
    """Who stands inside a guide entered by a renamed step keeps their place there."""
    outer = 'start="a"\n[steps.a]\nenter="side"\nnext="z"\n[steps.z]\nend="done"\n'
    side = 'start="q"\n[steps.q]\ndo=true\nnext="r"\n[steps.r]\ndo=true\nnext="e"\n[steps.e]\nend="done"\n'
    flow = flow_of(outer, side=side)
    session = turn(flow, None, Started(MORNING)).session
    session = turn(flow, session, Picked(MORNING + 1, "a/q", "done")).session
    edited = flow_of(outer.replace("steps.a", "steps.b").replace('"a"', '"b"') + "[moved]\na='b'\n", side=side)
    happened = turn(edited, session, AskedAgain(MORNING + DAY))
    assert (happened.session.step, [v.step for v in happened.session.visits]) == ("b/r", ["b/q"])
    assert Tell("changed") not in happened.effects


@pytest.mark.parametrize("renamed", [(), ("grown", "adult"), ("last", "final")])
def test_a_double_tap_across_an_edit_is_one_tap(renamed: tuple[str, ...]) -> None:
    """The second tap finds an edited guide, and still changes nothing."""
    toml = now(('next = "over"', 'next = "extra"')) + NEW_ACTION % "over"
    if renamed:
        old, new = renamed
        toml = toml.replace(f'"{old}"', f'"{new}"').replace(f"steps.{old}]", f"steps.{new}]")
        toml += f'[moved]\n{old} = "{new}"\n'
    session = person(["begin", "60", "done"])
    again = turn(flow_of(toml), session, Picked(session.since + 1, "grown", "done"))
    assert (len(again.session.visits), again.effects) == (3, ())
