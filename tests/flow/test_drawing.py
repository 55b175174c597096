"""Drawings of a flow."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bot.flow.drawing import edges, mermaid, svg
from bot.flow.reader import read_flow, read_flows

FLOWS, _ = read_flows(Path(__file__).parents[2] / "flows")
NODE = "{http://www.w3.org/2000/svg}"

ALL = """
start = "first"
[steps.first]
ask = "number"
save = "age"
silence = { after = "2 weeks", to = "last" }
[[steps.first.branch]]
when = 'age < 14 and age != 3'
to = "second"
[[steps.first.branch]]
to = "missing"
[steps.second]
do = true
next = "third"
stuck = { lost = "second" }
[steps.third]
enter = "<other>"
next = "last"
go = { later = "last" }
[steps.last]
end = "done"
"""


@pytest.fixture
def flow(tmp_path):
    """A flow with every kind of edge."""
    path = tmp_path / "all.toml"
    path.write_text(ALL, encoding="utf-8")
    return read_flow(path, tmp_path)[0]


def test_edges_bear_conditions_and_answers(flow):
    """Each way bears what leads there; a way to nowhere is left out."""
    assert [(edge.source, edge.target, edge.label, edge.dashed) for edge in edges(flow)] == [
        ("first", "second", "age < 14 and age != 3", False),
        ("first", "last", "silent for 2 weeks", True),
        ("second", "third", "", False),
        ("second", "second", "lost", True),
        ("third", "last", "later", False),
        ("third", "last", "else", False),
    ]


def test_mermaid(flow):
    """Every step and way is a line, and signs that mean something to Mermaid are written as numbers."""
    text = mermaid(flow)
    assert text.startswith("flowchart TD\n")
    assert 's0 -->|"age #60; 14 and age != 3"| s1' in text
    assert 's1 -.->|"lost"| s1' in text
    assert "enter #60;other#62;" in text
    assert text.count("-->") + text.count("-.->") == 7


def test_svg_of_every_kind_of_edge(flow):
    """The drawing is valid XML and shows every step and label."""
    words = "".join(ET.fromstring(svg(flow)).itertext())
    for word in (*flow.steps, "age < 14 and", "lost", "silent for 2", "enter <other>", "else"):
        assert word in words


@pytest.mark.parametrize("name", FLOWS)
def test_boxes_do_not_overlap(name):
    """In the drawing of a shipped guide every box can be read: none covers another."""
    tree = ET.fromstring(svg(FLOWS[name]))
    boxes = [
        tuple(float(box.get(key)) for key in ("x", "y", "width", "height"))
        for box in tree.iter(f"{NODE}rect")
        if box.get("rx")
    ]
    assert len(boxes) == len(FLOWS[name].steps)
    for index, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, *_ in boxes[index + 1 :]:
            assert abs(x - other_x) >= width or abs(y - other_y) >= height


@pytest.mark.parametrize("name", FLOWS)
def test_drawing_is_the_same_every_time(name):
    """A drawing under version control changes only with its flow."""
    assert svg(FLOWS[name]) == svg(FLOWS[name])
    assert re.search(r'width="\d+" height="\d+"', svg(FLOWS[name]))
