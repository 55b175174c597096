"""A message of somebody else's, pasted or forwarded, gets a verdict. The person's step is kept.

What is kept of such a message: nothing but the verdict's level, as a line in the journal. The answer quotes the few
words that a reason comes from; they are cut short and long numbers in them are covered, because the answer waits in
the outbox until it is sent, and the web chat shows its messages from there. Codes, passwords, identity and card
numbers never get here: the look for secrets stands before (bot/service/respond.py).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.engine.effect import Note
from bot.flow.own import ALWAYS
from bot.meaning.choose import Offer, choose
from bot.meaning.scam import LONG, Level, check, is_bare_number, is_of_others, is_own_trouble
from bot.wording.library import BOT

if TYPE_CHECKING:
    from bot.meaning.scam import Reason, Verdict
    from bot.service.talk import Talk

MOST_REASONS = 3
LONGEST_QUOTE = 60
MOST_QUOTED = 500
"""Characters of a piece that are looked at to make a quote."""
LOST = "scam-report"
"""The guide for somebody who has already done what the message says."""

WAITING = "no_check"
"""The way out that is offered while the bot waits for a message to look at: while it is, the next one is looked at."""

SHORTEST = 40
"""Letters below which what comes while the bot waits, and shows nothing of a message, is rather said to the bot."""

MOST_ASKED = 2
"""Times the bot asks again for the message itself; after that the words are looked at, whatever they are."""

_PATH = re.compile(r"((?:://|\w\.)[\w.\-]{2,80}(?::\d{1,5})?)[/?#]\S+")
"""What stands behind the host of an address: it may say who the person is."""
_NUMBER = re.compile(r"(?<![\d.])(?!\d{1,3}(?:\.\d{1,3}){3}(?![\d.]))\+?\d(?:[ .\-]?\d){5,}")
"""A long number, but not the four of a bare address."""


def ask_for_message(talk: Talk, _name: str = "") -> None:
    """The person wants a message to be looked at: the next one is."""
    talk.chat = replace(talk.chat, misses=0)
    talk.tell("scam_ask", WAITING)


def looks_into(talk: Talk, text: str, *, asked: bool) -> bool:
    """Whether `text` was a message of somebody else's, and has its verdict now. `asked`: the step waits for words.

    While the bot waits for such a message, what is said to the bot is not taken for one.
    """
    if WAITING in talk.chat.offers and not talk.incoming.forwarded:
        return _awaited(talk, text)
    waited = talk.incoming.forwarded
    if not waited and not is_of_others(text, asked=asked):
        return False
    if not waited and is_own_trouble(text, talk.house.scam_rules):
        return False
    verdict = check(text, talk.house.scam_rules)
    if not waited and "link" not in verdict.has and talk.heard(text).is_for_life:
        return False
    if not waited and verdict.level is Level.NO_SIGN and not verdict.has & {"link", "number"}:
        return False
    if not waited and asked and not (verdict.level is Level.STOP or "link" in verdict.has):
        return False
    _tell(talk, verdict, text)
    return True


def _awaited(talk: Talk, text: str) -> bool:
    """The same, after the person was asked for the message: other words than a message go their usual way, or not far.

    A cry for help goes first; then an answer that is understood everywhere, in its very words. A few words that show
    nothing ("alo") are no message: it is asked for again.
    """
    verdict = check(text, talk.house.scam_rules)
    if _is_cry(talk, text, verdict) or _is_always_there(talk, text):
        return False
    is_empty = verdict.level is Level.NO_SIGN and not verdict.has and len(text) < SHORTEST
    if is_empty and talk.chat.misses < MOST_ASKED:
        misses = talk.chat.misses + 1
        ask_for_message(talk)
        talk.chat = replace(talk.chat, misses=misses)
    else:
        _tell(talk, verdict, text)
    return True


def _is_cry(talk: Talk, text: str, verdict: Verdict) -> bool:
    """Whether the person cries for help. Frauds are full of the same words: a pasted one is no cry."""
    heard = talk.heard(text)
    if not heard.alarm or heard.alarm == f"open:{talk.chat.flow}":
        return False
    if verdict.level is Level.STOP and "link" in verdict.has:
        return False  # and the way to help is the first button of such a verdict
    if heard.is_for_life:
        return True
    of_others = verdict.level is Level.STOP or verdict.has or len(text) >= LONG
    return not of_others or is_own_trouble(text, talk.house.scam_rules)


def _is_always_there(talk: Talk, text: str) -> bool:
    speaker = talk.house.speaker(talk.chat)
    offers = [Offer(each, speaker.label(None, "", each), speaker.words(None, "", each)) for each in ALWAYS]
    return choose(text, offers, freely=False) is not None


def _tell(talk: Talk, verdict: Verdict, text: str) -> None:
    """The verdict; of a number alone nothing can be said but whose it is not known to be."""
    step = talk.session.step if talk.flow and talk.session else ""
    talk.notes.append((talk.chat.flow, Note("scam", step, verdict.level)))
    talk.chat = replace(talk.chat, misses=0)
    back = "stay" if talk.flow else "home"
    values = {"reasons": _in_words(talk, verdict)}
    values |= {what: "1" if what in verdict.has else "" for what in ("link", "number", "transfer")}
    guides = [f"open:{reason.guide}" for reason in verdict.reasons if reason.guide][:1]
    if verdict.level is Level.STOP:
        guides = [f"open:{LOST}", *guides]
    elif verdict.level is Level.NO_SIGN:
        guides = []
    another = () if verdict.level is Level.STOP else ("check",)
    offers = dict.fromkeys((*(each for each in guides if each != f"open:{talk.chat.flow}"), *another, back))
    values["lost"] = "1" if f"open:{LOST}" in offers and LOST in talk.house.flows else ""
    if verdict.level is Level.NO_SIGN and is_bare_number(text):
        talk.tell("scam_number", *offers, inside="1" if talk.flow else "")
    else:
        talk.tell(f"scam_{verdict.level}", *offers, **values)


def _in_words(talk: Talk, verdict: Verdict) -> str:
    """The weightiest reasons, each from another piece of the message, one a line."""
    chosen: dict[str, Reason] = {}
    for reason in verdict.reasons:
        chosen.setdefault(reason.piece, reason)
    return "\n".join(f"• {_sentence(talk, reason)}" for reason in list(chosen.values())[:MOST_REASONS])


def _sentence(talk: Talk, reason: Reason) -> str:
    speaker = talk.house.speaker(talk.chat)
    names = {**speaker.address.words, "piece": quoted(reason.piece), "about": reason.about}
    return speaker.library.piece(talk.chat.language, f"{BOT}/scam_signs", reason.sign, names)


def quoted(piece: str) -> str:
    """A piece of a message as it is quoted: one line, short, of a long number only its beginning, no path."""
    piece = " ".join(piece[:MOST_QUOTED].replace("“", "'").replace("”", "'").split())
    piece = _PATH.sub(r"\1/…", piece)
    piece = _NUMBER.sub(lambda match: f"{match[0][:4]}•••", piece)
    return piece if len(piece) <= LONGEST_QUOTE else f"{piece[: LONGEST_QUOTE - 1].rstrip()}…"
