"""The tables, the same on SQLite and PostgreSQL. Times are milliseconds since 1970 UTC; `*_json` holds JSON text."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex

metadata = MetaData()

ONLY = "only"
"""What an index over some rows alone has in its `info`: which. SQLAlchemy's own words for it would load both dialects,
PostgreSQL's and its driver too (45 ms of each start)."""


@compiles(CreateIndex)
def _create_index(create: CreateIndex, compiler: Any, **about: Any) -> str:
    made = str(compiler.visit_create_index(create, **about))
    only = create.element.info.get(ONLY)
    return f"{made} WHERE {only}" if only else made


BYTES = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its bytes on both databases, so that an index finds all that begins alike."""

chat = Table(
    "chat",
    metadata,
    Column("key", Text, primary_key=True),  # "<channel>:<the platform's chat id>", set aside: with "/<number>"
    Column("channel", Text, nullable=False),
    Column("external", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("flow", Text, nullable=False),  # the open guide, or ""
    Column("reachable", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("state_json", Text, nullable=False),  # the rest of bot.engine.chat.Chat
    Column("place", BYTES, nullable=False, server_default=""),  # "thanh-hoa/ngoc-lac": province, commune, …; or ""
    Column("team", Text, nullable=False, server_default=""),  # whose people they are, or ""
    Index("chat_place", "place"),
    Index("chat_team", "team"),
)

session = Table(
    "session",
    metadata,
    Column("chat", Text, primary_key=True),
    Column("flow", Text, primary_key=True),
    Column("step", Text, nullable=False),
    Column("finished", Boolean, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("state_json", Text, nullable=False),  # bot.engine.session.Session
    Index("session_step", "flow", "step", "finished", "chat"),  # who stands where, without the rows themselves
)

inbox = Table(
    "inbox",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("external", Text, primary_key=True),
    Column("chat", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # done | parked
    Column("reason", Text, nullable=False),  # why it was parked: a class of error, never a text
    Index("inbox_at", "at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("channel", Text, nullable=False),
    Column("chat", Text, nullable=False),  # the platform's chat id, of who is set aside with "/<number>"
    Column(
        "kind", Text, nullable=False
    ),  # message | relayed | voice | document | photo | keyboard | deletion | correction
    Column("payload", Text, nullable=False),  # emptied once sent, except where the channel shows it from here
    Column("state", Text, nullable=False),  # waiting | sent | failed | unknown
    Column("attempts", Integer, nullable=False),
    Column("receipt", Text, nullable=False),  # the platform's message id
    Column("reason", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("outbox_waiting", "state", "channel", "id"),
    Index("outbox_chat", "channel", "chat", "id"),
)

job = Table(
    "job",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("payload_json", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting | parked
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Index("job_due", "state", "due_at"),
)

journal = Table(
    "journal",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("chat", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("journal_flow", "flow", "step", "what"),
    Index("journal_chat", "chat"),
)

request = Table(
    "request",
    metadata,
    Column("id", Text, primary_key=True),  # the receipt the person was given
    Column("kind", Text, nullable=False),  # see | delete | correct | withdraw | object
    Column("subject", Text, nullable=False),  # a hash of the chat's key, see bot/store/requests.py; emptied in time
    Column("asked_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("done_at", BigInteger, nullable=False),  # 0: not yet
    Column("note", Text, nullable=False),
    Index("request_done", "done_at"),
)

breach = Table(
    "breach",
    metadata,
    Column("id", Text, primary_key=True),
    Column("found_at", BigInteger, nullable=False),
    Column("told_at", BigInteger, nullable=False),  # when the authority was told; 0: not yet
    Column("note", Text, nullable=False),
)

button = Table(
    "button",
    metadata,
    Column("id", Text, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("answer", Text, nullable=False),
)

file = Table(
    "file",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("digest", Text, primary_key=True),  # sha256 of the file's bytes
    Column("remote", Text, nullable=False),  # the platform's id for it
    Column("until", BigInteger, nullable=False, server_default="0"),  # when the platform drops it; 0: never
)

broadcast = Table(
    "broadcast",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("name", Text, nullable=False),  # of its file; a test's has more behind it
    Column("kind", Text, nullable=False),  # tip | notice | emergency | test
    Column("topic", Text, nullable=False),
    Column("state", Text, nullable=False),  # asked | scheduled | running | waiting | paused | stopping | stopped | done
    Column("reason", Text, nullable=False),  # why it is paused or rests
    Column("content_json", Text, nullable=False),  # bot.broadcast.model.Broadcast, as it was when it was sent
    Column("version", Integer, nullable=False),  # of the words; a correction makes a new one
    Column("change", Text, nullable=False),  # what is done to messages that were sent: "" | correct | delete
    Column("sender", Text, nullable=False),  # who sent it, as they call themselves
    Column("approvals_json", Text, nullable=False),  # who approved it
    Column("expected", Integer, nullable=False),  # how many the sender expects to get it
    Column("created_at", BigInteger, nullable=False),
    Column("start_at", BigInteger, nullable=False),
    Column("gathered_at", BigInteger, nullable=False),  # when all recipients stood; 0: not yet
    Column("ended_at", BigInteger, nullable=False),  # 0: not yet
    Column("rest_until", BigInteger, nullable=False),  # quiet hours, a canary being judged; 0: it does not rest
    Column("until_n", BigInteger, nullable=False),  # the last recipient of the canary; 0: everybody
    Column("waits", Integer, nullable=False),  # how often the platform said: too fast
    Column("counts_json", Text, nullable=False),  # the report, once the recipients are forgotten
    Column("series", Text, nullable=False, server_default=""),  # the series it is a part of, or ""
    Column("gathered_to", Text, nullable=False, server_default=""),  # the last chat that was looked at while gathering
    Index("broadcast_name", "name", unique=True),
)

recipient = Table(
    "recipient",
    metadata,
    Column("broadcast", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),  # from 1
    Column("chat", Text, nullable=False),  # the chat's key; "#<n>" once it is erased
    Column("channel", Text, nullable=False),
    Column("state", Text, nullable=False),  # planned | claimed | sent | failed | skipped | unknown | deleted
    Column("reason", Text, nullable=False),  # failed: the class; skipped: why; sent: why a change was refused
    Column("attempts", Integer, nullable=False),
    Column("message", Text, nullable=False),  # the platform's message id
    Column("version", Integer, nullable=False),  # of the words that were sent
    Column("at", BigInteger, nullable=False),  # when that state came
    Column("owner", Integer, nullable=False, server_default="0"),  # the process that claimed it; 0: the only one
    Index("recipient_once", "chat", "broadcast", unique=True),
    Index(
        "recipient_planned",
        *("broadcast", "channel", "n"),
        info={ONLY: "state = 'planned'"},
    ),
)

optout = Table(
    "optout",
    metadata,
    Column("chat", Text, primary_key=True),
    Column("topic", Text, primary_key=True),  # "": no broadcast of any topic
    Column("at", BigInteger, nullable=False),
)

pace = Table(
    "pace",
    metadata,
    Column("key", Text, primary_key=True),  # a channel, or "broadcast <id>" for one that is spread over hours
    Column("next_at", BigInteger, nullable=False),  # microseconds since 1970 UTC: when the next may go out
    Column("held_at", BigInteger, nullable=False),  # when the platform said: too fast; milliseconds
    Column("held_until", BigInteger, nullable=False),  # until when nobody is sent anything
)

quota = Table(
    "quota",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("month", Text, primary_key=True),  # "2026-11", Viet Nam's
    Column("sent", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("received_until", BigInteger, nullable=False),  # when the newest of those that came in was sent
)

team = Table(
    "team",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # bot.people.team.KINDS
    Column("place", BYTES, nullable=False),  # a key as of chat.place
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),  # 0: it is there
    Index("team_place", "place"),
)

role = Table(
    "role",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("person", Text, nullable=False),  # bot.engine.chat.Chat.person
    Column("role", Text, nullable=False),  # bot.people.role.Role
    Column("team", Text, nullable=False),  # of volunteers and leads; else ""
    Column("place", Text, nullable=False),  # of the others; "": everywhere. Where a team is, its own row says
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),  # 0: they hold it
    Column("given_by", Text, nullable=False),  # a person, or "": the operator
    Index("role_person", "person"),
    Index("role_team", "team"),
    Index(
        "role_once",
        *("person", "role", "team", "place"),
        unique=True,
        info={ONLY: "until = 0"},
    ),
)

invitation = Table(
    "invitation",
    metadata,
    Column("hash", Text, primary_key=True),  # of the token, which is kept nowhere
    Column("role", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("by", Text, nullable=False),  # a person, or "": the operator
    Column("expires_at", BigInteger, nullable=False),
    Column("used_by", Text, nullable=False),
    Column("used_at", BigInteger, nullable=False),  # 0: not yet
    Column("withdrawn_at", BigInteger, nullable=False),  # 0: it stands
    Index("invitation_by", "by"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),  # a person, "operator", or "": somebody who was forgotten
    Column("right", Text, nullable=False),  # bot.people.role.Right, or what was done with a role
    Column("team", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("what", Text, nullable=False),  # a word or two, never a name or what somebody typed
    Column("allowed", Boolean, nullable=False),
    Index("audit_who", "who"),
    Index("audit_at", "at"),
)

key = Table(
    "key",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),  # hexadecimal
    Column("made_at", BigInteger, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("account", Text, primary_key=True),  # "zalo_oa:<app id>"
    Column("access", Text, nullable=False),
    Column("refresh", Text, nullable=False),
    Column("access_until", BigInteger, nullable=False),
    Column("refresh_until", BigInteger, nullable=False),
    Column("renewed_at", BigInteger, nullable=False),
    Column("busy_until", BigInteger, nullable=False),  # until when somebody is renewing it; 0: nobody
)

reach = Table(
    "reach",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("chat", Text, primary_key=True),  # the platform's chat id
    Column("opened_at", BigInteger, nullable=False),  # when the person last did something; 0: it is closed
    Column("silent_until", BigInteger, nullable=False),  # somebody of the staff answers there by hand; 0: nobody
)

relay = Table(
    "relay",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),  # in the order they were taken in
    Column("part", Integer, nullable=False),  # bot/store/parts.py
    Column("chat", Text, nullable=False),
    Column("external", Text, nullable=False),
    Column("payload", Text, nullable=False),  # bot.channel.base.Incoming; there until its chat's owner takes it
    Column("at", BigInteger, nullable=False),
    Index("relay_part", "part", "id"),
    Index("relay_chat", "chat"),
)

ticket = Table(
    "ticket",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("person", Text, nullable=False),  # who called; "" once they are forgotten
    Column("chat", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("guide", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("about_json", Text, nullable=False),  # what a helper sees
    Column("state", Text, nullable=False),  # open | claimed | closed
    Column("opened_at", BigInteger, nullable=False),
    Column("claimed_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger, nullable=False),
    Column("how", Text, nullable=False),  # it ended: solved | thanks | left | gone | silent | abuse
    Index("ticket_team", "team", "state"),
    Index("ticket_person", "person"),
)

ticket_side = Table(
    "ticket_side",
    metadata,
    Column("ticket", BigInteger, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("chat", Text, nullable=False),
    Column("asks", Boolean, nullable=False),
    Index("ticket_side_person", "person"),
)

duty = Table(
    "duty",
    metadata,
    Column("person", Text, primary_key=True),
    Column("chat", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Index("duty_team", "team"),
)

link = Table(
    "link",
    metadata,
    Column("code", Text, primary_key=True),  # a short code: bot/people/link.py
    Column("guide", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("team", Text, nullable=False),  # "": nobody is counted
    Column("kind", Text, nullable=False),  # bot.people.link.Kind
    Column("made_at", BigInteger, nullable=False),
)

link_count = Table(
    "link_count",
    metadata,
    Column("team", Text, primary_key=True),
    Column("day", Text, primary_key=True),  # "2026-11-23", Viet Nam's
    Column("guide", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # bot.people.link.Kind
    Column("what", Text, primary_key=True),  # opened | started | stuck | finished
    Column("count", BigInteger, nullable=False),
)

link_seen = Table(
    "link_seen",
    metadata,
    Column("hash", Text, primary_key=True),  # that somebody was counted; nobody is known by it
    Column("until", BigInteger, nullable=False),  # when it is dropped
    Index("link_seen_until", "until"),
)

help_count = Table(
    "help_count",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("day", Integer, nullable=False),  # days since 1970-01-01, Viet Nam's
    Column("team", Text, nullable=False),
    Column("place", BYTES, nullable=False),  # where the team is, or the commune that was named
    Column("person", Text, nullable=False),  # who counted, for as long as it can be taken back; then ""
    Column("guide", Text, nullable=False),
    Column("result", Text, nullable=False),  # bot.people.count.RESULTS
    Column("age", Text, nullable=False),  # bot.people.count.AGES, or ""
    Column("how", Text, nullable=False),  # told | walked
    Column("number", Integer, nullable=False),  # of people helped
    Index("help_count_team", "team", "day"),
    Index("help_count_person", "person", "day"),
)

event_count = Table(
    "event_count",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("day", Integer, nullable=False),  # as of help_count
    Column("guide", Text, nullable=False),
    Column("what", Text, nullable=False),  # started | stuck | ended
    Column("step", Text, nullable=False),  # where somebody was stuck; else ""
    Column("answer", Text, nullable=False),  # the kind of the end; else ""
    Column("place", BYTES, nullable=False),
    Column("team", Text, nullable=False),
    Column("number", Integer, nullable=False),  # of people who are forgotten
    Index("event_count_day", "day"),
)

pair = Table(
    "pair",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("code", Text, nullable=False),  # four digits; "" once somebody has typed them
    Column("person", Text, nullable=False),  # who is helped; "" once they are forgotten
    Column("chat", Text, nullable=False),
    Column("helper", Text, nullable=False),  # "": nobody yet
    Column("helper_chat", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("joined_at", BigInteger, nullable=False),  # 0: not yet
    Column("ended_at", BigInteger, nullable=False),  # 0: not yet
    Index("pair_code", "code"),
    Index("pair_person", "person"),
    Index("pair_helper", "helper"),
)

pair_try = Table(
    "pair_try",
    metadata,
    Column("person", Text, primary_key=True),  # a helper who typed a wrong code
    Column("since", BigInteger, nullable=False),  # when the first of these tries was
    Column("tries", Integer, nullable=False),
)

mark = Table(
    "mark",
    metadata,
    Column("person", Text, primary_key=True),  # bot.engine.chat.Chat.person
    Column("guide", Text, primary_key=True),
    Column("done_at", BigInteger, nullable=False),  # when its end was first reached; 0: not yet
    Column("passed_at", BigInteger, nullable=False),  # when its quiz was first passed; 0: not yet
    Column("right", Integer, nullable=False),  # of that time: answers that were right
    Column("asked", Integer, nullable=False),  # of so many
)

certificate = Table(
    "certificate",
    metadata,
    Column("serial", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # a key of skills.toml
    Column("person", Text, nullable=False),  # whose it is; "" once they are forgotten
    Column("initials", Text, nullable=False),  # all that is kept of the name; "" once they are forgotten
    Column("team", Text, nullable=False),  # of a volunteer; else ""
    Column("issued_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger, nullable=False),  # 0: it is valid
    Index("certificate_person", "person"),
    Index("certificate_team", "team"),
)

paper = Table(
    "paper",
    metadata,
    Column("hash", Text, primary_key=True),  # of what its link carries, which is kept nowhere
    Column("serial", Text, nullable=False),
    Column("name", Text, nullable=False),  # as it is printed; the row is dropped after a day
    Column("language", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Index("paper_serial", "serial"),
)

family = Table(
    "family",
    metadata,
    Column("head", Text, primary_key=True),  # the person who invites
    Column("hash", Text, nullable=False),  # of the code that lets somebody in
    Column("until", BigInteger, nullable=False),  # how long that is good
    Index("family_hash", "hash"),
)

relative = Table(
    "relative",
    metadata,
    Column("person", Text, primary_key=True),
    Column("head", Text, nullable=False),  # whose family they are in
    Column("called", Text, nullable=False),  # their form of address when they came: "ba"
    Column("shows", Boolean, nullable=False),  # whether the head may see what they have finished
    Column("since", BigInteger, nullable=False),
    Index("relative_head", "head"),
)

tip = Table(
    "tip",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("writer", Text, nullable=False),  # bot.engine.chat.Chat.person; "" once they are forgotten
    Column("chat", Text, nullable=False),  # where they wrote it
    Column("place", Text, nullable=False),  # whose people it is for; "": everybody, "?": not chosen yet
    Column("who", Text, nullable=False),  # all | stuck.<guide> | finished.<guide>
    Column("text", Text, nullable=False),
    Column("start_at", BigInteger, nullable=False),  # 0: at once; -1: nobody has said
    Column("people", BigInteger, nullable=False),  # how many would get it; -1: not counted
    Column("state", Text, nullable=False),  # written | asked (for somebody who may send it) | sent
    Column("sender", Text, nullable=False),  # the person who sent it; "" once they are forgotten
    Column("sender_chat", Text, nullable=False),
    Column("broadcast", BigInteger, nullable=False),  # what it was sent as; 0: not yet
    Column("changed_at", BigInteger, nullable=False),
    Index("tip_writer", "writer"),
)

joined = Table(
    "joined",
    metadata,
    Column("person", Text, primary_key=True),  # bot.engine.chat.Chat.person
    Column("chat", Text, nullable=False),  # where they are kept: renamed when a shared phone changes hands
    Column("group", Text, nullable=False),  # the same for all chats of one person; says nothing else
    Column("since", BigInteger, nullable=False),
    Index("joined_chat", "chat"),
    Index("joined_group", "group"),
)

join_code = Table(
    "join_code",
    metadata,
    Column("person", Text, primary_key=True),  # who was shown it
    Column("chat", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
    Index("join_code_hash", "hash"),
)

join_try = Table(
    "join_try",
    metadata,
    Column("person", Text, primary_key=True),  # who typed a wrong code
    Column("since", BigInteger, nullable=False),  # when the first of these tries was
    Column("tries", Integer, nullable=False),
)
