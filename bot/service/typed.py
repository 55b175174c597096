"""Typed words, from the surest meaning to none at all. Whatever is typed, the person's step is kept.

The order: too long, a command, a message of somebody else's, a cry for help, a button, a known problem of the step, the
answer asked for, a death, a mere yes, a guide, and at last not understood.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.engine.event import Said
from bot.meaning.choose import SHORTEST, Offer, choose
from bot.meaning.finder import SURE
from bot.meaning.manners import mannerless
from bot.people import link
from bot.people.invitation import is_invitation
from bot.service import certificate, forward, team
from bot.service.answers import ask_address, give
from bot.service.family import coded
from bot.service.offered import is_asked, offered, on_screen, said_as, says_button
from bot.service.phrases import HEARD, TALK
from bot.service.scam import looks_into
from bot.wording.library import BOT, GUIDE

if TYPE_CHECKING:
    from bot.flow.model import Flow
    from bot.service.talk import Talk

LONGEST = 4_000
"""Characters of a typed message that is answered; to a longer one the person hears that it is too long."""

AWAY = 12 * 3_600_000
"""Milliseconds after which a person is greeted with where they were, when their first words are not understood."""

FIRM = 55
"""Score from which somebody in the middle of a guide is offered another one alone: most of what they type is about the
step."""

WORTH_ASKING = 35
"""Score from which they are offered some as guesses; below it the question of the step is asked again."""

YES = "yes"
"""What is answered to a mere yes. It is no answer to a step: who says it may have done nothing yet."""

GRIEF = "grief"
"""What is said to who has lost somebody. No button of a step stands under it: nobody is urged on."""

MOST_REFUSED = 3
"""Refused answers in a row after which a human is offered."""

COMMANDS = {
    "/home": "home",
    "/help": "human",
    "/language": "language",
    "/address": "address",
    "/people": "people",
    "/team": "team",
    "/count": "count",
    "/tip": "tip",
    "/about": "about",
    "/check": "check",
    "/data": "my_data",
    "/delete": "delete",
    "/stop": "home",
}


def hear(talk: Talk, text: str, *, first: bool) -> None:
    """What a person typed, cleaned and free of secrets. `first`: nobody has spoken in this chat before."""
    if len(text) > LONGEST:
        talk.tell("too_long", *talk.offers)
    elif text.startswith("/"):
        _command(talk, text, first=first)
    elif (
        _is_name(talk, text)
        or coded(talk, text)
        or _check(talk, text)
        or cries_for_help(talk, text)
        or _button(talk, text)
    ):
        return
    elif talk.flow is not None and is_asked(talk):
        _answer(talk, talk.flow, text)
    elif _means(talk, text, GRIEF):
        talk.tell(GRIEF, "human", "stay" if talk.flow else "home")
    elif not first and _means(talk, text, YES):
        offers = tuple(offer.answer for offer in on_screen(talk)) or talk.offers
        talk.tell(YES, *offers, done="1" if "done" in offers else "")
    else:
        _find_or_ladder(talk, text, first=first)


def _answer(talk: Talk, flow: Flow, text: str) -> None:
    """The answer to a question that is answered by typing. Refused several times, there is a human."""
    misses, known = talk.chat.misses, len(talk.notes)
    talk.happen(flow, Said(talk.at, text))
    if any(note.what == "refused" for _, note in talk.notes[known:]):
        talk.chat = replace(talk.chat, misses=misses + 1)
        if misses + 1 >= MOST_REFUSED:
            give(talk, "human", "")
            talk.chat = replace(talk.chat, misses=0)


def _is_name(talk: Talk, text: str) -> bool:
    """The name for a certificate, where the newest message asks for it and no button is meant."""
    return not says_button(talk, text) and certificate.named(talk, text)


def _means(talk: Talk, text: str, sentence: str) -> bool:
    """Whether somebody types the very words, in any language, that a sentence of the bot's own is the answer to.

    Accents count where there are any: "dừng" is no "đúng".
    """
    library = talk.house.library
    words = [word for each in library.languages for word in library.lines(each, f"{BOT}/{sentence}", HEARD, {})]
    said = (text.casefold(), *mannerless(text))
    offers = [Offer(sentence, sentence, tuple(words))]
    return any(each in words or (text.isascii() and choose(each, offers, freely=False)) for each in said)


def _check(talk: Talk, text: str) -> bool:
    """A message of somebody else's, or the wish to have one looked into; but the words of a button are the button."""
    if choose(text, said_as(talk, "", ("check",)), freely=False):
        give(talk, "check", "")
        return True
    is_button = choose(text, on_screen(talk), freely=len(text) < SHORTEST) is not None
    return not is_button and looks_into(talk, text, asked=is_asked(talk))


def cries_for_help(talk: Talk, text: str) -> bool:
    """A cry for help is answered, unless it is the very words of a button: then the person answers.

    What else the sentence may mean stands beside, and the way back: nobody is trapped by a misunderstanding.
    """
    heard = talk.heard(text)
    guide = heard.alarm.removeprefix("open:")
    if not guide or guide == talk.chat.flow or choose(text, on_screen(talk), freely=False) is not None:
        return False
    sure = [found.answer for found in heard.found if found.answer.startswith("open:") and found.score >= SURE]
    others = [*(cry.answer for cry in heard.cries), *sure]
    beside = [answer for answer in others if answer not in {heard.alarm, f"open:{talk.chat.flow}"}][:1]
    values = {**_named(talk, guide), "life": "1" if heard.is_for_life else ""}
    talk.tell("alarm", heard.alarm, *beside, "stay" if talk.flow else "home", **values)
    return True


