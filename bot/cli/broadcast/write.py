"""`bot broadcast new`, `preview` and `audience`: before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.broadcast.reader import FOLDER, NAME, names
from bot.broadcast.reason import COUNTED, Reason
from bot.capability import CAPABILITIES
from bot.channel.terminal import lines
from bot.cli.broadcast.office import Answer, Office, Refused, count, run, run_at_database
from bot.engine.event import local_time
from bot.service.broadcast_words import Words
from bot.service.progress import clock
from bot.service.quiet import allowed
from bot.store import audience, series

if TYPE_CHECKING:
    from bot.store.audience import Example
    from bot.store.database import Database

_FILE = """\
# TODO say in one line what this is for. Every key: docs/broadcasts.md
topic    = "tips"
class    = "tip"            # tip | notice | emergency
audience = 'language = "vi" and last_seen < 7 days ago'
buttons  = []               # "open:<guide>", "human", "home" …

[plan]
canary  = 1                 # percent who get it first
holdout = 5                 # percent who do not get it, to see whether it helps
"""
_WORDS = {
    "vi": "{% block text %}\n{# TODO #}{{ You }} nhớ nhé.\n\nMỗi câu nói một việc.\n{% endblock %}\n",
    "en": "{% block text %}\n{# TODO #}A word of advice.\n\nOne thing in each sentence.\n{% endblock %}\n",
}


def new(name: str, *, dry_run: bool, as_json: bool) -> int:
    """Write the files of a broadcast to begin with."""

    def work(office: Office) -> Answer:
        if not NAME.fullmatch(name):
            raise Refused("A broadcast's name is small letters, digits and hyphens.")
        if name in names(office.config.root):
            raise Refused(f"{FOLDER}/{name}.toml is there already.")
        languages = sorted(path.parent.name for path in (office.config.root / "content").glob("*/_bot"))
        folder = office.config.root / FOLDER
        texts = {folder / f"{name}.toml": _FILE}
        texts |= {folder / name / f"{language}.j2": _WORDS.get(language, _WORDS["en"]) for language in languages}
        for path, text in texts.items() if not dry_run else ():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        shown = [path.relative_to(office.config.root).as_posix() for path in texts]
        note = "Nothing was written." if dry_run else f"Now: bot broadcast preview {name}"
        return Answer({"name": name, "files": shown}, tuple(shown), note)

    return run(work, as_json=as_json)


def preview(name: str, *, language: str, address: str, channel: str, as_json: bool) -> int:
    """Show a broadcast as people will see it, in each language (or one), form of address and channel."""

    def work(office: Office) -> Answer:
        written = office.written(name)
        house = office.house()
        known = house.library.languages
        if language and language not in known:
            raise Refused(f"There is no language '{language}'; there are {', '.join(known)}.")
        if channel not in CAPABILITIES:
            raise Refused(f"There is no channel '{channel}'; there are {', '.join(CAPABILITIES)}.")
        can = CAPABILITIES[channel]
        found: list[dict[str, Any]] = []
        said: list[str] = []
        shown = [(part, each) for part in written.parts for each in ([language] if language else part.words)]
        for part, each in shown:
            spoken = known.get(each)
            if spoken is None or (address and address not in spoken.addresses):
                continue
            message = Words(house, part, part.name).message(each, address)
            text = "\n\n".join(part for part in (message.head, message.body) if part)
            most = can.caption if message.picture and can.pictures else can.text
            labels = [button.label for button in message.buttons]
            found.append(
                {"name": part.name, "language": each, "address": spoken.address(address).name, "channel": channel}
                | {"text": text, "buttons": labels, "characters": len(text), "allowed": most}
            )
            about = (part.name, each, spoken.address(address).label, channel, f"{len(text)} of {most} characters")
            said += [f"── {' · '.join(about)}"]
            said += [*lines(message, "[{}]".format), ""]
        if not found:
            raise Refused("Nobody is addressed so in these languages.")
        return Answer(found, tuple(said))

    return run(work, as_json=as_json)


def people(name: str, *, as_json: bool) -> int:
    """How many get it, how many do not and why, and some of them."""

    async def work(office: Office, database: Database) -> Answer:
        written = office.written(name)
        now, rhythm = office.now, written.broadcast.series
        async with database.read() as connection:
            terms = office.terms(written.broadcast)
            counted = await audience.count(connection, written.node, terms, now)
            some = await audience.sample(connection, written.node, terms, now)
            each = [await series.count(connection, part, written.node, terms, now) for part in written.parts if rhythm]
        gets = counted.pop("", 0)
        begins = allowed(now, office.config) if written.broadcast.kind != "emergency" else now
        examples = [_example(example) for example in some]
        held = round(gets * written.broadcast.plan.holdout / 100)
        data = {
            "name": name,
            "audience": written.broadcast.audience,
            "meant": gets + sum(counted.values()),
            "gets": gets,
            "skipped": counted,
            "quiet_until": clock(begins) if begins > now else "",
            "holdout": held,
            "sample": examples,
            "parts": each,
        }
        said = [f"{count(gets, 'person')} would get it now, of {data['meant']} who are meant."]
        said += [f"  {number:>8}  {COUNTED[Reason(why)]}" for why, number in sorted(counted.items())]
        said += [f"  {held:>8}  of them are held out, to compare"] if held else []
        said += [f"  {number:>8}  would get part {part} now, of a series" for part, number in enumerate(each, 1)]
        said += [f"Nobody is disturbed now: it goes on {clock(begins)}."] if begins > now else []
        said += [
            f"  {e['chat']}  {e['language']}  {e['place'] or '–'}  {e['where'] or '–'}  seen {e['seen']}  {e['why']}"
            for e in examples
        ]
        return Answer(data, tuple(said))

    return run_at_database(work, as_json=as_json)


def _example(example: Example) -> dict[str, str]:
    """One of the audience, without saying who: the end of the chat's key is enough to tell them apart."""
    channel, _, external = example.chat.partition(":")
    return {
        "chat": f"{channel}:…{external[-3:]}",
        "language": example.language,
        "place": example.place,
        "where": example.where,
        "seen": local_time(example.seen_at).strftime("%Y-%m-%d"),
        "why": COUNTED[Reason(example.reason)] if example.reason else "gets it",
    }
