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
    *("yes", "grief", "fewer", "fewer_all", "more", "broadcast.test"),
    *("edited", "too_long", "gone", "stale", "stale_here", "delete_ask", "deleted"),
    *("people", "profile", "profile.typed", "turn", "newcomer", "from_before"),
    *(f"team.{block}" for block in ("none", "menu", "joined", "invited", "leave_ask", "left", "not_allowed")),
    *(f"team.{block}" for block in ("link_unknown", "link_used", "link_old", "team_ended", "already", "other_team")),
    *(
        f"team.{block}"
        for block in ("too_many", "members", "member", "member_gone", "revoke_ask", "revoked", "was_revoked")
    ),
    *(f"tip.{block}" for block in ("menu", "write", "fault_long", "fault_link", "fault_number", "fault_secret")),
    "tip.busy",
    *(f"tip.{block}" for block in ("place", "which_place", "no_place", "whom", "guide", "which_guide", "no_guide")),
    *(f"tip.{block}" for block in ("counting", "counted", "nobody", "confirm", "only_number", "wrong_number")),
    *(f"tip.{block}" for block in ("no_time", "past", "far")),
    *(f"tip.{block}" for block in ("sending", "sent", "waits", "asks", "asked", "approve", "approved", "refused")),
    *(f"tip.{block}" for block in ("was_approved", "was_refused", "no_sender", "no_right", "not_there", "not_own")),
    *(f"tip.{block}" for block in ("late", "gone", "dropped", "status", "did_pause", "did_resume", "did_stop")),
    *(f"tip.state_{state}" for state in ("waiting", "asked", "scheduled", "running", "paused", "stopping", "stopped")),
    *("tip.state_done", "tip.by_sender", "tip.by_commune_admin", "tip.by_admin"),
    *(f"help.{block}" for block in ("offer", "place", "which_place", "no_place", "nobody", "called", "already")),
    *(f"help.{block}" for block in ("joined", "waits_again", "said", "words_only", "over", "ended", "one_left")),
    *(f"help.{block}" for block in ("on_duty", "off_duty", "learn_first", "queue", "waiting", "busy", "taken")),
    *(f"help.{block}" for block in ("claimed", "more", "replied", "second_asked", "passed_on", "thanked", "missed")),
    "help.sent",
    *(f"help.photo{block}" for block in ("", "_ask", "_sent", "_dropped", "_across", "_elsewhere")),
    *(f"help_replies.{block}" for block in ("hello", "slowly", "no_code", "where", "done")),
    *(f"forward.{block}" for block in ("card", "how", "which", "lost", "too_many", "opens", "inside")),
    *(f"forward.{block}" for block in ("handout", "handout_pdf", "handout_png", "no_door")),
    *(f"count.{block}" for block in ("team", "guide", "which", "result", "age", "sure", "counted", "undone", "today")),
    *(f"count.{block}" for block in ("too_many", "enough", "too_late", "yes", "guest_begins", "guest_over")),
    *(f"beside.{block}" for block in ("already", "too_often", "code", "ask", "no_more", "wrong", "joined", "is_over")),
    *(f"beside.{block}" for block in ("did_next", "did_again", "did_aloud", "thanked", "over", "begins", "moved")),
    *("beside.next", "digest.week", "campaign.none", "campaign.counting", "campaign.progress", "campaign.target"),
    *("digest.month", "digest.month_line"),
    *("plan.near", "plan.over"),
    *(f"digest.{block}" for block in ("report", "of_place", "of_team", "by_guide", "by_team", "by_place", "meaning")),
    *(f"digest.{block}" for block in ("row", "total", "other", "hidden", "hides", "every", "notes")),
    *(f"digest.col_{name}" for name in ("helped", "done", "part", "not", "young", "middle", "old", "no_age", "walked")),
    *(f"digest.means_{name}" for name in ("walked", "calls", "started", "came")),
    *(f"digest.col_{name}" for name in ("calls", "started", "finished", "came", "came_finished")),
    *(f"count.result_{result}" for result in ("done", "part", "not")),
    *(f"count.age_{age}" for age in ("young", "middle", "old", "any")),
    *(f"learning.{block}" for block in ("card", "group", "relative")),
    *(f"learning.family_{block}" for block in ("none", "own", "code", "joined", "member", "mine", "other", "full")),
    *(f"learning.family_{block}" for block in ("wrong", "tries", "left")),
    *(f"certificate.{block}" for block in ("earned", "ask_name", "made", "other_name", "of_team", "look", "unknown")),
    *(f"certificate.name_{block}" for block in ("empty", "long", "number", "signs")),
    *(
        f"certificate.{block}"
        for block in ("revoke_ask", "revoked", "no_such", "was_revoked", "learn_first", "no_team")
    ),
    *(f"certificate.paper_{block}" for block in ("title", "gives", "passed", "team", "day", "serial", "check", "note")),
    "certificate.paper_code_alt",
    *(f"certificate.page_{block}" for block in ("valid", "revoked", "erased", "unknown", "says", "check")),
    *(f"join.{block}" for block in ("code", "ask", "joined", "wrong", "no_more", "here", "already", "other", "full")),
    *(f"join.{block}" for block in ("nothing", "carried", "left", "left_there", "erased_there")),
    *("refused_number", "refused_text", "refused_date", "refused_phone"),
    *(f"no_buttons.{block}" for block in ("press", "say", "always", "always_too", "listen", "button", "number")),
    *(f"no_buttons.{block}" for block in ("hear", "hear_it", "call_it", "visit_it")),
    *("scam_ask", "scam_stop", "scam_careful", "scam_no_sign", "scam_number", "scam_signs.look_alike"),
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
