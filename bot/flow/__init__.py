"""The language: what a guide is, how its file is read, checked, linked and drawn. Pure."""
