"""Voices for words that nobody has recorded: programs that speak, what they say as a file, kept by hash."""
