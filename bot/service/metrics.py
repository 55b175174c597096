"""The numbers behind /metrics. No label ever holds a chat or a text."""

from __future__ import annotations

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

TURNS = Counter("camtay_turns_total", "Incoming things that were dealt with")
NOT_STORED = Counter("camtay_not_stored_total", "Incoming things the database refused; the platform keeps them")
PARKED = Counter("camtay_parked_total", "Incoming things that met a fault of ours")
TURN_SECONDS = Histogram(
    "camtay_batch_seconds", "Seconds from taking a batch to its commit", buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10)
)
SENT = Counter("camtay_sent_total", "Things sent, by channel and outcome", ["channel", "outcome"])
sent = cache(SENT.labels)  # looking a label up costs more than counting
UP = Gauge("camtay_channel_up", "1 while a channel works, 0 when an operator has to look", ["channel"])
WAITING = Gauge("camtay_outbox_waiting", "Things that wait to be sent", ["channel"])
QUOTA = Gauge("camtay_quota_used", "What is used of a plan: messages this month, people", ["channel", "what"])
TOKEN = Gauge("camtay_token_end_seconds", "When a token of an account ends, since 1970", ["channel", "kind"])
QUOTA_LIMIT = Gauge("camtay_quota_limit", "What the platform's plan allows", ["channel", "what"])
