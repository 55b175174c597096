"""What is typed while a tip is made: its text, a place, a guide, the time, the number of people. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.service.tip.sending import number_typed, when_typed
from bot.service.tip.words import FINISHED, LONGEST, STUCK, end_mode, faults
from bot.service.tip.writing import MOST_PLACES, At, Whom, Write, offer_guides

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.service.talk import Talk


def typed(talk: Talk, about: str, text: str) -> bool:
    """Whether what is typed was for the tip that is being made."""
    tip, _, what = about.partition(".")
    asked = any(offer.startswith("tip_") for offer in talk.chat.offers)
    if asked and text and what in _TYPED:
        _TYPED[what](talk, int(tip), text)
        return True
    if not asked:  # they have gone elsewhere meanwhile
        end_mode(talk)
    return False


def choose_guide(talk: Talk, about: str) -> None:
    """A guide was chosen by its button: "17.stuck.tea"."""
    tip, _, who = about.partition(".")
    talk.errands.append(Whom(int(tip), who))


def choose_place(talk: Talk, about: str) -> None:
    """A place was chosen by its button: "17.thanh-hoa/ngoc-lac"."""
    tip, _, place = about.partition(".")
    talk.errands.append(At(int(tip), place))


def _text(talk: Talk, tip: int, text: str) -> None:
    found, is_long = faults(text, talk.house.library.source)
    if found:
        kind, what = found[0]
        talk.tell(f"tip.fault_{kind}", f"tip_drop:{tip}", what=what, most=str(LONGEST))
    else:
        talk.errands.append(Write(tip, text, is_long))


def _place(talk: Talk, tip: int, text: str) -> None:
    places = talk.house.places
    if place := places.sure(text):
        talk.errands.append(At(tip, place.key))
    else:
        found = places.find(text)[:MOST_PLACES]
        offers = (f"tip_place:{tip}.{each.key}|{each.title}" for each in found)
        talk.tell("tip.which_place" if found else "tip.no_place", *offers, f"tip_drop:{tip}")


def _guide(how: str) -> Callable[[Talk, int, str], None]:
    def typed_guide(talk: Talk, tip: int, text: str) -> None:
        heard = talk.heard(text)
        guides = [each.answer.partition(":")[2] for each in heard.found if each.answer.startswith("open:")]
        if guides and heard.is_clear and heard.found[0].answer.startswith("open:"):
            talk.errands.append(Whom(tip, f"{how}.{guides[0]}"))
        else:
            offer_guides(talk, "which_guide" if guides else "no_guide", tip, how, guides[:3])

    return typed_guide


_TYPED: dict[str, Callable[[Talk, int, str], None]] = {
    "text": _text,
    "place": _place,
    STUCK: _guide(STUCK),
    FINISHED: _guide(FINISHED),
    "when": when_typed,
    "number": number_typed,
}
