"""The reader: what a file says, and that the documentation names every key."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from bot.flow.functions import FUNCTIONS
from bot.flow.model import Kind
from bot.flow.reader import KEYS, MOST_ANSWERS, SOURCE_KEYS, STEP_KEYS, read_duration, read_flow, read_flows

DOCS = (Path(__file__).parents[2] / "docs" / "flow-file.md").read_text("utf-8")

FULL = """
start = "choose"
topics = ["one", "two"]
menu = 3
alarm = true
review_by = 2027-03-01
[[source]]
url = "https://vneid.gov.vn"
checked = 2026-11-01
note = "a note"
[moved]
old = "choose"
[steps.choose]
ask = "choice"
save = "wish"
private = true
picture = "a.svg"
voice = "a.ogg"
[steps.choose.go]
b = "act"
a = "age"
[steps.choose.silence]
after = "2 days"
to = "late"
[steps.age]
ask = "number"
min = 1.5
max = 120
save = "age"
[[steps.age.branch]]
when = "age < 14"
to = "act"
[[steps.age.branch]]
to = "other"
[steps.act]
do = true
next = "other"
stuck = { lost = "age" }
[steps.act.silence]
after = "30 minutes"
[steps.other]
enter = "second"
next = "late"
go = { done = "late" }
[steps.late]
end = "later"
suggest = "second"
"""


def read(tmp_path, text, name="first"):
    """The flow and the problems of a text."""
    path = tmp_path / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read_flow(path, tmp_path)


def test_every_key_arrives(tmp_path):
    """Each key of a file fills its field, in the file's order, with its place."""
    flow, problems = read(tmp_path, FULL)
    assert problems == []
    assert (flow.name, flow.start, flow.topics, flow.menu, flow.alarm) == ("first", "choose", ("one", "two"), 3, True)
    assert (flow.review_by, flow.moved, flow.sources[0].note) == (date(2027, 3, 1), {"old": "choose"}, "a note")
    choose, age, act, other, late = flow.steps.values()
    assert (choose.kind, list(choose.go.items())) == (Kind.CHOICE, [("b", "act"), ("a", "age")])
    assert (choose.save, choose.private, choose.picture, choose.voice) == ("wish", True, "a.svg", "a.ogg")
    assert (choose.silence.after, choose.silence.to, choose.text) == (172_800, "late", "first/choose")
    assert (age.kind, age.min, age.max, str(age.branches[0].rule)) == (Kind.NUMBER, 1.5, 120, "age < 14")
    assert (act.stuck, act.silence.after, act.silence.to) == ({"lost": "age"}, 1800, "")
    assert (other.kind, other.flow, other.go) == (Kind.ENTER, "second", {"done": "late"})
    assert (late.end, late.suggest) == ("later", "second")
    assert (choose.place.line, choose.places["go.b"].line, age.places["branch.0.when"].line) == (13, 20, 31)
    assert flow.places["moved.old"].line == 12


def test_documentation_names_every_key():
    """Each key the reader knows has a heading in docs/flow-file.md, and each heading there is a key."""
    assert set(re.findall(r"^### `(\w+)`$", DOCS, re.MULTILINE)) == KEYS


def test_documentation_names_the_keys_of_a_source():
    """The keys of a source stand under its heading."""
    section = re.search(r"^### `source`\n(.*?)^###", DOCS, re.MULTILINE | re.DOTALL)[1]
    assert all(f"`{key}`" in section for key in SOURCE_KEYS)


def test_documentation_names_every_function():
    """Each function of conditions is described, and no other."""
    section = DOCS.split("\n## Functions\n")[1]
    assert set(re.findall(r"`(\w+)\(", section)) == set(FUNCTIONS)


def test_every_kind_has_its_keys():
    """No kind of step is forgotten in the table of keys."""
    assert set(STEP_KEYS) == set(Kind)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1 minute", 60),
        ("30 minutes", 1800),
        ("6 hours", 21_600),
        ("2 days", 172_800),
        ("1 week", 604_800),
        ("0 days", None),
        ("400 days", None),
        ("two days", None),
        ("2days", None),
        ("2 days ", None),
        ("-1 days", None),
    ],
)
def test_durations(text, seconds):
    """A duration is a number and a unit, up to a year."""
    assert read_duration(text) == seconds


def test_a_misspelt_key_is_read_as_what_it_resembles(tmp_path):
    """One slip gives one problem, not three."""
    flow, problems = read(tmp_path, FULL.replace('next = "other"', 'nxt = "other"'))
    assert [(problem.line, problem.code, problem.hint) for problem in problems] == [
        (37, "E004", "did you mean 'next'?")
    ]
    assert flow.steps["act"].next == "other"


def test_after_a_syntax_fault_nothing_is_called_missing(tmp_path):
    """A line that cannot be read is reported once, and not again as a missing key."""
    _, problems = read(tmp_path, FULL.replace('start = "choose"', "start = choose"))
    assert [problem.code for problem in problems] == ["E001"]


@pytest.mark.parametrize("text", ["", "steps = 3", "steps = [1]", "[steps]\na = 1", "\x00", "start = 5\n[[steps]]"])
def test_no_steps_is_no_flow(tmp_path, text):
    """A file without any step gives problems and no flow."""
    flow, problems = read(tmp_path, text)
    assert flow is None
    assert problems


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('say = ["x"]', "E005"),
        ("say = {}", "E005"),
        ("next = [1]", "E005"),
        ('branch = "x"', "E005"),
        ("branch = [1]", "E005"),
        ("branch = []", None),
        ("silence = 3", "E007"),
        ("go = { a = 1 }", "E007"),
        ("stuck = { a = { b = 1 } }", "E007"),
        ("min = nan", "E007"),
        ("picture = 2026-01-01", "E005"),
        ('end = "x"', "E007"),
    ],
)
def test_any_value_is_survived(tmp_path, line, code):
    """Values of any type in any place are problems, never exceptions."""
    key = line.split(" =")[0]
    rest = "" if key == "say" else "say = true\n"
    flow, problems = read(tmp_path, f'start = "a"\n[steps.a]\n{rest}{line}\n')
    assert flow is not None
    assert code is None or code in {problem.code for problem in problems}


def test_pieces_are_named_by_their_folder(tmp_path):
    """A piece is "pieces/<name>" and needs no source; a file elsewhere cannot be named."""
    (tmp_path / "pieces").mkdir()
    (tmp_path / "deep").mkdir()
    for name in ("one", "pieces/two", "deep/three"):
        (tmp_path / f"{name}.toml").write_text('start = "a"\n[steps.a]\nend = "done"\n', encoding="utf-8")
    flows, problems = read_flows(tmp_path)
    assert [(name, flow.is_piece) for name, flow in sorted(flows.items())] == [
        ("one", False),
        ("pieces/two", True),
    ]
    assert [(problem.path.name, problem.code) for problem in problems] == [("three.toml", "E008")]


def test_as_many_answers_as_can_be_heard():
    """The limit is the one the documentation states."""
    assert MOST_ANSWERS == 3
    assert "at most three" in DOCS
