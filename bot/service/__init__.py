"""The hands: the loops that bring events to the core and carry out its effects."""
