"""Names of the bot's own sentences that the code says: `content/<language>/_bot/<file>.j2`, or `<file>.<block>`."""

from __future__ import annotations

from bot.flow.own import OWN

MEDIA = ("photo", "voice", "sticker", "location", "contact", "document", "other")
"""Kinds of things sent that are no words; each has a sentence of its own."""

COMMANDS = ("start", "home", "help", "check", "language", "address", "people", "about", "data", "delete")
"""The command menu of channels that have one, in order; each has a description."""

HANDOUT = (
    *("you", "me", "tagline", "scan", "scan_1", "scan_2", "scan_3", "link", "code_alt", "warning", "team", "call"),
    *("choose", "stuck", "done", "aside", "to", "done_to", "read_to", "again", "read_again", "to_card"),
    *("guide", "guide_how", "otherwise", "when", "when_card", "depends", "passed", "not_passed", "else", "case", "or"),
    *("sources", "sources_checked", "source", "source_others", "checked", "version", "page"),
)
"""What stands on paper beside the words of a guide: blocks of handout.j2."""

_SAID = (
    *("welcome", "address", "home", "language", "about", "group", "error", "placeholder"),
    *("progress", "record", "picture", "at_start", "changed", "ended", "chapter", "resume", "remind", "reminders_off"),
    *("not_yet", "stuck", "stuck_none", "not_understood", "guesses", "found", "alarm", "human", "thanks", "my_data"),
    *("fewer", "fewer_all", "more", "broadcast.test"),
    *("edited", "too_long", "gone", "stale", "stale_here", "delete_ask", "deleted"),
    *("people", "profile", "profile.typed", "turn", "newcomer", "from_before"),
    *(f"team.{block}" for block in ("none", "menu", "joined", "invited", "leave_ask", "left", "not_allowed")),
    *(f"team.{block}" for block in ("link_unknown", "link_used", "link_old", "team_ended", "already", "other_team")),
    *("team.too_many",),
    *(f"help.{block}" for block in ("offer", "place", "which_place", "no_place", "nobody", "called", "already")),
    *(f"help.{block}" for block in ("joined", "waits_again", "said", "words_only", "over", "ended", "one_left")),
    *(f"help.{block}" for block in ("on_duty", "off_duty", "learn_first", "queue", "waiting", "busy", "taken")),
    *(f"help.{block}" for block in ("claimed", "more", "replied", "second_asked", "passed_on", "thanked")),
    *(f"help_replies.{block}" for block in ("hello", "slowly", "no_code", "where", "done")),
    *("refused_number", "refused_text", "refused_date", "refused_phone"),
    *(f"no_buttons.{block}" for block in ("press", "say", "always", "always_too", "listen")),
    *(f"no_buttons.{block}" for block in ("hear", "hear_it", "call_it", "visit_it")),
    *("scam_ask", "scam_stop", "scam_careful", "scam_no_sign", "scam_signs.look_alike"),
)

SENTENCES = (
    *_SAID,
    *("secret_otp", "secret_password", "secret_id", "secret_card"),
    *(f"media_{kind}" for kind in MEDIA),
    *(f"commands.{name}" for name in COMMANDS),
    *(f"buttons.{answer}" for answer, own in OWN.items() if own.labelled),
    "buttons.language_name",
    *(f"handout.{block}" for block in HANDOUT),
)
"""All of them; the checker demands each in every language."""
