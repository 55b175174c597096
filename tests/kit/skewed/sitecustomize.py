"""On the path of a process, it lets its wall clock be wrong by CLOCK_AHEAD seconds, as on a machine that keeps bad time."""

from __future__ import annotations

import os
import time

AHEAD = int(os.environ.get("CLOCK_AHEAD", "0"))

if AHEAD:
    _time, _time_ns = time.time, time.time_ns
    time.time = lambda: _time() + AHEAD
    time.time_ns = lambda: _time_ns() + AHEAD * 1_000_000_000
