"""Broadcasts, and what their audience is chosen by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

PLANNED = sa.text("state = 'planned'")


def upgrade() -> None:
    """Four new tables, and two columns of a chat."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    for name in ("place", "team"):
        op.add_column("chat", sa.Column(name, sa.Text, nullable=False, server_default=""))
        op.create_index(f"chat_{name}", "chat", [name])
    op.create_table(
        "broadcast",
        sa.Column("id", number, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("content_json", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("approvals_json", sa.Text, nullable=False),
        sa.Column("expected", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("start_at", sa.BigInteger, nullable=False),
        sa.Column("gathered_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("rest_until", sa.BigInteger, nullable=False),
        sa.Column("until_n", sa.BigInteger, nullable=False),
        sa.Column("waits", sa.Integer, nullable=False),
        sa.Column("counts_json", sa.Text, nullable=False),
    )
    op.create_index("broadcast_name", "broadcast", ["name"], unique=True)
    op.create_table(
        "recipient",
        sa.Column("broadcast", number, primary_key=True, autoincrement=False),
        sa.Column("n", number, primary_key=True, autoincrement=False),
        sa.Column("chat", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("recipient_chat", "recipient", ["chat"])
    op.create_index("recipient_once", "recipient", ["broadcast", "chat"], unique=True)
    op.create_index(
        "recipient_planned",
        "recipient",
        ["broadcast", "channel", "n"],
        sqlite_where=PLANNED,
        postgresql_where=PLANNED,
    )
    op.create_table(
        "optout",
        sa.Column("chat", sa.Text, primary_key=True),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "pace",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("held_at", sa.BigInteger, nullable=False),
        sa.Column("held_until", sa.BigInteger, nullable=False),
    )
