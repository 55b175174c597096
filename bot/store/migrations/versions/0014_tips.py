"""Tips written in the chat."""

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """New tables."""
