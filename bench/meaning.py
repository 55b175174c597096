"""How fast the ear is: sentences a second on one core, beside the best single phrase by rapidfuzz alone.

    python bench/meaning.py                         the questions of tests/meaning
    python bench/meaning.py FILE --seconds 5        other questions, longer

CPU time, so that neighbours do not count. Each round takes the questions in another order; caches are warm, as in a bot
that has run for an hour. The peer compares each question with every phrase of every guide (`process.extractOne`,
`token_set_ratio`), as a bot without an index would.
"""

import argparse
import random
import statistics
import sys
import time
from pathlib import Path

from rapidfuzz import fuzz, process

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from bot.meaning.fold import fold  # noqa: E402
from bot.meaning.secrets import find_secret  # noqa: E402
from bot.service.house import load_house  # noqa: E402
from bot.service.phrases import phrases  # noqa: E402

QUESTIONS = [ROOT / "tests" / "meaning" / "questions" / f"{name}.tsv" for name in ("tune", "held-out")]
TARGET = 1_000  # sentences a second


def rates(work, sentences, seconds):
    """Sentences a second of some rounds."""
    found = []
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends or not found:
        random.shuffle(sentences)
        begun = time.process_time()
        for sentence in sentences:
            work(sentence)
        found.append(len(sentences) / max(time.process_time() - begun, 1e-9))
    return found


def main() -> int:
    """Measure and print."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("files", nargs="*", type=Path, default=QUESTIONS, help="lines: text, a tab, anything")
    p.add_argument("--seconds", type=float, default=2, help="of each measure")
    args = p.parse_args()
    lines = [line for file in args.files for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    sentences = [line.partition("\t")[0] for line in lines if line.strip()]

    house, _ = load_house(ROOT, {})
    begun = time.process_time()
    ear = house.ear
    made = time.process_time() - begun
    entries = phrases(list(house.flows.values()), house.library)
    folded = [fold(phrase) for entry in entries for phrase in entry.phrases]

    def peer(sentence):
        process.extractOne(fold(sentence), folded, scorer=fuzz.token_set_ratio)

    ear.hear("làm nóng máy")
    ours = statistics.median(rates(ear.hear, sentences, args.seconds))
    theirs = statistics.median(rates(peer, sentences[:50], args.seconds))
    filtered = statistics.median(rates(find_secret, sentences, args.seconds))
    slowest = max(1 / rate for sentence in sentences[:200] for rate in rates(ear.hear, [sentence], 0))
    print(
        f"{len(sentences)} questions, {len(entries)} entries, {len(folded)} phrases; ear made in {made * 1000:.0f} ms"
    )
    print(f"ear             {ours:9,.0f} sentences/s   {1e6 / ours:6.0f} µs   slowest {slowest * 1e6:.0f} µs")
    print(f"rapidfuzz alone {theirs:9,.0f} sentences/s   {1e6 / theirs:6.0f} µs   ratio {ours / theirs:.1f}")
    print(f"secrets filter  {filtered:9,.0f} sentences/s   {1e6 / filtered:6.0f} µs")
    print(f"target of {TARGET:,} a second: {'met' if ours >= TARGET else 'MISSED'}")
    return 0 if ours >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
