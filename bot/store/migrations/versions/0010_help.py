"""Calls for help."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """New tables."""
    texts = ("person", "chat", "team", "place", "guide", "step", "about_json", "state")
    times = ("opened_at", "claimed_at", "closed_at")
    op.create_table(
        "ticket",
        sa.Column("id", BIG, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in times),
        sa.Column("how", sa.Text, nullable=False),
    )
    op.create_index("ticket_team", "ticket", ["team", "state"])
    op.create_index("ticket_person", "ticket", ["person"])
    op.create_table(
        "ticket_side",
        sa.Column("ticket", sa.BigInteger, primary_key=True),
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("chat", sa.Text, nullable=False),
        sa.Column("asks", sa.Boolean, nullable=False),
    )
    op.create_index("ticket_side_person", "ticket_side", ["person"])
    op.create_table(
        "duty",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("chat", sa.Text, nullable=False),
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_index("duty_team", "duty", ["team"])
