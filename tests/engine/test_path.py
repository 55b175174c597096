"""Ways through a flow: how far along a person is, and how a link opens a guide in the middle."""

from __future__ import annotations

import pytest

from bot.engine import path
from bot.engine.event import Picked, Said, Started, local_day
from bot.engine.session import Session, Visit
from tests.kit.clock import MORNING
from tests.kit.flows import flow_of
from tests.kit.walker import turn

TODAY = local_day(MORNING)

ERRAND = """
start = "card"
[steps.card]
ask = "choice"
[steps.card.go]
begin = "first"
later = "later"
[steps.first]
do = true
next = "age"
[steps.first.stuck]
lost = "fix"
broken = "repair"
[steps.fix]
say = true
next = "first"
[steps.repair]
do = true
next = "repaired"
[steps.repaired]
do = true
next = "first"
[steps.age]
ask = "number"
save = "age"
next = "sort"
[steps.sort]
[[steps.sort.branch]]
when = "age < 14"
to = "child"
[[steps.sort.branch]]
to = "last"
[steps.child]
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


@pytest.mark.parametrize(
    ("step", "counted"),
    [
        ("card", None),
        ("first", (1, 3)),
        ("age", (2, 3)),
        ("last", (3, 3)),
        ("child", None),
        ("repair", None),
        ("over", None),
    ],
)
def test_progress(step: str, counted: tuple[int, int] | None) -> None:
    """The card, a detour and the end have no number; the main way is counted after the card."""
    assert path.progress(flow_of(ERRAND), (), step) == counted


def test_progress_never_runs_backwards_on_the_main_way() -> None:
    """Each answer on the main way raises the count by one, the total stays."""
    flow = flow_of(ERRAND)
    session = turn(flow, None, Started(MORNING)).session
    counts = []
    for index, answer in enumerate(["begin", "done", "60", "done"]):
        at = MORNING + index * 60_000
        event = Said(at, answer) if flow.steps[session.step].kind == "number" else Picked(at, session.step, answer)
        session = turn(flow, session, event).session
        counts.append(path.progress(flow, session.visits, session.step))
    assert counts == [(1, 3), (2, 3), (3, 3), None]


def test_progress_on_a_way_of_its_own() -> None:
    """A person whose way never comes back to the main one is counted on their own way."""
    flow = flow_of(
        """
        start = "card"
        [steps.card]
        ask = "choice"
        [steps.card.go]
        usual = "a"
        market = "b"
        [steps.a]
        do = true
        next = "over"
        [steps.b]
        do = true
        next = "c"
        [steps.c]
        do = true
        next = "over_too"
        [steps.over]
        end = "done"
        [steps.over_too]
        end = "done"
        """
    )
    visits = (Visit("card", "market", 0), Visit("b", "done", 0))
    assert path.progress(flow, visits[:1], "b") == (1, 2)
    assert path.progress(flow, visits, "c") == (2, 2)


def test_the_main_way() -> None:
    """First answers and plain branches lead to the end, or the branch that the person's answers have decided."""
    usual = ["card", "first", "age", "last"]
    assert path.main_way(flow_of(ERRAND), "card", {}, TODAY) == usual
    assert path.main_way(flow_of(ERRAND), "card", {"age": 60}, TODAY) == usual
    assert path.main_way(flow_of(ERRAND), "card", {"age": 12}, TODAY) == ["card", "first", "age", "child", "last"]


def test_what_is_not_known_yet_decides_nothing() -> None:
    """A condition turned round is no answer: the plain branch is the usual way until the person has spoken."""
    flow = flow_of(ERRAND.replace("age < 14", "not age > 13"))
    assert "child" not in path.main_way(flow, "card", {}, TODAY)
    assert "child" in path.main_way(flow, "card", {"age": 12}, TODAY)


def test_progress_counts_what_is_decided_already() -> None:
    """Whose answer leads to one more step is told so at once, not when the count is full."""
    visits = (Visit("card", "begin", MORNING), Visit("first", "done", MORNING), Visit("age", "12", MORNING))
    assert path.progress(flow_of(ERRAND), visits, "child") == (3, 4)
    assert path.progress(flow_of(ERRAND), visits, "last") == (4, 4)
    assert path.progress(flow_of(ERRAND), visits[:2], "age") == (2, 3)


