"""Flows for tests: small ones written as TOML, and random valid ones with random edits.

A random flow is a `Plan`: the tables of its file, as the reader would find them. It keeps three promises of the
checker: every target is a step, steps that do not wait for the person only lead forward (no circle without a
question), and the usual way of every step leads forward (so that an end can be reached from everywhere).
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st

from bot.flow.link import link
from bot.flow.model import Branch, Flow, Kind, Place, Silence, Step
from bot.flow.reader import read_duration, read_flow
from bot.flow.rule import read_rule

Plan = dict[str, Any]
"""A flow file as plain tables: start, steps, moved."""

OTHERS = ("side", "pieces/part")
"""Names of the flows that a random flow may enter or include."""

NOWHERE = Place(Path("probe.toml"), 1)
_RULES = (
    "age < 14",
    "age >= 60 and not (place == 'home')",
    'place in ("house", "market")',
    "years_since(born) >= 14",
    'name == "x" or age == 7',
    "not age > 30",
    "score >= 1",
    'passed == "no"',
    'place != "market"',
)
_NEW: list[dict[str, Any]] = [
    {"do": True},
    {"say": True},
    {"ask": "choice"},
    {"ask": "text"},
    {"ask": "quiz", "right": ["house"]},
]
_SAVED = {"number": "age", "date": "born", "text": "name", "choice": "place", "phone": "phone"}


def flow_of(toml: str, **others: str) -> Flow:
    """The linked flow `probe` that this TOML says. `others` are further files: `pieces__part` is "pieces/part"."""
    files = {"probe": toml} | {name.replace("__", "/"): text for name, text in others.items()}
    with TemporaryDirectory() as folder:
        root = Path(folder)
        flows = {}
        for name, text in files.items():
            path = root / f"{name}.toml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            flow, problems = read_flow(path, root)
            wrong = [str(problem) for problem in problems if problem.is_error]
            if flow is None or wrong:
                raise ValueError(f"{name}: {wrong}")
            flows[name] = flow
    return link(flows["probe"], flows)


def written(plan: Plan) -> str:
    """A plan as the text of a flow file."""
    lines = [f"start = {json.dumps(plan['start'])}"]
    if plan.get("moved"):
        lines += ["[moved]", *(f"{old} = {json.dumps(new)}" for old, new in plan["moved"].items())]
    for name, step in plan["steps"].items():
        lines.append(f"[steps.{name}]")
        tables = [key for key, value in step.items() if isinstance(value, dict) or key == "branch"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in step.items() if key not in tables]
        for key in tables:
            rows = step[key] if isinstance(step[key], list) else [step[key]]
            for row in rows:
                head = f"steps.{name}.{key}"
                lines.append(f"[[{head}]]" if isinstance(step[key], list) else f"[{head}]")
                lines += [f"{inner} = {json.dumps(value)}" for inner, value in row.items()]
    return "\n".join(lines) + "\n"


def built(name: str, plan: Plan) -> Flow:
    """A plan as the Flow that the reader would make of it, not yet linked."""
    steps = {step: _step(name, step, table) for step, table in plan["steps"].items()}
    return Flow(name, NOWHERE.path, plan["start"], steps, moved=dict(plan.get("moved", {})), passes={"": 1})


def linked(plans: dict[str, Plan]) -> Flow:
    """The plan `probe`, linked with the others."""
    flows = {name: built(name, plan) for name, plan in plans.items()}
    return link(flows["probe"], flows)


def _step(flow: str, name: str, table: dict[str, Any]) -> Step:
    kinds = [key for key in ("say", "do", "ask", "enter", "include", "end") if key in table]
    kind = Kind(table["ask"] if kinds == ["ask"] else kinds[0] if kinds else "fork")
    silence = table.get("silence")
    return Step(
        name,
        kind,
        f"{flow}/{name}",
        NOWHERE,
        next=table.get("next", ""),
        go=dict(table.get("go", {})),
        branches=tuple(
            Branch(each["to"], NOWHERE, read_rule(each["when"]) if "when" in each else None)
            for each in table.get("branch", ())
        ),
        stuck=dict(table.get("stuck", {})),
        save=table.get("save", ""),
        right=tuple(table.get("right", ())),
        private=table.get("private", False),
        min=table.get("min"),
        max=table.get("max"),
        silence=silence and Silence(read_duration(silence["after"]) or 0, silence.get("to", ""), NOWHERE),
        flow=table.get("enter", "") or table.get("include", ""),
        end=table.get("end", ""),
        suggest=table.get("suggest", ""),
    )


# --- random flows


@st.composite
def plans(draw: st.DrawFn, most: int = 14) -> dict[str, Plan]:
    """A random guide `probe` with the two flows it may enter or include."""
    side = draw(_plan(3, alone=True))
    part = draw(_plan(3, alone=True))
    return {"probe": draw(_plan(most, alone=False)), "side": side, "pieces/part": part}


@st.composite
def _plan(draw: st.DrawFn, most: int, *, alone: bool) -> Plan:
    count = draw(st.integers(1, most))
    names = [f"s{index}" for index in range(count)]
    ends = {"finished": "done"} | ({"later": "later"} if draw(st.booleans()) else {})
    everything = [*names, *ends]
    steps: dict[str, dict[str, Any]] = {}
    for index, name in enumerate(names):
        steps[name] = draw(_table(everything[index + 1 :], everything, alone=alone))
    for name, end in ends.items():
        steps[name] = {"end": end}
    return {"start": names[0], "steps": steps, "moved": {}}


@st.composite
def _table(draw: st.DrawFn, forward: list[str], everything: list[str], *, alone: bool) -> dict[str, Any]:
    """One step. `forward` are the steps behind it."""
    kinds = ["say", "do", "choice", "quiz", "number", "text", "date", "phone", "fork"] + (
        [] if alone else ["enter", "include"]
    )
    kind = draw(st.sampled_from(kinds))
    onward, anywhere = st.sampled_from(forward), st.sampled_from(everything)
    table: dict[str, Any] = {kind: True} if kind in {"say", "do"} else {}
    if kind in _SAVED:
        table["ask"] = kind
        if draw(st.booleans()):
            table["save"] = _SAVED[kind]
        if draw(st.integers(0, 4)) == 0:
            table["private"] = True
    if kind == "number" and draw(st.booleans()):
        table |= {"min": 0, "max": 120}
    if kind == "quiz":
        table |= {"ask": "quiz", "right": ["house"], "go": dict.fromkeys(["house", "market"], draw(onward))}
        if draw(st.booleans()):
            table["go"]["office"] = draw(anywhere)
    elif kind == "choice":
        answers = draw(st.sampled_from([["house"], ["house", "market"], ["house", "market", "office"]]))
        table["go"] = {answer: draw(anywhere if index else onward) for index, answer in enumerate(answers)}
    elif kind == "fork" or (kind not in {"enter", "include"} and draw(st.integers(0, 3)) == 0):
        far = onward if kind in {"fork", "say"} else anywhere
        rules = draw(st.lists(st.sampled_from(_RULES), max_size=2))
        table["branch"] = [*({"when": rule, "to": draw(far)} for rule in rules), {"to": draw(onward)}]
    else:
        table["next"] = draw(onward)
    if kind in {"enter", "include"}:
        table[kind] = OTHERS[0] if kind == "enter" else OTHERS[1]
        if draw(st.booleans()):
            table["go"] = {"done": draw(onward)}
    if kind == "do":
        problems = draw(st.sampled_from([[], ["lost"], ["lost", "slow"]]))
        if problems:
            table["stuck"] = {problem: draw(anywhere) for problem in problems}
    if kind in {"do", "quiz", *_SAVED}:
        waits = draw(st.integers(0, 5))
        if waits == 0:
            table["silence"] = {"after": "2 days", "to": draw(anywhere)}
        elif waits == 1:
            table["silence"] = {"after": "6 hours"}
    return table


# --- random edits


def renamed(plan: Plan, old: str, new: str) -> Plan:
    """Step `old` is called `new` from now on, and [moved] says so."""
    return _redirected(plan, old, new, rename=True)


def removed(plan: Plan, name: str) -> Plan:
    """The step is gone; who led to it leads to its usual way on. An end stays."""
    to = _usual(plan["steps"][name])
    if to is None:
        return plan
    edited = _redirected(plan, name, to)
    del edited["steps"][name]
    edited["moved"] = {old: new for old, new in edited["moved"].items() if new != name}
    return edited


def put_before(plan: Plan, name: str, new: str, table: dict[str, Any]) -> Plan:
    """A new step, with `name` as its usual way, stands between `name` and everything that led to it."""
    edited = _redirected(plan, name, new)
    edited["steps"][new] = table | (
        {"go": {"house": name}} if table.get("ask") in {"choice", "quiz"} else {"next": name}
    )
    return edited


def without_choice(plan: Plan, name: str) -> Plan:
    """The last answer, or the last known problem, of the step is gone."""
    edited = deepcopy(plan)
    step = edited["steps"][name]
    if step.get("ask") in {"choice", "quiz"} and len(step["go"]) > 1:
        step["go"].popitem()
    elif step.get("stuck"):
        step["stuck"].popitem()
        if not step["stuck"]:
            del step["stuck"]
    return edited


def with_rule(plan: Plan, name: str, rule: str) -> Plan:
    """The first condition of the step is another one."""
    edited = deepcopy(plan)
    branches = edited["steps"][name].get("branch", [])
    if len(branches) > 1:
        branches[0]["when"] = rule
    return edited


def of_kind(plan: Plan, name: str, kind: str) -> Plan:
    """The step is of another kind and keeps its usual way."""
    to = _usual(plan["steps"][name])
    if to is None:
        return plan
    edited = deepcopy(plan)
    table: dict[str, Any] = {kind: True} if kind in {"say", "do"} else {"ask": kind}
    edited["steps"][name] = table | ({"go": {"office": to}} if kind == "choice" else {"next": to})
    return edited


@st.composite
def edits(draw: st.DrawFn, plan: Plan, *, most: int = 3) -> Plan:
    """The plan after up to `most` edits of any sort, none of which breaks it."""
    for index in range(draw(st.integers(1, most))):
        name = draw(st.sampled_from(list(plan["steps"])))
        new = f"n{index}"
        match draw(st.sampled_from(["rename", "remove", "before", "choice", "rule", "kind"])):
            case "rename":
                plan = renamed(plan, name, new)
            case "remove":
                plan = removed(plan, name)
            case "before":
                plan = put_before(plan, name, new, draw(st.sampled_from(_NEW)))
            case "choice":
                plan = without_choice(plan, name)
            case "rule":
                plan = with_rule(plan, name, draw(st.sampled_from(_RULES)))
            case "kind":
                plan = of_kind(plan, name, draw(st.sampled_from(["say", "do", "choice", "number", "text", "date"])))
    return plan


def _usual(step: dict[str, Any]) -> str | None:
    """The usual way on of a step; None at an end."""
    if step.get("next"):
        return str(step["next"])
    if step.get("branch"):
        return str(step["branch"][-1]["to"])
    return str(next(iter(step["go"].values()))) if step.get("go") else None


def _redirected(plan: Plan, old: str, new: str, *, rename: bool = False) -> Plan:
    """Everything that led to `old` leads to `new`."""

    def to(name: str) -> str:
        return new if name == old else name

    edited: Plan = {"start": to(plan["start"]), "steps": {}, "moved": dict(plan["moved"])}
    for name, step in plan["steps"].items():
        table = deepcopy(step)
        if "next" in table:
            table["next"] = to(table["next"])
        for key in ("go", "stuck"):
            if key in table:
                table[key] = {answer: to(target) for answer, target in table[key].items()}
        for branch in table.get("branch", ()):
            branch["to"] = to(branch["to"])
        if "to" in table.get("silence", {}):
            table["silence"]["to"] = to(table["silence"]["to"])
        edited["steps"][to(name) if rename else name] = table
    if rename:
        edited["moved"][old] = new
    return edited
