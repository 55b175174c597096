"""Tips written in the chat."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """New tables."""
    op.create_table(
        "tip",
        sa.Column("id", BIG, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("writer", "chat", "place", "who", "text")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("start_at", "people")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("state", "sender", "sender_chat")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("broadcast", "changed_at")),
    )
    op.create_index("tip_writer", "tip", ["writer"])
