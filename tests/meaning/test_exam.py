"""The ear passes its exam: questions in other words than the guides', on the guides as they are.

The files called tune are looked at when words are mended; of the others those that docs/ear.md names, after their first
mark. None may be copied into content/.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from bot.cli.meaning import CHATTER, Examined, examine, read_questions
from bot.meaning.fold import fold
from bot.service.house import House, load_house
from bot.service.phrases import cries, phrases

ROOT = Path(__file__).parents[2]
QUESTIONS = Path(__file__).parent / "questions"
FILES = sorted(path.name for path in QUESTIONS.glob("*.tsv"))

FEW = 3
"""Words up to which a question may by chance be a phrase of a guide."""


@cache
def house() -> House:
    """The guides as they are."""
    return load_house(ROOT, {})[0]


@cache
def examined(name: str) -> Examined:
    """The marks for one file of questions."""
    return examine(house().ear, house().flows, read_questions(QUESTIONS / name))


def is_danger(topic: str) -> bool:
    """Scams and emergencies."""
    return topic.startswith("scam-") or topic == "emergency"


@pytest.mark.parametrize("name", FILES)
def test_the_right_guide_comes_first(name: str) -> None:
    """At once for nine of ten, among the first three for all but a few."""
    total = examined(name).total
    assert total.top1 >= 0.93, examined(name).confused.most_common(9)
    assert total.top3 >= 0.97, examined(name).confused.most_common(9)


@pytest.mark.parametrize("name", FILES)
def test_who_is_in_danger_is_led_to_safety(name: str) -> None:
    """For a scam or an emergency a guide about danger comes first, and nearly always the very one."""
    result = examined(name)
    asked = sum(marks.questions for topic, marks in result.per_topic.items() if is_danger(topic))
    wrong = [answer for question, answer in result.wrong if is_danger(question.topic)]
    away = [answer for answer in wrong if not is_danger(answer.partition(":")[2])]
    assert asked > 35
    assert 1 - len(wrong) / asked >= 0.93
    assert 1 - len(away) / asked >= 0.96


@pytest.mark.parametrize("name", FILES)
def test_nobody_else_is_sent_to_the_ambulance(name: str) -> None:
    """“Ở đâu để” typed without accents is no “đau đẻ”. Among chatter there are cries as well, so it is left out."""
    others = [each for each in read_questions(QUESTIONS / name) if each.topic not in {"emergency", CHATTER}]
    alarms = [each.text for each in others if house().ear.hear(fold(each.text)).alarm == "open:emergency"]
    assert alarms == []


@pytest.mark.parametrize("name", ["tune.tsv", "held-out.tsv"])
def test_chatter_is_led_nowhere(name: str) -> None:
    """Who talks about the weather is not sent into a guide, and mostly not even asked about one."""
    assert (examined(name).chatter or 0) >= 0.9
    assert examined(name).per_topic[CHATTER].top1 >= 0.8


def test_there_are_questions_about_every_guide() -> None:
    """A new guide gets some of its own."""
    asked = {question.topic for name in ("tune.tsv", "held-out.tsv") for question in read_questions(QUESTIONS / name)}
    for flow in house().flows.values():
        assert asked & {flow.name, *flow.topics}, f"write some lines for {flow.name}"
    assert sum(examined(name).total.questions for name in ("tune.tsv", "held-out.tsv")) >= 400


@pytest.mark.parametrize("name", FILES)
def test_the_exam_is_not_copied_into_the_words(name: str) -> None:
    """No sentence of it stands in the data. A few words ("quên mật khẩu") are said by everybody, so some may."""
    guides = list(house().flows.values())
    said = {fold(phrase) for entry in phrases(guides, house().library) for phrase in entry.phrases}
    said |= {fold(phrase) for entry in cries(guides, house().library) for phrase in entry.phrases}
    asked = [fold(question.text) for question in read_questions(QUESTIONS / name)]
    same = [text for text in asked if text in said]
    assert [text for text in same if len(text.split()) > FEW] == []
    assert len(same) <= 0.02 * len(asked), same
