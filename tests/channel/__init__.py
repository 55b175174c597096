"""The mouths of the bot: each against a strict double over real HTTP, and all against one contract."""
