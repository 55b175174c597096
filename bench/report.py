"""The table of medians, the ratios to each peer, and the targets."""

import statistics
from collections.abc import Callable
from typing import Any

from machine import Machine

Found = dict[str, dict[str, list[dict[str, Any]]]]
REFERENCE_CALIBRATION = 6.7
"""Milliseconds the calibration loop took on the machine where the absolute targets were set."""

ROWS: list[tuple[str, str, str, str]] = [
    ("most updates/s on one core", "throughput", "updates_per_second", "{:.0f}"),
    ("  CPU of the bot per update, us", "throughput", "us_per_update", "{:.0f}"),
    ("  Bot API calls per update", "throughput", "calls_per_update", "{:.2f}"),
    ("updates/s, Bot API takes 50 ms", "slow", "updates_per_second", "{:.0f}"),
    ("at 100 updates/s: p50 ms", "steady", "p50_ms", "{:.1f}"),
    ("  p99 ms", "steady", "p99_ms", "{:.1f}"),
    ("  CPU share of the bot", "steady", "bot_cpu", "{:.0%}"),
    ("start-up to the first reply, s", "startup", "seconds", "{:.2f}"),
    ("memory after start-up, MB", "startup", "memory_mb", "{:.0f}"),
    ("kill -9: trials", "kill", "trials", "{:.0f}"),
    ("  people whose place was lost", "kill", "silent", "{:.0f}"),
    ("  people a step behind", "kill", "behind", "{:.0f}"),
    ("  accepted updates lost", "kill", "accepted_then_lost", "{:.0f}"),
    ("  messages sent twice", "kill", "sent_twice", "{:.0f}"),
]


def median(found: Found, bot: str, measure: str, key: str) -> float | None:
    """The median over all rounds."""
    values = [m[key] for m in found.get(bot, {}).get(measure, []) if m.get(key) is not None]
    return statistics.median(values) if values else None


def print_report(found: Found, machine: Machine) -> None:
    """Everything a reader needs to judge the run."""
    bots = sorted(found, key=lambda bot: bot != "ours")
    rows = [[label, *[show(median(found, b, m, k), form) for b in bots]] for label, m, k, form in ROWS]
    rows += memory_rows(found, bots)
    print()
    table(["medians", *bots], [r for r in rows if any(x != "-" for x in r[1:])])
    ours = [b for b in bots if b == "ours"]
    if ours and len(bots) > 1:
        print()
        table(["times as good as", *bots[1:]], ratio_rows(found, bots[1:]))
    if ours:
        print()
        table(["target", "measured", "met"], target_rows(found, bots[1:]))
    print()
    print_conditions(found, machine)


def memory_rows(found: Found, bots: list[str]) -> list[list[str]]:
    """Memory with stored sessions, and the start-up with them."""
    amounts = sorted({n for b in bots for m in found[b].get("memory", []) for n in m["memory_mb"]})
    rows = []
    for n in amounts:
        values = [next((m["memory_mb"].get(n) for m in found[b].get("memory", [])), None) for b in bots]
        rows.append([f"memory with {n:,} sessions, MB", *[show(v, "{:.0f}") for v in values]])
    rows.append(
        ["start-up with all of them, s", *[show(median(found, b, "memory", "startup_seconds"), "{:.2f}") for b in bots]]
    )
    return rows


def ratio_rows(found: Found, peers: list[str]) -> list[list[str]]:
    """How many times as good as each peer we are; more is better."""
    rows = []
    for label, measure, key, more_is_better in [
        ("most updates/s on one core", "throughput", "updates_per_second", True),
        ("  by CPU of the bot per update", "throughput", "us_per_update", False),
        ("updates/s, Bot API takes 50 ms", "slow", "updates_per_second", True),
        ("p99 at 100 updates/s", "steady", "p99_ms", False),
        ("CPU share at 100 updates/s", "steady", "bot_cpu", False),
        ("start-up", "startup", "seconds", False),
        ("memory after start-up", "startup", "memory_mb", False),
    ]:
        ratios = [ratio(found, measure, key, p, more_is_better) for p in peers]
        if any(ratios):
            rows.append([label, *[show(r, "{:.1f}x") for r in ratios]])
    return rows


def ratio(found: Found, measure: str, key: str, peer: str, more_is_better: bool = True) -> float | None:
    """Ours to theirs, turned so that more is better."""
    a, b = median(found, "ours", measure, key), median(found, peer, measure, key)
    if not a or not b:
        return None
    return a / b if more_is_better else b / a