def _button(talk: Talk, text: str) -> bool:
    """A button in its very words; then by its number, or nearly in its words.

    First what is on the screen, then the known problems of the open step (nobody need tap "stuck" first), the step's
    own answers, and what is always there; then the same without what is polite around the words, and in the other
    languages, for who tapped the wrong one. A near miss never goes before the very words of something else.
    """
    freely = not is_asked(talk)
    own = talk.chat.language
    others = [name for name in talk.house.library.languages if name != own] if freely else []
    said = (text, *(mannerless(text) if freely else ()))
    mine = offered(talk, own)
    for each in (mine, *(offered(talk, language) for language in others)):
        for words in said:
            for at, offers in each:
                if picked := choose(words, offers, freely=False):
                    give(talk, picked, at)
                    return True
    screen, _, below, *_ = mine
    for (at, offers), numbered in ((screen, True), (below, False)):
        if freely and (picked := choose(text, offers, numbered=numbered)):
            give(talk, picked, at)
            return True
    return False


def _command(talk: Talk, text: str, *, first: bool) -> None:
    word, _, payload = text.partition(" ")
    word = word.partition("@")[0].lower()
    if word == "/start":
        payload = payload.strip()
        guide, _, step = payload.partition("__")
        if is_invitation(payload):
            talk.errands.append(team.Join(payload))
        elif link.is_code(payload):
            talk.errands.append(forward.Come(payload))
        elif guide in talk.house.flows:
            talk.open(guide, step.replace("-", "/"))
        else:
            if payload:  # a link to a guide that there was
                talk.tell("gone")
            _begin(talk, first=first)
    elif word in COMMANDS:
        give(talk, COMMANDS[word], "")
    else:
        _ladder(talk)


def _begin(talk: Talk, *, first: bool) -> None:
    """Somebody opens the chat, and says nothing of where to."""
    if first:
        ask_address(talk)
    elif talk.flow is not None and talk.session is not None and not talk.session.finished:
        talk.tell("resume", "resume", "restart", "home")
    else:
        talk.home()


def _find_or_ladder(talk: Talk, text: str, *, first: bool) -> None:
    """The one thing that is clearly meant, or some guesses, or the ladder.

    In the middle of a guide more is asked of another one, and who speaks of the open one hears its question again.
    """
    heard = talk.heard(text)
    inside = talk.flow is not None and talk.session is not None and not talk.session.finished
    best = heard.found[0] if heard.found else None
    kind, _, name = best.answer.partition(":") if best else ("", "", "")
    clear = best is not None and heard.is_clear and not (inside and best.score < FIRM)
    weakest = WORTH_ASKING if inside else 0
    guides = [found.answer for found in heard.found if found.answer.startswith("open:") and found.score >= weakest]
    if kind == "talk" and not first:
        talk.tell(TALK + name, *talk.offers)
        if not talk.chat.address and talk.flow is None:
            ask_address(talk)
    elif best is None or kind == "talk" or best.answer == f"open:{talk.chat.flow}":
        ask_address(talk) if first else _ladder(talk)
    elif clear and kind == "open":
        _offer(talk, name)
    elif clear:
        give(talk, best.answer, "")
    elif others := [guide for guide in guides if guide != f"open:{talk.chat.flow}"]:
        talk.chat = replace(talk.chat, misses=talk.chat.misses + 1)
        _guess(talk, others)
    else:
        ask_address(talk) if first else _ladder(talk)


def _offer(talk: Talk, guide: str) -> None:
    """One guide, by what it is good for."""
    talk.tell("found", f"open:{guide}", "stay" if talk.flow else "home", **_named(talk, guide))


def _named(talk: Talk, guide: str) -> dict[str, str]:
    """What sentences about a guide may say: its title and what it is good for."""
    speaker = talk.house.speaker(talk.chat)
    goal = talk.house.library.phrase(talk.chat.language, f"{guide}/{GUIDE}", "goal", speaker.address.words)
    return {"title": speaker.title(guide), "goal": goal}


def _guess(talk: Talk, answers: list[str]) -> None:
    talk.tell("guesses", *answers, "human", "stay" if talk.flow else "home")


def _ladder(talk: Talk) -> None:
    """Not understood: first the question again, then some guides, then a human. The step is never lost."""
    misses = talk.chat.misses + 1
    flow, session = talk.flow, talk.session
    if talk.chat.language != (source := talk.house.library.source):  # perhaps the language was a wrong tap
        talk.tell("language", f"speak:{source}")
    away = talk.at - session.since > AWAY if session else False
    if misses == 1 and away and flow is not None and session is not None and not session.finished:
        talk.tell("resume", "resume", "restart", "home")
    elif misses == 1 and flow is not None and session is not None:
        talk.happen(flow, Said(talk.at, ""))
    elif misses == 1:
        talk.tell("not_understood")
        talk.home()
    elif misses == 2:
        _guess(talk, [answer for answer in talk.house.menu if answer != f"open:{talk.chat.flow}"][:3])
    else:
        talk.tell("human", "stay" if flow else "home")
    talk.chat = replace(talk.chat, misses=misses)
