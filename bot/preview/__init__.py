"""A guide as it looks on each channel, side by side, for who writes it."""