def target_rows(found: Found, peers: list[str]) -> list[list[str]]:
    """Each target, what was measured, and whether that is enough. What was not measured is left out."""
    rows: list[list[str]] = []

    def target(text: str, value: float | None, form: str, enough: Callable[[float], bool]) -> None:
        if value is not None:
            rows.append([text, form.format(value), "yes" if enough(value) else "NO"])

    for measure, words, peer, least in [
        ("throughput", "most updates/s", "aiogram+Redis", 4),
        ("throughput", "most updates/s", "aiogram+SQLite", 6),
        ("slow", "updates/s at 50 ms", "aiogram+Redis", 4),
        ("slow", "updates/s at 50 ms", "PTB", 10),
    ]:
        value = ratio(found, measure, "updates_per_second", peer)
        target(f"{words}: at least {least} x {peer}", value, "{:.1f}x", lambda v, least=least: v >= least)
    for peer in peers:
        p99 = ratio(found, "steady", "p99_ms", peer, more_is_better=False)
        target(f"p99 at 100 updates/s: no worse than {peer}", p99, "{:.1f}x", lambda v: v >= 1)
        cpu = ratio(found, "steady", "bot_cpu", peer, more_is_better=False)
        target(f"CPU at 100 updates/s: at most half of {peer}", cpu, "{:.1f}x less", lambda v: v >= 2)
    for kill in found["ours"].get("kill", []):
        target("kill -9: nobody behind or lost", kill["behind"] + kill["silent"], "{:.0f}", lambda v: v == 0)
        target("kill -9: no accepted update lost", kill["accepted_then_lost"], "{:.0f}", lambda v: v == 0)
        target("kill -9: at most one message again", kill["sent_twice"] / kill["trials"], "{:.1f}", lambda v: v <= 1)
    for memory in found["ours"].get("memory", []):
        most, first = max(memory["memory_mb"].values()), median(found, "ours", "startup", "memory_mb")
        target("memory with sessions: at most 100 MB", most, "{:.0f} MB", lambda v: v <= 100)
        target("memory is flat: at most 20 MB more than empty", most - first, "{:.0f} MB", lambda v: v <= 20)
        target("start-up with sessions: at most 0.5 s", memory["startup_seconds"], "{:.2f} s", lambda v: v <= 0.5)
    target("start-up: at most 0.5 s", median(found, "ours", "startup", "seconds"), "{:.2f} s", lambda v: v <= 0.5)
    target("bot --help: under 0.3 s", median(found, "ours", "help", "seconds"), "{:.2f} s", lambda v: v < 0.3)
    return rows


def print_conditions(found: Found, machine: Machine) -> None:
    """What the numbers were measured on, and what disturbed them."""
    loads = [(b, m) for b in found for k in ("steady", "throughput", "slow") for m in found[b].get(k, [])]
    print(f"Machine: {machine.describe()}")
    times = [t for _, m in loads for t in m["calibration_ms"]]
    if times:
        print(
            f"Calibration loop: median {statistics.median(times):.1f} ms, from {min(times):.1f} to {max(times):.1f} "
            f"(the targets in seconds come from a machine with {REFERENCE_CALIBRATION})"
        )
    noisy = sum(m["noisy"] for _, m in loads)
    if noisy:
        print(
            f"Other programs disturbed {noisy} of {len(loads)} load measures, and a fast bot suffers more from "
            "them than a slow one: trust CPU per update, not updates/s."
        )
    tired = sorted({b for b, m in loads if m["harness_cpu"] > 0.85})
    if tired:
        print(f"The harness itself was near its limit with {', '.join(tired)}: it may be faster than shown.")
    for bot in found:
        faults = {k: f for k, all_ in found[bot].items() for m in all_ for f in [m.get("faults")] if f}
        if faults:
            print(f"Faults of {bot}: {faults}")
    for note in machine.notes:
        print(note)


def show(value: float | None, form: str) -> str:
    """A number, or a dash."""
    return "-" if value is None else form.format(value)


def table(head: list[str], rows: list[list[str]]) -> None:
    """Columns as wide as they must be."""
    widths = [max(len(r[i]) for r in [head, *rows]) for i in range(len(head))]
    for row in [head, ["-" * w for w in widths], *rows]:
        print("  ".join(x.ljust(w) if i == 0 else x.rjust(w) for i, (x, w) in enumerate(zip(row, widths, strict=True))))
