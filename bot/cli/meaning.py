"""`bot meaning`: how well typed questions are understood, and why one was understood so."""

from __future__ import annotations

import codecs
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli.report import OK, USAGE, complain
from bot.config import find_root, load
from bot.flow.reader import did_you_mean
from bot.service.house import load_house

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.flow.model import Flow
    from bot.meaning.ear import Ear, Heard
    from bot.service.house import House

CHATTER = "other-human"
"""The topic of what no guide is for: chatter, and people who want a human. Right is that no guide is forced on them."""

NOTHING = "-"
"""In place of an answer where nothing was found."""

COLUMNS = frozenset({"text", "topic"})
"""What a first line may name."""

MOST = 3
"""Answers that a person can be shown as guesses."""


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody typed, and the topic it should lead to."""

    text: str
    topic: str
    line: int = 0  # of the file


@dataclass(slots=True)
class Marks:
    """How many questions were asked, and for how many the right answer came first, or among the first three."""

    questions: int = 0
    first: int = 0
    among: int = 0

    @property
    def top1(self) -> float:
        """The share that was right at once."""
        return self.first / self.questions if self.questions else 0.0

    @property
    def top3(self) -> float:
        """The share with the right one among the first three."""
        return self.among / self.questions if self.questions else 0.0


@dataclass(slots=True)
class Examined:
    """The marks of all questions and of each topic; what came instead of what."""

    total: Marks = field(default_factory=Marks)
    per_topic: dict[str, Marks] = field(default_factory=dict)
    confused: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[tuple[Question, str]] = field(default_factory=list)
    forced: int = 0  # chatter that was answered with one guide alone

    @property
    def chatter(self) -> float | None:
        """The share of chatter on which no guide was forced: at most some were offered as guesses."""
        asked = self.per_topic.get(CHATTER)
        return 1 - self.forced / asked.questions if asked else None


def read_questions(path: Path) -> list[Question]:
    """The questions of a file with lines "text<TAB>topic".

    A first line that names columns says which are meant, in any order and beside others. Raises OSError, and ValueError
    that tells what is wrong and in which line.
    """
    places = (0, 1)
    found = []
    for number, raw in enumerate(path.read_bytes().removeprefix(codecs.BOM_UTF8).splitlines(), 1):
        try:
            cells = [cell.strip() for cell in raw.decode("utf-8").split("\t")]
        except UnicodeDecodeError:
            raise ValueError(f"line {number} is not UTF-8") from None
        if not any(cells):
            continue
        if number == 1 and not COLUMNS.isdisjoint(cells):
            if missing := sorted(COLUMNS.difference(cells)):
                raise ValueError(f"the first line names no column '{missing[0]}'")
            places = (cells.index("text"), cells.index("topic"))
            continue
        text, topic = (cells[place] if place < len(cells) else "" for place in places)
        if not topic:
            raise ValueError(f"line {number} has no topic behind a tab")
        if not text:
            raise ValueError(f"line {number} has a topic and no text")
        found.append(Question(text, topic, number))
    if not found:
        raise ValueError("it has no questions")
    return found


def unknown_topics(questions: Iterable[Question], flows: Mapping[str, Flow]) -> list[str]:
    """What to say of topics that no guide has: where each stands first, and which one may be meant."""
    known = {CHATTER, *flows, *(topic for flow in flows.values() for topic in flow.topics)}
    first: dict[str, int] = {}
    for question in questions:
        if question.topic not in known:
            first.setdefault(question.topic, question.line)
    return [
        f"Line {line}: no guide has the topic '{topic}', so its questions count as wrong."
        f" {did_you_mean(topic, known).capitalize()}".rstrip()
        for topic, line in first.items()
    ]


def examine(ear: Ear, flows: Mapping[str, Flow], questions: Iterable[Question]) -> Examined:
    """Ask the ear every question."""
    result = Examined()
    for question in questions:
        heard = ear.hear(question.text, MOST)
        answers = _answers(heard)
        right = [_leads_to(answer, flows, question.topic) for answer in answers]
        if question.topic == CHATTER:  # nothing found, or no guide first: the person is not led away
            right = [not answers or right[0]]
            result.forced += not right[0] and bool(heard.alarm or heard.is_clear)
        for marks in (result.total, result.per_topic.setdefault(question.topic, Marks())):
            marks.questions += 1
            marks.first += any(right[:1])
            marks.among += any(right)
        if not any(right[:1]):
            instead = answers[0] if answers else NOTHING
            result.confused[question.topic, instead] += 1
            result.wrong.append((question, instead))
    return result


def _answers(heard: Heard) -> list[str]:
    """What the bot would answer or offer, best first: an alarm before all."""
    return list(dict.fromkeys(filter(None, (heard.alarm, *(found.answer for found in heard.found)))))[:MOST]


def _leads_to(answer: str, flows: Mapping[str, Flow], topic: str) -> bool:
    """Whether an answer is one for the topic: a guide by its name or its topics, anything else for chatter."""
    kind, _, name = answer.partition(":")
    if kind != "open":
        return topic == CHATTER
    return topic == name or topic in flows[name].topics


def evaluate(file: str, *, as_json: bool, wrong: bool) -> int:
    """Examine the ear with a file of questions and print the marks."""
    house = _house()
    try:
        questions = read_questions(Path(file))
    except (OSError, ValueError) as fault:
        complain(f"Cannot use {file}: {getattr(fault, 'strerror', None) or fault}.")
        return USAGE
    for line in unknown_topics(questions, house.flows):
        complain(line)
    result = examine(house.ear, house.flows, questions)
    typer.echo(_as_json(result) if as_json else _as_text(result, wrong=wrong))
    return OK


def _as_json(result: Examined) -> str:
    topics = {
        topic: {"questions": marks.questions, "top1": marks.top1, "top3": marks.top3}
        for topic, marks in sorted(result.per_topic.items())
    }
    confused = [
        {"topic": topic, "answer": answer, "questions": count}
        for (topic, answer), count in result.confused.most_common()
    ]
    data = {
        "questions": result.total.questions,
        "top1": result.total.top1,
        "top3": result.total.top3,
        "chatter": result.chatter,
        "per_topic": topics,
        "confused": confused,
    }
    return json.dumps(data, ensure_ascii=False, indent=2)


def _as_text(result: Examined, *, wrong: bool) -> str:
    lines = [f"{'topic':24} questions  first  first three   instead"]
    for topic, marks in sorted(result.per_topic.items()):
        instead = [f"{answer} {count}" for (of, answer), count in result.confused.most_common() if of == topic]
        lines.append(f"{topic:24} {marks.questions:9}  {marks.top1:5.0%}  {marks.top3:11.0%}   {', '.join(instead)}")
    total = result.total
    lines.append(f"{'all':24} {total.questions:9}  {total.top1:5.1%}  {total.top3:11.1%}")
    if result.chatter is not None:
        lines.append(f"{'no guide forced on':24} {result.per_topic[CHATTER].questions:9}  {result.chatter:5.1%}")
    if wrong:
        lines += ["", *(f"{question.topic}: {question.text} -> {answer}" for question, answer in result.wrong)]
    return "\n".join(line.rstrip() for line in lines)


def why(sentence: str) -> int:
    """Print how a sentence is understood."""
    for line in _house().ear.why(sentence).lines():
        typer.echo(line)
    return OK


def _house() -> House:
    """The guides as they are, also those with faults."""
    config, _ = load(find_root())
    house, _ = load_house(config.root, config.words)
    return house
