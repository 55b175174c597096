"""The order of a printed guide: every step gets one number, every way on leads to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given

from bot.flow.link import link
from bot.flow.model import QUESTIONS, Kind
from bot.handout.way import Course, Entered, Way, course
from tests.kit.flows import built, flow_of, plans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.flow.model import Flow


def ways(printed: Course) -> Iterator[Way]:
    """Every way of a course, and all that those split into."""
    everything = [*printed.steps, *([printed.opening] if printed.opening else [])]
    todo = [printed.before, *(way for each in everything for way in (each.on, *each.choices, *each.stuck) if way)]
    while todo:
        way = todo.pop()
        yield way
        todo += [split.way for split in way.splits]
        todo += [each.otherwise for each in way.read if isinstance(each, Entered) and each.otherwise]


def numbers(printed: Course) -> dict[str, int]:
    """The number of every step."""
    return {each.step.name: each.number for each in printed.steps}


def reached(flow: Flow, guides: dict[str, Flow]) -> set[str]:
    """The steps of this flow and its pieces that a person can come to without leaving for another guide."""
    found: set[str] = set()
    todo = [flow.start]
    while todo:
        name = todo.pop()
        if not name or name in found:
            continue
        found.add(name)
        step = flow.steps[name]
        targets = [step.next, *step.go.values(), *step.stuck.values(), *(branch.to for branch in step.branches)]
        inner = [to for to in targets if to.startswith(f"{name}/")]
        guide = flow.steps[inner[0]].text.rpartition("/")[0] if inner and step.kind is Kind.FORK else ""
        if guide in guides:
            targets = [
                flow.steps[f"{name}/{end.name}"].next for end in guides[guide].steps.values() if end.kind is Kind.END
            ]
        todo += targets
    return found


@given(plans())
def test_every_step_is_printed_once_and_every_way_leads_to_a_number(plan):
    """Whatever the flow: nothing that asks is lost or printed twice, no way leads nowhere, what is said is read."""
    flows = {name: built(name, each) for name, each in plan.items()}
    guides = {name: link(flows[name], flows) for name in ("probe", "side")}
    flow = guides["probe"]
    printed = course(flow, guides)
    numbered = [each.step.name for each in printed.steps]
    there = reached(flow, guides)
    opening = {printed.opening.step.name} if printed.opening else set()
    assert sorted([*numbered, *opening]) == sorted(name for name in there if flow.steps[name].kind in QUESTIONS)
    assert [each.number for each in printed.steps] == list(range(1, len(numbered) + 1))
    read = set()
    for way in ways(printed):
        assert not way.to or way.to in {*numbered, *opening}
        read |= {each.name for each in way.read if not isinstance(each, Entered)}
    assert read == {name for name in there if flow.steps[name].kind in {Kind.SAY, Kind.END}}


STRAIGHT = """
start = "card"
[steps.card]
ask = "choice"
go = {begin = "open", later = "later"}
[steps.open]
do = true
next = "read"
stuck = {lost = "fix", old = "shop"}
[steps.fix]
say = true
next = "open"
[steps.read]
ask = "choice"
go = {fine = "finished", torn = "shop"}
[steps.shop]
do = true
next = "thanks"
[steps.thanks]
say = true
next = "finished"
[steps.finished]
end = "done"
[steps.later]
end = "later"
"""


def test_the_straight_way_comes_first_and_what_leaves_it_after():
    """The opening card has no number; the shop is a line of its own, left for at the first step that leads there."""
    printed = course(flow := flow_of(STRAIGHT), {flow.name: flow})
    assert printed.opening is not None
    assert printed.opening.step.name == "card"
    assert numbers(printed) == {"open": 1, "read": 2, "shop": 3}
    shop = printed.steps[2]
    assert (shop.leaving, shop.line and shop.line.answer) == ("open", "old")
    assert [each.line for each in printed.steps[:2]] == [None, None]


def test_what_is_only_said_is_read_on_the_way():
    """A fix stands in the step it helps with and leads back; an end is the end of a way."""
    printed = course(flow := flow_of(STRAIGHT), {flow.name: flow})
    first, second, third = printed.steps
    fix, shop = first.stuck
    assert ([each.name for each in fix.read], fix.to) == (["fix"], "open")
    assert (shop.read, shop.to) == ((), "shop")
    assert ([each.name for each in second.choices[0].read], second.choices[0].to) == (["finished"], "")
    assert third.on is not None
    assert [each.name for each in third.on.read] == ["thanks", "finished"]


def test_a_piece_is_printed_and_another_guide_is_named():
    """The steps of a piece are there; of an entered guide only its name, and where to go when it did not end well."""
    side = 'start = "a"\n[steps.a]\ndo = true\nnext = "end"\n[steps.end]\nend = "done"\n[steps.no]\nend = "later"'
    part = 'start = "p"\n[steps.p]\ndo = true\nnext = "out"\n[steps.out]\nend = "done"'
    probe = """
    start = "one"
    [steps.one]
    do = true
    next = "other"
    [steps.other]
    enter = "side"
    next = "shared"
    go = {later = "sorry"}
    [steps.shared]
    include = "pieces/part"
    next = "finished"
    [steps.finished]
    end = "done"
    [steps.sorry]
    end = "later"
    """
    flow = flow_of(probe, side=side, pieces__part=part)
    printed = course(flow, {"probe": flow, "side": flow_of(side)})
    assert printed.opening is None
    assert numbers(printed) == {"one": 1, "shared/p": 2}
    on = printed.steps[0].on
    assert on is not None
    [entered] = on.read
    assert isinstance(entered, Entered)
    assert (entered.guide, on.to) == ("side", "shared/p")
    assert entered.otherwise is not None
    assert [each.name for each in entered.otherwise.read] == ["sorry"]


def test_an_answer_given_before_splits_a_way():
    """Every branch is a way of its own, with its condition; the one without is the usual one."""
    probe = """
    start = "which"
    [steps.which]
    ask = "choice"
    save = "kind"
    go = {a = "act", b = "act"}
    [steps.act]
    do = true
    branch = [{when = "kind == 'b'", to = "extra"}, {to = "finished"}]
    [steps.extra]
    do = true
    next = "finished"
    [steps.finished]
    end = "done"
    """
    printed = course(flow := flow_of(probe), {flow.name: flow})
    on = printed.steps[0].on
    assert on is not None
    assert [(str(split.rule or ""), split.way.to) for split in on.splits] == [('kind == "b"', "extra"), ("", "")]
    assert numbers(printed) == {"act": 1, "extra": 2}
