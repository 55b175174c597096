"""Teams, roles, invitations, the record of rights used."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """New tables."""
    op.create_table(
        "team",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("place", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
    )
    op.create_index("team_place", "team", ["place"])
    op.create_table(
        "role",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("given_by", sa.Text, nullable=False),
    )
    op.create_index("role_person", "role", ["person"])
    op.create_index("role_team", "role", ["team"])
    held = sa.text("until = 0")
    columns = ["person", "role", "team", "place"]
    op.create_index("role_once", "role", columns, unique=True, sqlite_where=held, postgresql_where=held)
    op.create_table(
        "invitation",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("used_by", sa.Text, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger, nullable=False),
    )
    op.create_index("invitation_by", "invitation", ["by"])
    op.create_table(
        "audit",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("right", sa.Text, nullable=False),
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("allowed", sa.Boolean, nullable=False),
    )
    op.create_index("audit_who", "audit", ["who"])
    op.create_index("audit_at", "audit", ["at"])
    op.create_table(
        "key",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
