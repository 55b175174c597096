"""Links that were forwarded, and what came of them."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """New tables."""