@pytest.mark.parametrize(
    ("target", "answers"),
    [
        ("card", []),
        ("first", ["begin"]),
        ("age", ["begin", "done"]),
        ("repaired", ["begin", "stuck:broken", "done"]),
        ("last", None),
        ("fix", None),
    ],
)
def test_the_shortest_way_to_a_step(target: str, answers: list[str] | None) -> None:
    """By the fewest taps; a step behind a typed answer cannot be opened directly."""
    visits = path.path_to(flow_of(ERRAND), target, MORNING, TODAY)
    assert (None if visits is None else [visit.answer for visit in visits]) == answers


def test_a_link_behind_a_condition_takes_the_answer_that_leads_there() -> None:
    """The answers on the way are kept as if given, so that conditions hold."""
    flow = flow_of(
        """
        start = "card"
        [steps.card]
        ask = "choice"
        save = "place"
        [steps.card.go]
        house = "sort"
        market = "sort"
        [steps.sort]
        [[steps.sort.branch]]
        when = 'place == "market"'
        to = "stall"
        [[steps.sort.branch]]
        to = "door"
        [steps.stall]
        do = true
        next = "over"
        [steps.door]
        do = true
        next = "over"
        [steps.over]
        end = "done"
        """
    )
    visits = path.path_to(flow, "stall", MORNING, TODAY)
    assert visits is not None
    assert path.values(flow, visits) == {"place": "market"}


def test_a_circle_ends_at_the_ceiling() -> None:
    """Should a circle without a question ever get through, a turn still ends."""
    flow = flow_of('start = "a"\n[steps.a]\nsay = true\nnext = "b"\n[steps.b]\nsay = true\nnext = "a"\n')
    way = path.way_on(flow, "a", {}, TODAY)
    assert len(way.said) == path.CEILING == 100


def test_a_hundred_steps_are_said_in_one_turn() -> None:
    """A guide may say many things in a row before it asks."""
    count = 99
    steps = "".join(f'[steps.s{i}]\nsay = true\nnext = "s{i + 1}"\n' for i in range(count))
    flow = flow_of(f'start = "s0"\n{steps}[steps.s{count}]\nend = "done"\n')
    assert turn(flow, None, Started(MORNING)).session.step == f"s{count}"


@pytest.mark.parametrize(
    ("step", "answer", "fits"),
    [
        ("card", "begin", True),
        ("card", "nowhere", False),
        ("first", "done", True),
        ("first", "stuck:lost", True),
        ("first", "stuck:nothing", False),
        ("first", "not_yet", False),
        ("first", "silence", False),
        ("age", "60", True),
        ("age", "sixty", False),
        ("age", "060", False),
        ("fix", "done", False),
        ("over", "done", False),
    ],
)
def test_what_fits(step: str, answer: str, fits: bool) -> None:
    """Only canonical answers of the step as it is lead on."""
    assert path.fits(flow_of(ERRAND).steps[step], answer) == fits
    assert (path.after(flow_of(ERRAND), step, answer, {}, TODAY) is not None) == fits


def test_values_are_of_the_last_answer() -> None:
    """Who answers anew has the new value; a silence saves nothing."""
    flow = flow_of(ERRAND)
    visits = [Visit("age", "12", 0), Visit("age", "60", 1), Visit("age", "silence", 2), Visit("gone", "x", 3)]
    assert path.values(flow, visits) == {"age": 60}


def test_an_old_name_of_an_old_name_is_followed() -> None:
    """A step renamed twice, also inside an entered guide, is found; a circle of names ends."""
    flow = flow_of(ERRAND + "[moved]\na = 'b'\nb = 'first'\nx = 'y'\ny = 'x'\n")
    assert path.now_called(flow, "a") == "first"
    assert path.now_called(flow, "a/inner") == "first/inner"
    assert path.now_called(flow, "unknown") == "unknown"
    assert path.now_called(flow, "x") in {"x", "y"}


def test_a_session_knows_nothing_but_its_visits() -> None:
    """The JSON of a session holds the visits, the position and what was sent, and nothing derived."""
    session = Session("probe", "d", "age", 5, (Visit("card", "begin", 1),), Visit("card", "begin", 1), 1, True)
    assert Session.from_json(session.to_json()) == session
    assert set(session.to_json()) == {
        *("flow", "digest", "step", "since", "visits", "last", "reminders", "muted", "finished")
    }
