"""Findings about a guide as a whole: sources, review date, place in the menu, chapter, pictures and voices."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from bot import picture
from bot.flow.check.tree import BOT, SOURCE_LANGUAGE, Tree
from bot.flow.check.ways import at, place_of
from bot.flow.model import Flow, Place
from bot.flow.reader import did_you_mean
from bot.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def sources(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E022: a guide that does not say where its facts come from."""
    del tree
    if not flow.is_piece and not flow.sources:
        hint = "add [[source]] with url and checked (the day the fact was last looked up)"
        yield at(Place(flow.path, 1), "E022", "a guide without a source", hint)


def review(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E023, W106: no review date, or one that is over."""
    if flow.review_by is None:
        if not flow.is_piece and "review_by" not in flow.places:
            hint = "add review_by = the day by which its facts must be looked up again"
            yield at(Place(flow.path, 1), "E023", "a guide without a review date", hint)
    elif flow.review_by < tree.today:
        message = f"to be reviewed by {flow.review_by}, and today is {tree.today}"
        yield at(flow.places["review_by"], "W106", message, "look the facts up again, then set both dates anew")


def menu(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """W109: two guides at the same place of the home screen."""
    if flow.menu is not None:
        twins = [other.name for other in tree.flows.values() if other.menu == flow.menu and other.name < flow.name]
        if twins:
            message = f"'{twins[0]}' has place {flow.menu} in the menu too"
            yield at(flow.places["menu"], "W109", message, "give each guide a place of its own")


def chapter(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E048, W113: a chapter that has no name, or one of a guide that is not listed."""
    if not flow.chapter:
        return
    named = tree.words.get(SOURCE_LANGUAGE, {}).get(f"{BOT}/chapters")
    known = sorted(each for each in named.blocks if not each.startswith("words_")) if named else []
    if flow.chapter not in known:
        hint = did_you_mean(flow.chapter, known) or f"name it in content/{SOURCE_LANGUAGE}/{BOT}/chapters.j2"
        yield at(flow.places["chapter"], "E048", f"there is no chapter '{flow.chapter}'", hint)
    elif flow.menu is None:
        yield at(flow.places["chapter"], "W113", "in a chapter, but without a place in it", "write menu = a number")


def media(flow: Flow, tree: Tree) -> Iterator[Problem]:
    """E024, E025, W110: a picture that is not there or damaged, a recorded voice that is not there."""
    folder = tree.content / "media"
    for step in flow.steps.values():
        if step.picture and not (folder / step.picture).is_file():
            message = f"there is no picture content/media/{step.picture}"
            yield at(place_of(step, "picture"), "E024", message, _file_meant(step.picture, folder))
        elif step.picture.endswith(".svg"):
            try:
                picture.check(folder, step.picture)
            except picture.Damaged as damaged:
                hint = f"look at it with `bot draw content/media/{step.picture} --png FILE`; see docs/drawing.md"
                yield Problem(folder / damaged.path, damaged.line, 1, "E025", damaged.fault, hint)
        for language in tree.words if step.voice else ():
            if not (folder / "voice" / language / step.voice).is_file():
                message = f"there is no recording content/media/voice/{language}/{step.voice}"
                code = "E024" if language == SOURCE_LANGUAGE else "W110"
                yield at(place_of(step, "voice"), code, message, _file_meant(step.voice, folder / "voice" / language))


def _file_meant(name: str, folder: Path) -> str:
    """A hint with the nearest file below the folder: by the whole name, else by the last part of it."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    last = {file.rpartition("/")[2]: file for file in files}
    near = get_close_matches(name, files, 1) or [
        last[each] for each in get_close_matches(name.rpartition("/")[2], last, 1)
    ]
    return f"did you mean '{near[0]}'?" if near else ""
