"""Chats of one person on several channels."""

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """New tables."""
