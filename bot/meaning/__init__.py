"""The ear: what typed words mean. Pure."""
