"""Several processes: what one takes in for another, and who claimed a recipient."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """A table and a column."""
    op.create_table(
        "relay",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("chat", sa.Text, nullable=False),
        sa.Column("external", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("relay_part", "relay", ["part", "id"])
    op.create_index("relay_chat", "relay", ["chat"])
    op.add_column("recipient", sa.Column("owner", sa.Integer, nullable=False, server_default="0"))
