"""Links that were forwarded, and what came of them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """New tables."""
    op.create_table(
        "link",
        sa.Column("code", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("guide", "step", "team", "kind")),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "link_count",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("team", "day", "guide", "kind", "what")),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "link_seen",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_index("link_seen_until", "link_seen", ["until"])
