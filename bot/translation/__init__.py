"""Translating: which words were made from which, and PO files for those who translate. Nothing here serves a person."""
