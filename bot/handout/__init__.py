"""Handouts: a guide on paper and as a picture to pass on. Everything printed comes from the flow and its texts."""
