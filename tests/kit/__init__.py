"""Doubles of the outer world and small tools for tests; everything speaks real HTTP."""
