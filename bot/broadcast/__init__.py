"""Broadcasts as they are written: the file, its words, the audience. Pure once its files are read."""
