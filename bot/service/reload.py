"""Brings edited guides into service: checked first, refused with their problems when at fault, the old ones staying."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.engine import path
from bot.engine.event import local_day
from bot.service import aloud, checked
from bot.service.house import load_house
from bot.wording.sentences import SENTENCES

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from bot.config import Config
    from bot.flow.model import Flow
    from bot.problem import Problem
    from bot.service.conversation import Conversation
    from bot.service.house import House

log = logging.getLogger(__name__)


def open_house(config: Config, now: int | None = None) -> tuple[House | None, list[Problem]]:
    """The house with every guide that is without errors, and the problems; None when no guide is left.

    Files that have been found without errors before have none to tell.
    """
    import time  # noqa: PLC0415

    today = local_day(now if now is not None else int(time.time() * 1000))
    mark = checked.mark_of(config.root)
    problems = [] if checked.is_known(config.root, mark) else _check(config.root, today)
    faulty = {name for problem in problems if problem.is_error for name in _guides_of(problem.path, config.root)}
    if BOT_WORDS in faulty or not any((config.root / "content").glob(f"*/{BOT_WORDS}/address.toml")):
        return None, problems
    house, _ = load_house(config.root, config.words)
    speaks = frozenset(filter(aloud.finder(config), house.library.languages))
    sound = {name: flow for name, flow in house.flows.items() if not faulty & ({name} | _parts(flow))}
    if not any(problem.is_error for problem in problems):
        checked.remember(config.root, mark)
    return (replace(house, flows=sound, speaks=speaks) if sound else None), problems


def _check(root: Path, today: date) -> list[Problem]:
    """What is wrong in all files of the guides."""
    from bot.flow.check import check  # noqa: PLC0415 (files that are known need no checker)

    return check(root, today=today, bot_texts=SENTENCES)


BOT_WORDS = "_bot"


def _guides_of(file: Path, root: Path) -> set[str]:
    """The guide (or piece) a file belongs to."""
    try:
        parts = file.resolve().relative_to(root.resolve()).parts
    except ValueError:
        return set()
    if parts[0] == "flows":
        return {"/".join(parts[1:]).removesuffix(".toml")}
    if parts[0] == "content" and len(parts) > 2:
        return {"/".join(parts[2:4]) if parts[2] == "pieces" else parts[2]}
    return set()


def _parts(flow: object) -> set[str]:
    """The guides and pieces whose words a linked guide speaks."""
    return {step.text.rpartition("/")[0] for step in flow.steps.values()}  # type: ignore[attr-defined]


class Reload:
    """Watches flows/ and content/."""

    def __init__(self, config: Config, conversation: Conversation) -> None:
        self._config = config
        self._conversation = conversation
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopping.set()

    async def run(self) -> None:
        """The loop."""
        from watchfiles import awatch  # noqa: PLC0415 (only a running bot watches)

        folders = [self._config.root / "flows", self._config.root / "content"]
        async for _ in awatch(*folders, stop_event=self._stopping, step=200, debounce=800):
            try:
                await self.look()
            except Exception:  # a file that cannot be read, a database that refuses: the next edit is another chance
                log.exception("edited guides not taken over, the old ones stay in service")

    async def look(self) -> list[Problem]:
        """Check and take over what is sound. A guide with errors keeps its old form."""
        fresh, problems = await asyncio.to_thread(open_house, self._config)
        for problem in problems:
            if problem.is_error:
                log.error("refused: %s%s", problem, f" ({problem.hint})" if problem.hint else "")
        old = self._conversation.house
        if fresh is None:
            log.error("nothing taken over, the old guides stay in service")
            return problems
        new = _merged(old, fresh, problems, self._config.root)
        await asyncio.to_thread(new.listen)
        await self._conversation.move_in(new)
        kept = [name for name, flow in sorted(new.flows.items()) if fresh.flows.get(name) is not flow]
        log.info("guides taken over", extra={"guides": len(new.flows), "kept_old": ",".join(kept) or "none"})
        for name in sorted(old.flows.keys() & new.flows.keys()):
            await self._warn_of_gone_steps(old.flows[name], new.flows[name])
        return problems

    async def _warn_of_gone_steps(self, old: Flow, new: Flow) -> None:
        """Whoever stands on a step that an edit took away is moved to an earlier one: [moved] would spare them that."""
        if old.digest == new.digest:
            return
        people: Counter[str] = Counter()
        for stored, count in (await self._conversation.standing(old.name)).items():
            people[path.now_called(old, stored)] += count
        for step, count in sorted(people.items()):
            if step in old.steps and path.now_called(new, step) not in new.steps:
                log.warning("step %r of %s is gone, %d people stand on it: add [moved]", step, old.name, count)


def _merged(old: House, fresh: House, problems: list[Problem], root: Path) -> House:
    """The fresh guides, and the old form of those that are at fault now."""
    faulty = {name for problem in problems if problem.is_error for name in _guides_of(problem.path, root)}
    kept = {
        name: flow for name, flow in old.flows.items() if name not in fresh.flows and faulty & ({name} | _parts(flow))
    }
    if not kept:
        return fresh
    taken = dict(fresh.flows)
    while True:  # whoever speaks words that stay old stays old as well: new steps would find no words
        words = {part for flow in kept.values() for part in _parts(flow)}
        stay_old = {part for part in words if fresh.library.words_of(part) != old.library.words_of(part)}
        beside = {name for name, flow in taken.items() if _parts(flow) & stay_old}
        if not beside:
            break
        kept |= {name: old.flows[name] for name in beside if name in old.flows}
        taken = {name: flow for name, flow in taken.items() if name not in beside}
    return replace(fresh, flows={**taken, **kept}, library=fresh.library.with_old_words(old.library, words))
