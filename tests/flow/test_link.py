"""Linking: other flows become steps of this one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.flow.link import digest, link
from bot.flow.model import Kind
from bot.flow.reader import read_flows

OUTER = """
start = "ask"
[moved]
before = "ask"
[steps.ask]
enter = "inner"
next = "piece"
go = { later = "bye" }
[steps.piece]
include = "pieces/p"
next = "bye"
[steps.bye]
end = "done"
"""
INNER = """
start = "age"
[moved]
old = "age"
[steps.age]
ask = "number"
save = "age"
silence = { after = "1 day", to = "late" }
[[steps.age.branch]]
when = "age < 14"
to = "late"
[[steps.age.branch]]
to = "act"
[steps.act]
do = true
next = "fine"
stuck = { lost = "late" }
[steps.late]
end = "later"
picture = "late.svg"
[steps.fine]
end = "done"
suggest = "outer"
"""
PIECE = """
start = "sure"
[steps.sure]
ask = "choice"
save = "sure"
go = { yes = "on", no = "sure" }
[steps.on]
end = "done"
"""


@pytest.fixture
def flows(tmp_path):
    """The three flows by name."""
    (tmp_path / "pieces").mkdir()
    for name, text in (("outer", OUTER), ("inner", INNER), ("pieces/p", PIECE)):
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    found, problems = read_flows(tmp_path)
    assert problems == []
    return found


def test_no_step_enters_or_includes_any_more(flows):
    """A linked flow has only kinds the engine walks, and every target exists."""
    linked = link(flows["outer"], flows)
    assert not {step.kind for step in linked.steps.values()} & {Kind.ENTER, Kind.INCLUDE}
    for step in linked.steps.values():
        targets = {step.next, *step.go.values(), *step.stuck.values(), *(branch.to for branch in step.branches)}
        assert targets - {""} <= set(linked.steps)


def test_order_and_names(flows):
    """The other flow's steps follow the step that brought them, under its name."""
    assert list(link(flows["outer"], flows).steps) == [
        "ask", "ask/age", "ask/act", "ask/late", "ask/fine", "piece", "piece/sure", "piece/on", "bye",
    ]  # fmt: skip


def test_the_entering_step_is_a_fork_to_the_start(flows):
    """Step X says nothing itself and leads to the first step of the other flow."""
    step = link(flows["outer"], flows).steps["ask"]
    assert (step.kind, [branch.to for branch in step.branches], step.go) == (Kind.FORK, ["ask/age"], {})


def test_everything_inside_is_renamed(flows):
    """Targets, rules, saved names and silences of an entered guide bear its prefix; the words are its own."""
    steps = link(flows["outer"], flows).steps
    age, act = steps["ask/age"], steps["ask/act"]
    assert (age.name, age.text, age.save, age.scope) == ("ask/age", "inner/age", "ask/age", "ask/")
    assert (str(age.branches[0].rule), age.branches[0].to, age.silence.to) == ("ask/age < 14", "ask/late", "ask/late")
    assert (act.next, act.stuck) == ("ask/fine", {"lost": "ask/late"})


def test_ends_of_a_guide_are_said_and_lead_on(flows):
    """An end of the entered guide is heard, and leads where `go` says for its kind, else to `next`."""
    steps = link(flows["outer"], flows).steps
    late, fine = steps["ask/late"], steps["ask/fine"]
    assert (late.kind, late.next, late.end, late.picture) == (Kind.SAY, "bye", "", "late.svg")
    assert (fine.kind, fine.next, fine.suggest) == (Kind.SAY, "piece", "")


def test_a_piece_shares_its_names_and_ends_silently(flows):
    """What a piece saves has no prefix, and its end says nothing."""
    steps = link(flows["outer"], flows).steps
    assert (steps["piece/sure"].save, steps["piece/sure"].scope) == ("sure", "")
    assert (steps["piece/on"].kind, steps["piece/on"].branches[0].to) == (Kind.FORK, "bye")


def test_old_names_are_carried_over(flows):
    """A step renamed inside the entered guide is found from here too."""
    assert link(flows["outer"], flows).moved == {"before": "ask", "ask/old": "ask/age"}


def test_two_deep(flows):
    """A guide that enters a guide that includes a piece: prefixes add up, names of the piece stay with the guide."""
    top = replace(
        flows["outer"],
        name="top",
        start="ask",
        steps={"ask": replace(flows["outer"].steps["ask"], flow="outer", go={})},
    )
    steps = link(top, {**flows, "top": top}).steps
    assert steps["ask/ask/age"].save == "ask/ask/age"
    assert steps["ask/ask/age"].scope == "ask/ask/"
    assert (steps["ask/piece/sure"].save, steps["ask/piece/sure"].scope) == ("ask/sure", "ask/")


def test_unknown_and_circular_flows_lead_nowhere(flows):
    """A flow that is not there, or is on the way already, becomes a fork without a way; nothing recurses for ever."""
    outer = flows["outer"]
    ring = replace(
        flows["inner"], steps={**flows["inner"].steps, "age": replace(outer.steps["ask"], name="age", flow="outer")}
    )
    linked = link(outer, {"outer": outer, "inner": ring})
    assert (linked.steps["ask/age"].kind, linked.steps["ask/age"].branches) == (Kind.FORK, ())
    assert (linked.steps["piece"].kind, linked.steps["piece"].branches) == (Kind.FORK, ())
    itself = replace(outer, steps={**outer.steps, "ask": replace(outer.steps["ask"], flow="outer")})
    assert link(itself, {"outer": itself}).steps["ask"].branches == ()


def test_a_linked_flow_is_linked(flows):
    """Linking twice changes nothing."""
    once = link(flows["outer"], flows)
    assert link(once, flows) == once


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ('next = "fine"', 'next = "late"', True),
        ("age < 14", "age < 15", True),
        ("age < 14", "age<14", False),
        ('"1 day"', '"2 days"', True),
        ("[steps.act]", "# only a comment\n[steps.act]", False),
        ('picture = "late.svg"', 'picture = "other.svg"', False),
        ('old = "age"', 'older = "age"', True),
        ('end = "later"', 'end = "never"', True),
    ],
)
def test_digest(flows, tmp_path, before, after, changes):
    """The digest of a guide changes with the way through it, also inside an entered guide, and with nothing else."""
    old = link(flows["outer"], flows).digest
    (tmp_path / "inner.toml").write_text(INNER.replace(before, after), encoding="utf-8")
    edited, _ = read_flows(tmp_path)
    new = link(edited["outer"], edited)
    assert (new.digest != old) is changes
    assert new.digest == digest(new)
    assert len(new.digest) == 16
