"""`make bench`: the product and its peers, side by side on this machine, and how far the targets are met.

    python bench/run.py                 everything, about 20 minutes
    python bench/run.py --quick         about 2 minutes, one round: good enough to see a change of a third
    python bench/run.py --only ours --measures throughput --rounds 1      one bot, one number

Profile the product: --python "python -m cProfile -o /tmp/bot.prof" or --python "py-spy record -o bot.svg -- python"
"""

import argparse
import asyncio
import json
import shlex
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import harness
import uvloop
from contenders import CONTENDERS, ROOT, USUAL, Contender, UnavailableError, Visit, missing, ready
from crowd import PAUSE
from guide import SCRIPT
from machine import Machine
from report import print_report

RESULTS = Path(__file__).parent / "results"
LONGEST_VISIT = 900  # seconds


def arguments() -> argparse.Namespace:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [c.name for c in CONTENDERS]
    p.add_argument("--quick", action="store_true", help="one short round")
    p.add_argument("--only", nargs="+", default=USUAL, choices=names, metavar="BOT", help=f"of {', '.join(names)}")
    p.add_argument("--measures", nargs="+", default=harness.MEASURES, choices=harness.MEASURES, metavar="MEASURE",
                   help=f"of {', '.join(harness.MEASURES)}")  # fmt: skip
    p.add_argument("--rounds", type=int, help="of the load measures")
    p.add_argument("--seconds", type=float, help="of one load measure; 18.2 is once through the guide")
    p.add_argument("--fill", type=int, nargs="+", help="amounts of stored sessions for the memory measure")
    p.add_argument("--python", default=sys.executable, help="command that runs Python for the product")
    p.add_argument("--peer-python", default=sys.executable, help="command that runs Python for the peers")
    return p.parse_args()


def plan(args: argparse.Namespace, contenders: list[Contender]) -> list[tuple[Contender, Visit]]:
    """Who is visited when: load in interleaved rounds, so that a slow minute of the machine hits everybody."""
    visits = []
    for number in range(args.rounds or (1 if args.quick else 3)):
        for contender in contenders:
            for visit in contender.visits:
                wanted = tuple(m for m in visit.measures if m in args.measures)
                once = wanted in (("kill",), ("memory",))
                slow_to_fill = args.quick and wanted == ("memory",) and not contender.is_product
                if wanted and not (once and number) and not slow_to_fill:
                    visits.append((contender, Visit(wanted, visit.arguments, visit.slow_in_flight)))
        if set(args.measures) == {"startup"}:
            visits += [(c, Visit(("startup",), c.visits[0].arguments)) for c in contenders]
    return visits


def options(args: argparse.Namespace, contender: Contender, visit: Visit) -> harness.Options:
    """How long and how much for this visit."""
    once_through = len(SCRIPT) * PAUSE
    fill = [10_000] if args.quick or not contender.is_product else [10_000, 100_000]
    return harness.Options(
        measures=list(visit.measures),
        warmup=2.0 if args.quick else 2.5,
        seconds=args.seconds or (3 if args.quick else 10 if visit.measures == ("steady",) else once_through),
        slow_in_flight=visit.slow_in_flight,
        fill=args.fill or fill,
        fill_seconds=20 if args.quick else 150,
        trials=1 if args.quick else 3,
    )


def visit_once(args: argparse.Namespace, contender: Contender, visit: Visit, machine: Machine) -> dict[str, Any]:
    """Start, measure, stop."""
    python = shlex.split(args.python if contender.is_product else args.peer_python)
    log = RESULTS / f"{contender.name}.log"
    with ready(contender, visit, python) as (command, env):
        bot = harness.Bot(command, ROOT, env, log, machine)
        run = harness.Visit(bot, options(args, contender, visit), machine).run()
        return uvloop.run(asyncio.wait_for(run, LONGEST_VISIT))


def help_seconds(python: str) -> float:
    """How long `bot --help` takes."""
    times = []
    for _ in range(5):
        t = time.perf_counter()
        subprocess.run([*shlex.split(python), "-m", "bot", "--help"], cwd=ROOT, capture_output=True, check=True)
        times.append(time.perf_counter() - t)
    return round(statistics.median(times), 3)


def main() -> int:
    """Run the plan, print the report, keep the numbers."""
    args = arguments()
    RESULTS.mkdir(exist_ok=True)
    machine = Machine()
    contenders = []
    for contender in [c for c in CONTENDERS if c.name in args.only]:
        why = missing(contender, shlex.split(args.peer_python))
        machine.notes.append(why) if why else contenders.append(contender)
        (RESULTS / f"{contender.name}.log").unlink(missing_ok=True)
    found: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    failed: set[str] = set()
    begun = time.perf_counter()
    visits = plan(args, contenders)
    for number, (contender, visit) in enumerate(visits, 1):
        minutes = (time.perf_counter() - begun) / 60
        print(f"[{number}/{len(visits)}, {minutes:.1f} min] {contender.name}: {', '.join(visit.measures)}", flush=True)
        try:
            measured = visit_once(args, contender, visit, machine)
        except (harness.BotFailedError, UnavailableError, TimeoutError) as fault:
            print(f"    {contender.name}: {fault or 'took too long'}", file=sys.stderr)
            failed.add(contender.name)
            continue
        for measure, numbers in measured.items():
            found[contender.name][measure].append(numbers)
    if "ours" in found and "startup" in args.measures:
        found["ours"]["help"].append({"seconds": help_seconds(args.python)})
    path = RESULTS / f"{datetime.now().astimezone():%Y-%m-%d-%H%M%S}.json"
    path.write_text(json.dumps({"machine": machine.describe(), "notes": machine.notes, "found": found}, indent=1))
    print_report(found, machine)
    print(f"\nAll numbers: {path.relative_to(ROOT)}")
    return 1 if "ours" in failed else 0


if __name__ == "__main__":
    sys.exit(main())
