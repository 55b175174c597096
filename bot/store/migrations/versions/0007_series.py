"""Series of broadcasts; indexes by which an audience is found and gathered faster."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """New columns; what was being gathered goes on where it was."""
    for name in ("series", "gathered_to"):
        op.add_column("broadcast", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.execute(
        "UPDATE broadcast SET gathered_to = coalesce((SELECT max(chat) FROM recipient "
        "WHERE recipient.broadcast = broadcast.id AND chat NOT LIKE '#%'), '') WHERE gathered_at = 0"
    )
    op.drop_index("recipient_once", "recipient")
    op.drop_index("recipient_chat", "recipient")
    op.create_index("recipient_once", "recipient", ["chat", "broadcast"], unique=True)
    op.drop_index("session_step", "session")
    op.create_index("session_step", "session", ["flow", "step", "finished", "chat"])
    if op.get_bind().dialect.name == "postgresql":  # SQLite orders by bytes anyway
        op.alter_column("chat", "place", type_=sa.Text(collation="C"), existing_nullable=False)
