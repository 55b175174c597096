"""Chats of one person on several channels."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """New tables."""
    op.create_table(
        "joined",
        sa.Column("person", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("chat", "group")),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_index("joined_chat", "joined", ["chat"])
    op.create_index("joined_group", "joined", ["group"])
    op.create_table(
        "join_code",
        sa.Column("person", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("chat", "hash")),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_index("join_code_hash", "join_code", ["hash"])
    op.create_table(
        "join_try",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
    )
