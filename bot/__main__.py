"""`python -m bot`."""

from __future__ import annotations

import gc

gc.disable()  # looking for garbage while modules load costs a seventh of the start; what runs on switches it on again

from bot.cli import app  # noqa: E402


def main() -> None:
    """The command line."""
    app()


if __name__ == "__main__":
    main()
