"""The tables, the same on SQLite and PostgreSQL. Times are milliseconds since 1970 UTC; `*_json` holds JSON text."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text

metadata = MetaData()

chat = Table(
    "chat",
    metadata,
    Column("key", Text, primary_key=True),  # "<channel>:<the platform's chat id>"
    Column("channel", Text, nullable=False),
    Column("external", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("flow", Text, nullable=False),  # the open guide, or ""
    Column("reachable", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("state_json", Text, nullable=False),  # the rest of bot.engine.chat.Chat
)

session = Table(
    "session",
    metadata,
    Column("chat", Text, primary_key=True),
    Column("flow", Text, primary_key=True),
    Column("step", Text, nullable=False),
    Column("finished", Boolean, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("state_json", Text, nullable=False),  # bot.engine.session.Session
    Index("session_step", "flow", "step"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("external", Text, primary_key=True),
    Column("chat", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # done | parked
    Column("reason", Text, nullable=False),  # why it was parked: a class of error, never a text
    Index("inbox_at", "at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("channel", Text, nullable=False),
    Column("chat", Text, nullable=False),  # the platform's chat id
    Column("kind", Text, nullable=False),  # message | voice | keyboard | deletion
    Column("payload", Text, nullable=False),  # emptied once sent, except where the channel shows it from here
    Column("state", Text, nullable=False),  # waiting | sent | failed | unknown
    Column("attempts", Integer, nullable=False),
    Column("receipt", Text, nullable=False),  # the platform's message id
    Column("reason", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("outbox_waiting", "state", "channel", "id"),
    Index("outbox_chat", "channel", "chat", "id"),
)

job = Table(
    "job",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("payload_json", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting | parked
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Index("job_due", "state", "due_at"),
)

journal = Table(
    "journal",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("chat", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("journal_flow", "flow", "step", "what"),
    Index("journal_chat", "chat"),
)

button = Table(
    "button",
    metadata,
    Column("id", Text, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("answer", Text, nullable=False),
)

file = Table(
    "file",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("digest", Text, primary_key=True),  # sha256 of the file's bytes
    Column("remote", Text, nullable=False),  # the platform's id for it
)
