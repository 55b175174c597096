"""Token pairs of platforms that renew them, when a chat may be written to, and until when a platform keeps a file."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Two tables and a column."""
    op.create_table(
        "token",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("access", sa.Text, nullable=False),
        sa.Column("refresh", sa.Text, nullable=False),
        sa.Column("access_until", sa.BigInteger, nullable=False),
        sa.Column("refresh_until", sa.BigInteger, nullable=False),
        sa.Column("renewed_at", sa.BigInteger, nullable=False),
        sa.Column("busy_until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "reach",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("chat", sa.Text, primary_key=True),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("silent_until", sa.BigInteger, nullable=False),
    )
    op.add_column("file", sa.Column("until", sa.BigInteger, nullable=False, server_default="0"))
