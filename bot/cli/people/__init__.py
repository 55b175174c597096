"""`bot admin` and `bot team`: who may do what, and the teams."""
