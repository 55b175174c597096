"""Every action of the chat, for every role, over what is theirs and what is not: tapped on a button of before, or typed.

The actions are those of `bot.service.answers`: a new one needs a line here, or the first test fails. Who may do what is
asked of `bot.people.role.may`, whose own table is written out by hand in tests/people/test_rights.py. Each case goes
in by the door of all that comes in; refused means: told so, nothing written, nobody else told, nothing allowed in the
audit log.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from bot.broadcast.model import Kind
from bot.channel.base import Message, What
from bot.engine.button import ButtonMeaning, button_id
from bot.engine.chat import Chat
from bot.people.role import TABLE, Grant, Right, Role, may
from bot.people.team import Team
from bot.service import certificate, handout
from bot.service.answers import _ANYWHERE as ANSWERS
from bot.service.tip.words import content
from bot.service.tip.words import name_of as name_of_tip
from bot.store import broadcasts, buttons, certificates, chats, counts, marks, pairs, roles, teams, tickets, tips
from bot.store.certificates import Certificate
from bot.store.counts import Help, day_at
from bot.store.marks import Mark
from bot.store.tickets import Side, Ticket
from bot.store.tips import Tip
from tests.kit.shell import MORNING, a_bot, make_root
from tests.people.test_rights import FAR, HERE, NEAR

if TYPE_CHECKING:
    from collections.abc import Callable

HOLDERS = {
    "nobody": (),
    "volunteer": (Grant(Role.VOLUNTEER, "own", HERE),),
    "lead": (Grant(Role.LEAD, "own", HERE),),
    "editor": (Grant(Role.EDITOR, place=HERE),),
    "sender": (Grant(Role.SENDER, place=HERE),),
    "commune": (Grant(Role.COMMUNE_ADMIN, place=HERE),),
    "province": (Grant(Role.COMMUNE_ADMIN, place="thanh-hoa"),),
    "admin": (Grant(Role.ADMIN),),
}
"""Whoever taps: what they hold."""

TARGETS = {"own": HERE, "other": HERE, "near": NEAR, "far": FAR}
"""Teams and where they are: the team of `HOLDERS`, another one of its commune, of its province, of another province."""

GUARDED = (
    *("team", "role", "invitation", "ticket", "ticket_side", "duty", "help_count", "pair", "certificate", "tip"),
    *("broadcast", "recipient", "link", "job", "paper", "mark"),
)
"""What nobody changes who may not. `job` holds the notices to other chats too."""

OF_THE_BOT = " where kind not in ('sweep', 'digest')"
"""Jobs that are not these."""

REFUSALS = (
    "Việc này bạn chưa được giao.",
    "Bạn chưa ở đội nào.",
    "Bạn chưa được giao soạn mẹo cho nơi này.",
    "Mẹo này không còn ở đây nữa.",
)
"""The first words of every refusal."""


@dataclass(frozen=True, slots=True)
class Act:
    """What is tapped, with `{…}` filled in; who may; the right whose use is written down (None: none is used yet)."""

    about: str
    who: Callable[[tuple[Grant, ...], str, str], bool]
    right: Right | None = None
    learnt: bool = True


def by(right: Right) -> Callable[[tuple[Grant, ...], str, str], bool]:
    """Who has this right over the team, or (of tips) over its place."""
    of_place = right in {Right.WRITE_TIP, Right.SEND_TIP, Right.APPROVE_TIP}
    return lambda grants, team, place: may(grants, right, place=place, team="" if of_place else team)


def using(about: str, right: Right) -> Act:
    """An action that uses this right."""
    return Act(about, by(right), right)


def looks_after(grants: tuple[Grant, ...], team: str, place: str) -> bool:
    """Whoever is in the team, or looks after its place."""
    return may(grants, Right.SEE_TEAM_COUNTS, place=place, team=team)


def is_in(grants: tuple[Grant, ...], team: str, _place: str) -> bool:
    """Whoever is in the team."""
    return any(grant.team == team for grant in grants)


def writes_anywhere(grants: tuple[Grant, ...], _team: str, _place: str) -> bool:
    """Whoever writes tips for some place."""
    return any(TABLE[Right.WRITE_TIP][grant.role].value != "-" for grant in grants)


def has_to_do_with_tips(grants: tuple[Grant, ...], _team: str, place: str) -> bool:
    """Whoever has a right over a tip of that place."""
    return any(may(grants, right, place=place) for right in (Right.WRITE_TIP, Right.SEND_TIP, Right.APPROVE_TIP))


ACTS = {
    "team": Act("{team}", looks_after),
    "team_more": Act("{team}", looks_after),
    "leave_sure": Act("{team}", is_in),
    "invite_volunteer": using("{team}", Right.INVITE_VOLUNTEER),
    "invite_lead": using("{team}", Right.INVITE_LEAD),
    "queue": using("{team}", Right.SEE_QUEUE),
    "duty_on": using("{team}", Right.SEE_QUEUE),
    "claim": using("{waits}", Right.TAKE_TICKET),
    "claim_second": using("{taken}", Right.TAKE_TICKET),
    "count": Act("{team}", by(Right.COUNT_HELP)),
    "count_as": using("{team},tea,done,any,3", Right.COUNT_HELP),
    "targets": using("{team}", Right.SEE_TEAM_COUNTS),
    "month": using("{team}", Right.SEE_COMMUNE_COUNTS),
    "guest": using("{team}", Right.COUNT_HELP),
    "beside": using("{team}", Right.TAKE_TICKET),
    "members": using("{team}", Right.REVOKE_VOLUNTEER),
    "member": Act("{volunteer}", by(Right.REVOKE_VOLUNTEER)),
    "member_sure": using("{volunteer}", Right.REVOKE_VOLUNTEER),
    "certificates": using("{team}", Right.REVOKE_CERTIFICATE),
    "certificate_sure": using("{serial}", Right.REVOKE_CERTIFICATE),
    "tip_new": Act("0", writes_anywhere),
    "tip_edit": Act("{mine}", writes_anywhere),
    "tip_place": using("{mine}.{place}", Right.WRITE_TIP),
    "tip_all": using("{mine}", Right.WRITE_TIP),
    "tip_stuck": Act("{mine}", writes_anywhere),
    "tip_finished": Act("{mine}", writes_anywhere),
    "tip_guide": using("{mine}.stuck.tea", Right.WRITE_TIP),
    "tip_now": Act("{mine}", by(Right.WRITE_TIP)),
    "tip_tomorrow": Act("{mine}", by(Right.WRITE_TIP)),
    "tip_send": using("{asked}", Right.SEND_TIP),
    "tip_approve": using("{sent}", Right.APPROVE_TIP),
    "tip_refuse": using("{sent}", Right.APPROVE_TIP),
    "tip_look": Act("{sent}", has_to_do_with_tips),
    "tip_pause": using("{sent}", Right.SEND_TIP),
    "tip_resume": using("{sent}", Right.SEND_TIP),
    "tip_stop": using("{sent}", Right.SEND_TIP),
}
"""What needs a role, over a team or a place."""

AGAIN = [("member_sure", using("{lead}", Right.REVOKE_LEAD)), ("member", Act("{lead}", by(Right.REVOKE_LEAD)))]
"""The same actions over something else."""

OTHERS = {
    "help_pass": "{taken}",
    "help_second": "{taken}",
    "help_solved": "{taken}",
    "help_abuse": "{taken}",
    "help_end": "{taken}",
    "help_more": "{taken}",
    "reply": "{taken}.hello",
    "photo_yes": "{taken}",
    "photo_no": "{taken}",
    "beside_next": "{pair}",
    "beside_again": "{pair}",
    "beside_aloud": "{pair}",
    "beside_end": "{pair}",
    "count_age": "{entry}.old",
    "count_more": "{entry}",
    "count_less": "{entry}",
    "count_undo": "{entry}",
    "count_today": "{team}",
    "leave_team": "{team}",
    "duty_off": "{team}",
    "tip_drop": "{asked}",
    "guest_end": "done",
    "certificate": "volunteer",
    "certificate_revoke": "{serial}",
    "certificate_look": "{serial}",
}
"""Only for who takes part in it (the call, the pair, the entry, the tip are somebody else's here): no role reaches it."""

FREE = frozenset(
    [
        "home",
        "open",
        "chapter",
        "call",
        "speak",
        "language",
        "address",
        "asked_me",
        "understood",
        "stay",
        "good",
        "so_so",
        "bad",
        "about",
        "check",
        "no_check",
        "my_data",
        "delete",
        "delete_me",
        "delete_all",
        "people",
        "profile",
        "newcomer",
        "human",
        "send",
        "forward",
        "handout",
        *(f"handout_{size}" for size in handout.SIZES),
        "call_help",
        "place",
        "sit_beside",
        "skills",
        "no_certificate",
        "family",
        "family_invite",
        "family_show",
        "family_hide",
        "family_leave",
        "join",
        "join_enter",
        "join_carry",
        "join_leave",
        "fewer",
        "no_tips",
        "more",
        "listen",
        "aloud",
        "teams",
        "tip",
    ]
)
"""About oneself alone, or for everybody. `send` and `handout_a4` … name a team only where its right is held (tests/service/test_forward);
`teams` and `tip` list what is one's own (below)."""

TYPED = {
    "count": (using("{team}", Right.COUNT_HELP), "count", "12 người pha trà"),
    "beside": (using("{team}", Right.TAKE_TICKET), "beside", "{code}"),
    "number": (Act("{asked}.number", by(Right.SEND_TIP)), "tip_refuse", "7"),
    "text": (Act("{mine}.text", writes_anywhere), "tip_drop", "Ai hỏi mã thì đừng đọc."),
    "help": (Act("{taken}", lambda *_: False), "", "Chào bác, cháu đây ạ"),
}
"""What is typed while a mode from before is still there: the act, the button that stands there, the words."""

MODES = {"count": "count", "beside": "beside", "number": "tip", "text": "tip", "help": "help"}

BY_THE_OPERATOR = {
    *(Right.MAKE_TEAM, Right.SEE_AUDIT),
    *(Right.INVITE_EDITOR, Right.INVITE_SENDER, Right.INVITE_COMMUNE_ADMIN, Right.INVITE_ADMIN),
    *(getattr(Right, f"REVOKE_{role.name}") for role in Role if not role.of_team),
}
"""Rights of which the chat has no action: what they allow is done by commands on the machine."""

ELSEWHERE = {Right.FORWARD, Right.PASS_ON}
"""Passing on: tests/service/test_forward, `help_pass` of one's own call: tests/service/test_help."""


def test_every_action_and_every_right_has_a_line():
    """A new button or a new right is thought about here first."""
    assert not set(ACTS) & set(OTHERS)
    assert not (set(ACTS) | set(OTHERS)) & FREE
    assert set(ACTS) | set(OTHERS) | FREE == set(ANSWERS)
    used = {act.right for act in (*ACTS.values(), *(act for _, act in AGAIN)) if act.right} | {
        Right.SEND_TIP,
        Right.WRITE_TIP,
    }
    assert used | BY_THE_OPERATOR | ELSEWHERE == set(Right)
    assert not used & BY_THE_OPERATOR


class World:
    """A bot in which everything of every target is there, and of each holder a chat."""

    def __init__(self, bot, file):
        self.bot = bot
        self.facts: dict[str, dict[str, str]] = {target: {} for target in TARGETS}
        self.kept = {}
        self.line = 0
        self.beside = sqlite3.connect(file)

    async def fill(self):
        """Teams, calls, codes, pairs, entries, certificates and tips of strangers; roles of the holders."""
        database, now = self.bot.app.database, self.bot.now
        async with database.batch() as batch:
            await teams.save(batch, [Team(code, f"Đội {code}", "other", place, now) for code, place in TARGETS.items()])
            for number, (target, place) in enumerate(TARGETS.items()):
                about = {"at": None, "called": "", "tried": [], "title": "", "head": ""}
                for which, state in (("waits", "open"), ("taken", "claimed")):
                    call = Ticket(0, "paper:a/1", "paper:a", target, place, "tea", "boil", about, state, now, now)
                    self.facts[target][which] = str(await tickets.add(batch, call))
                await tickets.join(batch, Side(int(self.facts[target]["taken"]), "paper:h/1", "paper:h"))
                code = f"123{number}"
                await pairs.add(batch, code, f"paper:w{number}/1", f"paper:w{number}", now)
                pair = await pairs.add(batch, f"555{number}", f"paper:p{number}/1", f"paper:p{number}", now)
                helper = Chat("paper:h", "paper", "h", "vi", now, now)
                await pairs.join(batch, pair, helper, target, now)
                for role in (Role.VOLUNTEER, Role.LEAD):
                    await roles.give(batch, f"paper:{role.value}{number}/1", Grant(role, target), now)
                for held in await roles.of_team(batch, target):
                    self.facts[target].setdefault(held.grant.role.value, str(held.id))
                entry = Help(day_at(now), target, place, "paper:h/1", "tea", "done", "", "told", 3)
                serial = certificate._serial()
                await certificates.add(batch, Certificate(serial, "volunteer", f"paper:c{number}/1", "A.", target, now))
                more = {"team": target, "place": place, "code": code, "pair": str(pair), "serial": serial}
                self.facts[target] |= more | {"entry": str(await counts.add(batch, entry))}
                for which in ("asked", "sent"):
                    tip = Tip(
                        0, "paper:e/1", "paper:e", place, "all", "Mẹo", 0, 7, which, "paper:s/1", "paper:s", 0, now
                    )
                    self.facts[target][which] = str(await tips.add(batch, tip))
                for holder, grants in HOLDERS.items():
                    own = Tip(
                        0, f"paper:{holder}/1", f"paper:{holder}", place, "all", "Mẹo", -1, 7, "written", "", "", 0, now
                    )
                    self.facts[target][f"mine {holder}"] = str(await tips.add(batch, own))
                    for grant in grants if not number else ():
                        await roles.give(batch, f"paper:{holder}/1", grant, now)
                    if not number:
                        await marks.keep(batch, Mark(f"paper:{holder}/1", "volunteer-first-day", now, now, 2, 2))
        async with database.write() as connection:
            for target in TARGETS:
                id_ = int(self.facts[target]["sent"])
                tip = await tips.find(connection, id_)
                made = await broadcasts.add(
                    connection, content(tip, self.bot.app.conversation.house, Kind.TIP), name=name_of_tip(id_),
                    state="asked", sender="x", expected=7, created_at=now, start_at=0,
                )  # fmt: skip
                await tips.is_broadcast(connection, id_, made)
        buttons_of_all = {
            button_id(meaning): meaning
            for kind, about in [
                *((kind, act.about) for kind, act in [*ACTS.items(), *AGAIN]),
                *OTHERS.items(),
                ("teams", "0"),
            ]
            for holder in HOLDERS
            for target in TARGETS
            for meaning in [self.meaning(kind, about, holder, target)]
        }
        async with database.batch() as batch:
            await buttons.add(batch, buttons_of_all)
        self.kept = self.look()

    def look(self):
        """Everything that is guarded. What the bot does by itself is no job of these people."""
        return {name: self.rows(f"select * from {name}{OF_THE_BOT * (name == 'job')}") for name in GUARDED}

    def rows(self, query):
        """Read past the bot: a case has to be quick."""
        return self.beside.execute(query).fetchall()

    async def put_back(self, seen):
        """As it was before."""
        changed = [name for name in GUARDED if seen[name] != self.kept[name]]
        if changed:
            async with self.bot.app.database.write() as connection:
                for name in changed:
                    await connection.exec_driver_sql(f"delete from {name}{OF_THE_BOT * (name == 'job')}")
                    for row in self.kept[name]:
                        await connection.exec_driver_sql(
                            f"insert into {name} values ({', '.join('?' * len(row))})", row
                        )

    def fill_in(self, text, holder, target):
        """With the numbers of what is the target's."""
        facts = self.facts[target]
        return text.format(**facts, mine=facts[f"mine {holder}"])

    def meaning(self, kind, about, holder, target):
        """What a button of any time before stands for."""
        return ButtonMeaning("", "", "", f"{kind}:{self.fill_in(about, holder, target)}")

    def tap(self, kind, about, holder, target):
        """Such a button is tapped."""
        tap = button_id(self.meaning(kind, about, holder, target))
        return self.bot.incoming(holder, What.TAP, tap=tap, message="1")

    async def case(self, holder, incoming, *, mode="", offers=()):
        """One thing comes in from a holder: (headline, changed tables, rights that were used)."""
        chat = Chat(
            f"paper:{holder}", "paper", holder, "vi", MORNING, MORNING,
            welcomed=True, helps=True, mode=mode, offers=offers,
        )  # fmt: skip
        async with self.bot.app.database.batch() as batch:
            await chats.save(batch, [chat])
        told = len(self.bot.channel.sent)
        await self.bot.app.conversation.accept(incoming)
        await self.bot.quiet()
        heads = [m.head for chat, m in self.bot.channel.sent[told:] if chat == holder and isinstance(m, Message)]
        seen = self.look()
        changed = [name for name in GUARDED if seen[name] != self.kept[name]]
        lines = self.rows(f"select id, right, allowed from audit where id > {self.line}")
        self.line = max((line for line, _, _ in lines), default=self.line)
        used = {right for _, right, allowed in lines if allowed}
        await self.put_back(seen)
        return heads, changed, used


@pytest.fixture
async def world(tmp_path):
    """Everything is there."""
    async with a_bot(make_root(tmp_path)) as bot:
        writer = await bot.app.database._connected()
        await (await writer.get_raw_connection()).driver_connection.execute(
            "PRAGMA synchronous = OFF"
        )  # it is thrown away
        made = World(bot, tmp_path / "data" / "bot.db")
        await made.fill()
        yield made
        made.beside.close()


def judged(act, allowed, heads, changed, used):
    """What is wrong with a case, or ""."""
    refused = any(head.startswith(REFUSALS) for head in heads)
    if not heads and allowed:
        return "" if changed or used else "nothing happened"
    if allowed == refused:
        return f"{heads}"
    if not allowed and (changed or used):
        return f"refused, but {changed} {used}"
    if allowed and act.right and act.right.value not in used:
        return f"not written down: {used}"
    return ""


async def test_every_tap_of_every_role_over_every_team(world):
    """All of `ACTS`: as far as the right reaches and no further; each use is in the audit log."""
    wrong = []
    for kind, act in [*ACTS.items(), *AGAIN]:
        for holder, grants in HOLDERS.items():
            for target, place in TARGETS.items():
                allowed = act.who(grants, target, place)
                shown = world.meaning(kind, act.about, holder, target).answer
                tap = world.tap(kind, act.about, holder, target)
                found = await world.case(holder, tap, offers=(shown,) if kind == "count_as" else ())
                if fault := judged(act, allowed, *found):
                    wrong.append((kind, holder, target, allowed, fault))
    assert not wrong, "\n".join(map(str, wrong))


async def test_what_is_somebody_elses_is_nobodys(world):
    """All of `OTHERS`: whoever taps such a button changes nothing, tells nobody, and uses no right."""
    wrong = []
    for kind, about in OTHERS.items():
        for holder in HOLDERS:
            for target in ("own", "far"):
                _, changed, used = await world.case(holder, world.tap(kind, about, holder, target))
                if changed or used:
                    wrong.append((kind, holder, target, changed, used))
    assert not wrong, "\n".join(map(str, wrong))


async def test_every_typed_word_in_a_mode_from_before(world):
    """All of `TYPED`: a chat that still waits for words gives nobody a right."""
    wrong = []
    for name, (act, offer, words) in TYPED.items():
        for holder, grants in HOLDERS.items():
            for target, place in TARGETS.items():
                mode = f"{MODES[name]}:{world.fill_in(act.about, holder, target)}"
                offers = (f"{offer}:{world.fill_in(act.about, holder, target).partition('.')[0]}",) if offer else ()
                said = world.bot.incoming(holder, What.TEXT, text=world.fill_in(words, holder, target))
                heads, changed, used = await world.case(holder, said, mode=mode, offers=offers)
                allowed = act.who(grants, target, place)
                fault = (
                    judged(act, allowed, heads, changed, used) if name != "help" else f"{changed}{used}" * bool(changed)
                )
                if fault:
                    wrong.append((name, holder, target, allowed, fault))
    assert not wrong, "\n".join(map(str, wrong))


async def test_what_is_shown_is_what_may_be_done(world):
    """No button of a team's menu leads to a refusal, no team of a stranger is listed, and nobody misses a right."""
    wrong = []
    for holder, grants in HOLDERS.items():
        for target, place in TARGETS.items():
            shown = set()
            for kind in ("team", "team_more"):
                await world.case(holder, world.tap(kind, "{team}", holder, target))
                newest = [each for each in world.bot.channel.to(holder) if isinstance(each, Message)][-1]
                shown |= {button_of(world, button).partition(":")[0] for button in newest.buttons}
            if not looks_after(grants, target, place):
                shown = set()
            due = {"queue", "duty_on", "count", "guest", "beside", "targets", "certificates"}
            due |= {"invite_volunteer", "invite_lead", "members", "month"}
            may_do = {kind for kind in due if ACTS[kind].who(grants, target, place)}
            if shown & due != may_do or ("leave_team" in shown) != is_in(grants, target, place):
                wrong.append((holder, target, shown & due, may_do))
        await world.case(holder, world.tap("teams", "0", holder, "own"))
        listed = {button.label for button in world.bot.channel.buttons(holder) if button.label.startswith("Đội ")}
        theirs = {f"Đội {target}" for target, place in TARGETS.items() if looks_after(grants, target, place)}
        if len(theirs) > 1 and listed != theirs:
            wrong.append((holder, listed, theirs))
    assert not wrong, "\n".join(map(str, wrong))


def button_of(world, button):
    """What a button stands for."""
    return world.rows(f"select answer from button where id = '{button.id}'")[0][0]
