"""Help counted, what people did who are forgotten, helpers who sit beside somebody."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """New tables."""
    op.create_table(
        "help_count",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("place", BYTES, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("person", "guide", "result", "age", "how")),
        sa.Column("number", sa.Integer, nullable=False),
    )
    op.create_index("help_count_team", "help_count", ["team", "day"])
    op.create_index("help_count_person", "help_count", ["person", "day"])
    op.create_table(
        "event_count",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("day", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("guide", "what", "step", "answer")),
        sa.Column("place", BYTES, nullable=False),
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
    )
    op.create_index("event_count_day", "event_count", ["day"])
    op.create_table(
        "pair",
        sa.Column("id", BIG, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("code", "person", "chat", "helper", "helper_chat", "team")
        ),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("made_at", "joined_at", "ended_at")),
    )
    op.create_index("pair_code", "pair", ["code"])
    op.create_index("pair_person", "pair", ["person"])
    op.create_index("pair_helper", "pair", ["helper"])
    op.create_table(
        "pair_try",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
    )
