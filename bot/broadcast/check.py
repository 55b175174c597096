"""The checker of broadcasts: what a guide's words have to be, and that the names in the file are there."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from bot.broadcast.audience import InGuide, Is, parts
from bot.broadcast.reader import FOLDER, names, read_written
from bot.capability import CAPABILITIES
from bot.flow.check import official, speech
from bot.flow.check.buttons import fold
from bot.flow.check.template import Template, parse_template, read_template
from bot.flow.check.tree import BOT, SOURCE_LANGUAGE, Tree, forms_of
from bot.flow.link import link
from bot.flow.reader import PRONOUNS, did_you_mean, read_flows
from bot.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from bot.broadcast.reader import Written
    from bot.flow.model import Flow

CHANNELS = tuple(name for name, can in CAPABILITIES.items() if can.buttons)
"""Where broadcasts can go: an answer that is a typed number would be taken for one to the bot's newest question."""

BLOCKS = ("text", "alt")
"""What the words of a broadcast have: its text, and its picture in words."""

FIT = ("home", "human", "check", "about", "language", "address", "understood")
"""Answers of the bot's own that may stand under a broadcast, beside guides."""

_OF_WORDS = (
    speech.sentences,
    speech.pronouns,
    speech.marks,
    speech.leftovers,
    official.links,
    official.numbers,
)
_SEND_US = re.compile(r"\b(?:gui|nhap|nhan|go|dien|cho biet|bao cho|doc cho|tra loi|send|type|enter|tell|reply|give)\b")
"""Verbs that bid somebody to hand something over."""


def check_broadcasts(
    root: Path, *, today: date, channels: Sequence[str] = CHANNELS, only: Collection[str] = ()
) -> list[Problem]:
    """All problems of broadcasts/ below `root` (or of those named), sorted by place."""
    wanted = [name for name in names(root) if not only or name in only]
    if not wanted:
        return []
    flows, _ = read_flows(root / "flows")
    linked = {name: link(flow, flows) for name, flow in flows.items() if not flow.is_piece}
    content = root / "content"
    languages = sorted(path.parent.name for path in content.glob(f"*/{BOT}")) or [SOURCE_LANGUAGE]
    tree = Tree(root, today, channels, (), forms=forms_of(content / SOURCE_LANGUAGE / BOT / "address.toml"))
    found: list[Problem] = []
    for name in wanted:
        written, problems = read_written(root, name)
        found += problems
        if written is not None:
            found += _names(written, linked, languages)
            found += _media(written, root, languages)
            found += _buttons(written, linked)
        folders = [part.name for part in written.parts] if written else [name]
        for folder in folders:
            for language in languages:
                found += _words(name, folder, language, written, tree)
    return sorted(set(found))


def check_said(text: str, language: str) -> list[Problem]:
    """What is wrong with plain words that stand in no file: links, numbers, secrets, sentences too long."""
    source = f"{{% block text %}}{text.replace('{', '(')}{{% endblock %}}"
    template = parse_template("tip", language, f"{BOT}/tip", source)
    tree = Tree(Path(), date.min, (), ())
    found = list(_secrets(template))
    for finder in (official.links, official.numbers, speech.sentences):
        found += finder(template, tree)
    return found


def _names(written: Written, flows: Mapping[str, Flow], languages: Iterable[str]) -> Iterator[Problem]:
    """E302: a guide, a step, a language or a channel in the audience that is not there."""
    line, column = written.audience_place
    for node in parts(written.node):
        wrong: Iterable[tuple[str, str, Iterable[str]]] = ()
        if isinstance(node, Is) and node.name in {"language", "channel"}:
            known = languages if node.name == "language" else CAPABILITIES
            wrong = [(f"{node.name} '{value}'", value, known) for value in node.values if value not in known]
        elif isinstance(node, InGuide) and node.guide not in flows:
            wrong = [(f"guide '{node.guide}'", node.guide, flows)]
        elif isinstance(node, InGuide) and node.step and node.step not in flows[node.guide].steps:
            wrong = [(f"step '{node.step}' in {node.guide}", node.step, flows[node.guide].steps)]
        for what, value, known in wrong:
            place = column + getattr(node, "offset", 0)
            message = f"there is no {what}"
            yield Problem(written.source.path, line, place, "E302", message, did_you_mean(value, known))
    series = written.broadcast.series
    if series and series.finished and series.finished not in flows:
        message, hint = f"there is no guide '{series.finished}'", did_you_mean(series.finished, flows)
        yield written.source.problem(("series", "finished"), "E302", message, hint)


