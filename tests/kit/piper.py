#!/usr/bin/env python3
"""Speaks as Piper does on its command line: words in by standard input, a WAV out; a tone in place of a voice.

https://github.com/OHF-Voice/piper1-gpl/blob/v1.8.0/src/piper/__main__.py
"""

import argparse
import math
import struct
import sys
import wave

RATE = 16_000
A_LETTER = 0.06
"""Seconds."""


def main() -> int:
    """The exit code. A model that holds the word "broken" cannot be loaded."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-m", "--model", required=True)
    parser.add_argument("-f", "--output-file", "--output_file")
    parser.add_argument("--length-scale", "--length_scale", type=float, default=1.0)
    given = parser.parse_args()
    with open(given.model, encoding="utf-8") as model:  # noqa: PTH123 (as plain as a program of others)
        if "broken" in model.read():
            return 1
    words = "".join(line.strip() for line in sys.stdin)
    count = int(RATE * A_LETTER * len(words) * given.length_scale)
    samples = [int(8000 * math.sin(2 * math.pi * 220 * at / RATE)) for at in range(count)]
    assert given.output_file == "-"
    with wave.open(sys.stdout.buffer, "wb") as file:
        file.setparams((1, 2, RATE, count, "NONE", ""))
        file.writeframes(struct.pack(f"<{count}h", *samples))
    return 0


if __name__ == "__main__":
    sys.exit(main())
