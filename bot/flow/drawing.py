"""A flow as a picture: Mermaid text, or SVG. The answers and conditions stand on the edges."""

from __future__ import annotations

import itertools
import re
import textwrap
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from bot.flow.model import CHOICES, INPUTS, Flow, Kind, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHAPES = {
    Kind.CHOICE: ("{{", "}}"),
    Kind.QUIZ: ("{{", "}}"),
    Kind.FORK: ("{", "}"),
    Kind.END: ("([", "])"),
    Kind.DO: ("[", "]"),
}
_COLORS = {
    "say": "#ffffff",
    "do": "#dbeafe",
    "ask": "#fef3c7",
    "fork": "#f3f4f6",
    "other": "#ede9fe",
    "end": "#dcfce7",
}
_WORDS = {
    Kind.SAY: "says",
    Kind.DO: "to do",
    Kind.FORK: "fork",
    Kind.CHOICE: "choice",
    Kind.QUIZ: "quiz",
    Kind.END: "end",
}

_TICK = "\N{NO-BREAK SPACE}✓"
"""Behind the right answers of a quiz question, never alone on a line."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one step to another, and what must be answered or hold for it."""

    source: str
    target: str
    label: str = ""
    dashed: bool = False  # taken by a known problem or by silence, not by going on


def edges(flow: Flow) -> Iterator[Edge]:
    """Every way of the flow, in the order of its file. Ways to steps that do not exist are left out."""
    for step in flow.steps.values():
        for edge in _ways(step):
            if edge.target in flow.steps:
                yield edge


def _ways(step: Step) -> Iterator[Edge]:
    if step.kind is Kind.QUIZ:  # its answers mostly lead to one step: one line bears them all
        for to in dict.fromkeys(step.go.values()):
            here = (answer for answer, goal in step.go.items() if goal == to)
            yield Edge(step.name, to, " / ".join(f"{each}{_TICK}" if each in step.right else each for each in here))
    else:
        yield from (Edge(step.name, to, answer) for answer, to in step.go.items())
    for branch in step.branches:
        plain = "otherwise" if len(step.branches) > 1 else ""
        yield Edge(step.name, branch.to, str(branch.rule) if branch.rule else plain)
    if step.next:
        yield Edge(step.name, step.next, "else" if step.go else "")
    for problem, to in step.stuck.items():
        yield Edge(step.name, to, problem, dashed=True)
    if step.silence and step.silence.to:
        yield Edge(step.name, step.silence.to, f"silent for {_duration(step.silence.after)}", dashed=True)


def _duration(seconds: int) -> str:
    for unit, size in (("week", 604800), ("day", 86400), ("hour", 3600)):
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{seconds // 60} minutes"


def _kind(step: Step) -> str:
    """The second line of a step's box."""
    if step.kind in {Kind.ENTER, Kind.INCLUDE}:
        return f"{step.kind} {step.flow}"
    if step.kind is Kind.END:
        return f"end: {step.end}"
    words = f"asks for a {step.kind}" if step.kind in INPUTS else _WORDS[step.kind]
    return f"{words} → {step.save}" if step.save else words


def _group(step: Step) -> str:
    if step.kind in {Kind.ENTER, Kind.INCLUDE}:
        return "other"
    return "ask" if step.kind in INPUTS | CHOICES else str(step.kind)


def mermaid(flow: Flow) -> str:
    """The flow as a Mermaid flowchart."""
    ids = {name: f"s{index}" for index, name in enumerate(flow.steps)}
    lines = ["flowchart TD"]
    for step in flow.steps.values():
        before, after = _SHAPES.get(step.kind, ("[", "]"))
        lines.append(f'    {ids[step.name]}{before}"{_quoted(step.name)}<br/><i>{_quoted(_kind(step))}</i>"{after}')
        lines.append(f"    class {ids[step.name]} {_group(step)}Step")  # "end" alone is a word of Mermaid
    if flow.start in ids:
        lines.append(f"    begin((start)) --> {ids[flow.start]}")
    for edge in edges(flow):
        arrow = "-.->" if edge.dashed else "-->"
        label = f'|"{_quoted(edge.label)}"|' if edge.label else ""
        lines.append(f"    {ids[edge.source]} {arrow}{label} {ids[edge.target]}")
    lines += [f"    classDef {group}Step fill:{color},stroke:#374151,color:#111827" for group, color in _COLORS.items()]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return re.sub(r'["<>&]', lambda match: f"#{ord(match[0])};", text)


_BOX_WIDTH, _BOX_HEIGHT = 156, 44
_UNIT, _GAP, _ROW, _MARGIN = 64, 14, 58, 24
_LETTERS = 22  # of a line inside a box or a label

Point = tuple[float, float]


def svg(flow: Flow) -> str:
    """The flow as an SVG drawing, from top to bottom. Needs igraph for the layout."""
    ways = list(edges(flow))
    boxes, lines = _lay_out(list(flow.steps), ways, flow.start)
    points = [*boxes.values(), *(point for line in lines for point in line)]
    width = max(x for x, _ in points) + _BOX_WIDTH / 2 + _MARGIN
    height = max(y for _, y in points) + _BOX_HEIGHT / 2 + _MARGIN
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" font-family="sans-serif" font-size="12" text-anchor="middle">'
        ),
        f"<title>{escape(flow.name)}</title>",
        (
            '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0 0 10 5 0 10z" fill="#374151"/></marker></defs>'
        ),
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
    ]
    parts += [_line(way, line) for way, line in zip(ways, lines, strict=True)]
    parts += [_box(step, boxes[step.name], first=step.name == flow.start) for step in flow.steps.values()]
    parts += [_label(way.label, line[1]) for way, line in zip(ways, lines, strict=True) if way.label]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _lay_out(names: list[str], ways: list[Edge], start: str) -> tuple[dict[str, Point], list[list[Point]]]:
    """The middle of every box, and the points of every line.

    The layers come from a first layout. In the second one a line has a point of its own in every layer it crosses,
    so that it passes between the boxes; the first of these points bears the label.
    """
    import igraph  # noqa: PLC0415 (heavy, and only drawn on request)

    numbers = {name: index for index, name in enumerate(names)}
    pairs = [(numbers[way.source], numbers[way.target]) for way in ways]
    layers = _layers(len(names), pairs, numbers.get(start, 0))
    vertices = [2 * layer for layer in layers]
    links: list[tuple[int, int]] = []
    chains: list[list[int]] = []
    for source, target in pairs:
        step = 1 if vertices[target] > vertices[source] else -1
        between = list(range(vertices[source] + step, vertices[target], step)) or [vertices[source] + 1]
        chain = [source, *range(len(vertices), len(vertices) + len(between)), target]
        vertices += between
        chains.append(chain)
        links += [(a, b) if vertices[a] < vertices[b] else (b, a) for a, b in itertools.pairwise(chain)]
    graph = igraph.Graph(n=len(vertices), edges=links, directed=True)
    layout = graph.layout_sugiyama(layers=vertices, hgap=1, vgap=1, maxiter=500)
    widths = [float(_BOX_WIDTH)] * len(names) + [8.0] * (len(vertices) - len(names))
    for way, chain in zip(ways, chains, strict=True):
        widths[chain[1]] = _label_width(way.label)
    columns = _spread([x * _UNIT for x, _ in layout], vertices, widths)
    left = min(x - width / 2 for x, width in zip(columns, widths, strict=True))
    places = [
        (x - left + _MARGIN, layer * _ROW + _BOX_HEIGHT / 2 + _MARGIN)
        for x, layer in zip(columns, vertices, strict=True)
    ]
    return {name: places[numbers[name]] for name in names}, [[places[index] for index in chain] for chain in chains]


