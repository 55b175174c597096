"""What was learnt, certificates, families."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """New tables."""
    op.create_table(
        "mark",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("guide", sa.Text, primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("done_at", "passed_at")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("right", "asked")),
    )
    op.create_table(
        "certificate",
        sa.Column("serial", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "person", "initials", "team")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("issued_at", "revoked_at")),
    )
    op.create_index("certificate_person", "certificate", ["person"])
    op.create_index("certificate_team", "certificate", ["team"])
    op.create_table(
        "paper",
        sa.Column("hash", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("serial", "name", "language")),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_index("paper_serial", "paper", ["serial"])
    op.create_table(
        "family",
        sa.Column("head", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_index("family_hash", "family", ["hash"])
    op.create_table(
        "relative",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("head", sa.Text, nullable=False),
        sa.Column("called", sa.Text, nullable=False),
        sa.Column("shows", sa.Boolean, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_index("relative_head", "relative", ["head"])
