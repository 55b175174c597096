"""Cầm Tay: walks a person through a guide, one step at a time."""

__version__ = "0.1.0"