def _spread(columns: list[float], layers: list[int], widths: list[float]) -> list[float]:
    """The same order in every layer, with room for each width; a layer is not moved as a whole."""
    spread = list(columns)
    for layer in set(layers):
        row = sorted((index for index, each in enumerate(layers) if each == layer), key=lambda index: columns[index])
        for before, index in itertools.pairwise(row):
            room = (widths[before] + widths[index]) / 2 + _GAP
            spread[index] = max(spread[index], spread[before] + room)
        shift = sum(spread[index] - columns[index] for index in row) / len(row)
        for index in row:
            spread[index] -= shift
    return spread


def _layers(count: int, pairs: list[tuple[int, int]], start: int) -> list[int]:
    """The row of each step: its distance from the start, so that ways back point upwards."""
    ahead: dict[int, list[int]] = {}
    for source, target in pairs:
        ahead.setdefault(source, []).append(target)
    rows = {start: 0}
    todo = [start, *range(count)]
    while todo:
        number = todo.pop(0)
        rows.setdefault(number, 0)
        for target in ahead.get(number, ()):
            if target not in rows:
                rows[target] = rows[number] + 1
                todo.append(target)
    return [rows[number] for number in range(count)]


def _line(way: Edge, line: list[Point]) -> str:
    points = [_edge_of(line[0], line[1]), *line[1:-1], _edge_of(line[-1], line[-2])]
    path = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        middle = (y0 + y1) / 2
        path += f" C{x0:.0f} {middle:.0f} {x1:.0f} {middle:.0f} {x1:.0f} {y1:.0f}"
    dash = ' stroke-dasharray="5 4"' if way.dashed else ""
    return f'<path d="{path}" fill="none" stroke="#6b7280"{dash} marker-end="url(#tip)"/>'


def _edge_of(box: Point, towards: Point) -> Point:
    """Where a line that comes from `towards` meets the box."""
    x, y = box
    return (x, y + _BOX_HEIGHT / 2 if towards[1] > y else y - _BOX_HEIGHT / 2)


def _box(step: Step, place: Point, *, first: bool) -> str:
    x, y = place
    color = _COLORS[_group(step)]
    round_ = 22 if step.kind is Kind.END else 6
    border = 3 if first else 1
    return (
        f'<rect x="{x - _BOX_WIDTH / 2:.0f}" y="{y - _BOX_HEIGHT / 2:.0f}" width="{_BOX_WIDTH}" '
        f'height="{_BOX_HEIGHT}" rx="{round_}" fill="{color}" stroke="#374151" stroke-width="{border}"/>'
        f'<text x="{x:.0f}" y="{y - 3:.0f}" font-weight="bold" fill="#111827">{_shown(step.name)}</text>'
        f'<text x="{x:.0f}" y="{y + 13:.0f}" font-size="11" fill="#374151">{_shown(_kind(step))}</text>'
    )


def _label(words: str, place: Point) -> str:
    lines = textwrap.wrap(words, _LETTERS) or [words]
    x, y = place
    width = _label_width(words)
    top = y - 8 * len(lines)
    rows = "".join(
        f'<text x="{x:.0f}" y="{top + 12 + 15 * index:.0f}" fill="#1f2937">{escape(line)}</text>'
        for index, line in enumerate(lines)
    )
    return (
        f'<rect x="{x - width / 2:.0f}" y="{top:.0f}" width="{width:.0f}" height="{16 * len(lines)}" fill="#ffffff"/>'
        + rows
    )


def _label_width(words: str) -> float:
    return max(map(len, textwrap.wrap(words, _LETTERS) or [""])) * 6.4 + 8


def _shown(words: str) -> str:
    return escape(words if len(words) <= _LETTERS + 2 else words[: _LETTERS + 1] + "…")