def _buttons(written: Written, flows: Mapping[str, Flow]) -> Iterator[Problem]:
    """E302: an answer that cannot stand under a broadcast."""
    for answer in written.broadcast.buttons:
        kind, _, guide = answer.partition(":")
        if kind == "open" and guide not in flows:
            hint = did_you_mean(guide, flows)
            yield written.source.problem(("buttons",), "E302", f"there is no guide '{guide}'", hint)
        elif kind != "open" and answer not in FIT:
            hint = f'"open:<guide>" or one of {", ".join(FIT)}'
            yield written.source.problem(("buttons",), "E302", f"no button can be '{answer}'", hint)


def _media(written: Written, root: Path, languages: Iterable[str]) -> Iterator[Problem]:
    """E024: a picture or a voice that is not there."""
    media = root / "content" / "media"
    broadcast, source = written.broadcast, written.source
    if broadcast.picture and not (media / broadcast.picture).is_file():
        yield source.problem(("picture",), "E024", f"there is no picture '{broadcast.picture}'", "below content/media/")
    for language in languages if broadcast.voice else ():
        if not (media / "voice" / language / broadcast.voice).is_file():
            message = f"there is no voice '{broadcast.voice}' in '{language}'"
            yield source.problem(("voice",), "E024", message, f"below content/media/voice/{language}/")


def _words(name: str, folder: str, language: str, written: Written | None, tree: Tree) -> Iterator[Problem]:
    """Everything about the words in one language, of a broadcast or of one part of a series."""
    path = tree.root / FOLDER / folder / f"{language}.j2"
    file = tree.root / FOLDER / f"{name}.toml"
    if not path.is_file():
        code = "E030" if language == SOURCE_LANGUAGE else "W110"
        yield Problem(file, 1, 1, code, f"no words in '{language}'", f"write {FOLDER}/{folder}/{language}.j2")
        return
    template = read_template(str(path), language, f"{FOLDER}/{folder}")
    yield from template.problems
    if template.problems:
        return
    yield from _blocks(template, written)
    yield from _length(template, written, tree)
    yield from _secrets(template)
    for finder in _OF_WORDS:
        yield from finder(template, tree)


def _blocks(template: Template, written: Written | None) -> Iterator[Problem]:
    """E030, E033, E042, W103: what is missing, said by nobody, or asks for what nobody gives."""
    text, alt = template.blocks.get("text"), template.blocks.get("alt")
    if text is None or not text.words:
        yield template.problem(1, 1, "E030", "the text is missing", "write {% block text %}…{% endblock %}")
    if written is not None and written.broadcast.picture and (alt is None or not alt.words):
        hint = "write {% block alt %}…{% endblock %}"
        yield template.problem(1, 1, "E042", "the picture in words is missing", hint)
    for block in template.blocks.values():
        if block.name not in BLOCKS:
            hint = did_you_mean(block.name, BLOCKS)
            yield template.problem(block.line, block.column, "W103", f"block '{block.name}' is never said", hint)
        for use in block.uses:
            if use.name not in PRONOUNS:
                hint = did_you_mean(use.name, PRONOUNS) or f"only {', '.join(PRONOUNS)}: it goes to many"
                yield template.problem(use.line, use.column, "E033", f"nobody gives '{use.name}'", hint)


def _length(template: Template, written: Written | None, tree: Tree) -> Iterator[Problem]:
    """E035: a text too long for a channel that is switched on."""
    text = template.blocks.get("text")
    has_picture = written is not None and bool(written.broadcast.picture)
    for channel in tree.channels if text else ():
        can = CAPABILITIES[channel]
        limit = can.caption if has_picture and can.pictures else can.text
        if text and len(text.words) > limit:
            message = f"{len(text.words)} characters, {channel} shows {limit}"
            hint = "say less" + (" (a picture is there: its caption is shorter)" if has_picture else "")
            yield template.problem(text.line, text.column, "E035", message, hint)
            return


def _secrets(template: Template) -> Iterator[Problem]:
    """E039: a sentence that bids people to hand a secret over. To warn of it is what tips are for."""
    text = template.blocks.get("text")
    for sentence in text.sentences() if text else ():
        if (secret := speech.secret_in(sentence)) and text and _SEND_US.search(fold(sentence)):
            yield speech.asks_for_secret(template, text.line_of(sentence), secret)
