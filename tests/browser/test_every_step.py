"""Every step of two guides on a small phone: nothing is cut off, covered or too small, and every picture is there.

With SCREENSHOTS=1 a picture of each screen is kept below build/screens/, for people to look at.
"""

from __future__ import annotations

import shutil
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.async_playwright import Axe

from bot.engine.button import ButtonMeaning, button_id
from bot.engine.effect import Show
from bot.engine.event import Picked, Started
from bot.engine.path import DONE, STUCK, values
from bot.engine.turn import take_turn
from bot.flow.check.words import WORDLESS
from bot.flow.model import Kind
from tests.kit.browser import KEEPS, SCREENSHOTS, Phone, phone
from tests.kit.clock import MORNING
from tests.kit.house import guides

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.async_api import Browser, Page

    from bot.engine.session import Session
    from bot.flow.model import Flow
    from tests.kit.house import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCREENS = SCREENSHOTS.parent / "screens"
GUIDES = ("eid-activate", "scam-report")

FAULTS = """
async () => {
  const faults = [];
  const name = (node) => `${node.localName} "${(node.innerText || node.alt || "").slice(0, 40)}"`;
  const wide = document.documentElement.clientWidth;
  for (const part of document.querySelectorAll("html, header, main, footer"))
    if (part.scrollWidth > part.clientWidth) faults.push(`${part.localName} scrolls sideways`);
  for (const node of document.querySelectorAll("h1, h2, p, button, img")) {
    if (!node.getClientRects().length || node.matches(":empty:not(img)")) continue;
    const box = node.getBoundingClientRect();
    if (box.left < 0 || box.right > wide + .5) faults.push(`${name(node)} leaves the screen`);
    if (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1)
      faults.push(`${name(node)} is cut off`);
    if (node.localName === "button" && Math.min(box.width, box.height) < 44)
      faults.push(`${name(node)} is only ${box.width} × ${box.height}`);
  }
  for (const image of document.querySelectorAll("article img")) {
    await image.decode().catch(() => {});
    const box = image.getBoundingClientRect();
    if (!image.naturalWidth) faults.push(`${image.src} is not there`);
    if (!image.alt) faults.push(`${image.src} has no words`);
    if (box.height < 100) faults.push(`${image.src} is only ${box.width} × ${box.height}`);
  }
  for (const article of document.querySelectorAll("article")) {
    const parts = [...article.querySelectorAll("h2, img, p, button")].map((node) => [node, node.getBoundingClientRect()]);
    for (const [index, [one, a]] of parts.entries())
      for (const [other, b] of parts.slice(index + 1))
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
          faults.push(`${name(one)} lies on ${name(other)}`);
  }
  for (const node of document.querySelectorAll("article h2, article p")) {
    const text = node.firstChild;
    for (const number of text?.nodeType === 3 ? text.data.matchAll(/\\d+(?:\\s\\d+)+/g) : []) {
      const range = document.createRange();
      range.setStart(text, number.index);
      range.setEnd(text, number.index + number[0].length);
      if (range.getClientRects().length > 1) faults.push(`${number[0]} is split`);
    }
  }
  const main = document.querySelector("main"), stood = main.scrollTop;
  for (const button of document.querySelectorAll("main button, footer button:not([hidden])")) {
    if (button.closest("main")) button.scrollIntoView({block: "center"});
    const box = button.getBoundingClientRect();
    for (const y of [box.top + 3, box.bottom - 3]) {
      const there = document.elementFromPoint(box.left + box.width / 2, y);
      if (!button.contains(there)) faults.push(`${name(button)} is covered`);
    }
  }
  main.scrollTop = stood;
  return faults;
}
"""
"""What is wrong with a page, in words."""

WORDS = {"you": "bạn", "You": "Bạn", "me": "mình", "Me": "Mình"}
CONTRAST = {
    "runOnly": ["color-contrast", "color-contrast-enhanced"],
    "rules": {"color-contrast-enhanced": {"enabled": True}},
}


@dataclass(frozen=True)
class Way:
    """How to come to a place in a guide: by a link to a question, then by answers, each at its step."""

    link: str
    answers: tuple[tuple[str, str], ...] = ()

    def then(self, step: str, answer: str) -> Way:
        """One answer further."""
        return Way(self.link, (*self.answers, (step, answer)))

    def leads_on_from(self, other: Way) -> bool:
        """Whether it begins with the other way."""
        return self.link == other.link and self.answers[: len(other.answers)] == other.answers


@dataclass(frozen=True)
class Sight:
    """A step that says something, the way on which it is seen, and the shortest way to where one stands after it."""

    step: str
    way: Way
    after: Way


def sights(flow: Flow) -> list[Sight]:
    """Every step of a guide and its pieces that says something; a guide that is entered has its own words."""
    found: dict[str, Sight] = {}
    known: dict[object, Way] = {}
    todo: deque[tuple[Session, Way]] = deque()

    def see(shown: Iterable[str], session: Session, way: Way) -> None:
        here = (session.step, tuple(sorted(values(flow, session.visits).items())))
        if here not in known:
            known[here] = way
            todo.append((session, way))
        for name in shown:
            if not flow.steps[name].scope:
                found.setdefault(name, Sight(name, way, known[here]))

    for name in flow.steps:
        opened = take_turn(flow, None, Started(MORNING, name)).session
        if opened.step == name:
            see([name], opened, Way(name))
    while todo:
        session, way = todo.popleft()
        step = flow.steps[session.step]
        done = [DONE] if step.kind is Kind.DO else []
        for answer in (*step.go, *(STUCK + problem for problem in step.stuck), *done) if not step.scope else ():
            turn = take_turn(flow, session, Picked(MORNING, step.name, answer))
            shown = (effect.step for effect in turn.effects if isinstance(effect, Show))
            see(shown, turn.session, way.then(step.name, answer))
    return list(found.values())


async def go(person: Phone, flow: Flow, way: Way, here: Way | None) -> None:
    """Go that way; `here` is where the person stands, from where it may lead on."""
    answers = way.answers
    if here and way.leads_on_from(here):
        answers = answers[len(here.answers) :]
    else:
        await person.page.context.clear_cookies()
        await person.open(f"/g/{flow.name}/{way.link}")
    for step, answer in answers:
        for tapped in ("stuck", answer) if answer.startswith(STUCK) else (answer,):
            await person.pick(button_id(ButtonMeaning(flow.name, flow.digest, step, tapped)))


async def faults(page: Page) -> list[str]:
    """What cannot be seen, read or tapped on the page."""
    found: list[str] = await page.evaluate(FAULTS)
    return found


async def pale(page: Page) -> list[str]:
    """Words with a contrast below 7:1."""
    found: Any = await Axe().run(page, options=CONTRAST)
    return [f"{n['target']} {n['failureSummary']}" for v in found.response["violations"] for n in v["nodes"]]


@pytest.mark.parametrize("guide", GUIDES)
async def test_every_step(browser: Browser, bot: Running, guide: str) -> None:
    """Each step as somebody new comes to it; contrast once for each kind of step."""
    flow = guides().flows[guide]
    folder = SCREENS / guide
    if KEEPS:
        shutil.rmtree(folder, ignore_errors=True)
    seen = sights(flow)
    speaking = {step.name for step in flow.steps.values() if step.kind not in WORDLESS and not step.scope}
    assert {sight.step for sight in seen} == speaking
    wrong = []
    kinds = set()
    here = None
    async with phone(browser, bot.url, device_scale_factor=1) as person:
        for number, sight in enumerate(seen, 1):
            await go(person, flow, sight.way, here)
            here = sight.after
            said = guides().library.piece("vi", flow.steps[sight.step].text, "text", WORDS).partition("\n")[0]
            found = await faults(person.page)
            if said not in (await person.page.locator("article h2").all_inner_texts())[-2:]:
                found.append(f"“{said}” is not on the page")
            if flow.steps[sight.step].kind not in kinds:
                kinds.add(flow.steps[sight.step].kind)
                found += await pale(person.page)
            wrong += [f"{sight.step}: {fault}" for fault in found]
            if KEEPS:
                file = folder / f"{number:02}-{sight.step.replace('/', '-')}.png"
                await person.page.screenshot(path=file, animations="disabled")
        assert person.complaints == []
    assert wrong == []


@pytest.mark.parametrize(
    ("where", "style", "fault"),
    [
        (".answers button", "position: relative; left: 300px", "leaves the screen"),
        (".answers button", "min-height: 0; height: 30px; padding: 0", "is only"),
        (".answers button", "margin-top: -40px", "lies on"),
        (".answers button", "position: fixed; bottom: 0; left: 0; right: 0", "is covered"),
        (".bubble h2", "max-height: 20px; overflow: hidden", "is cut off"),
        (".bubble img", "width: 40px", "is only"),
        (".bubble", "width: 500px", "main scrolls sideways"),
    ],
)
async def test_the_look_finds_what_is_wrong(person: Phone, where: str, style: str, fault: str) -> None:
    """What this test looks for it would also see."""
    await person.open("/g/eid-activate/open_app")
    assert await faults(person.page) == []
    await person.page.locator(where).last.evaluate("(node, style) => { node.style.cssText = style }", style)
    assert fault in "; ".join(await faults(person.page))


async def test_the_look_finds_a_number_on_two_lines(person: Phone) -> None:
    """A phone number that is split cannot be dialled at a glance; the page keeps it together."""
    await person.open("/g/eid-activate/fix_number")
    line = person.page.locator("article:last-child .body p").last
    assert "1900\N{NO-BREAK SPACE}0368" in await line.inner_text()
    await line.evaluate(
        "node => { node.textContent = 'Gọi 1900 0368. '.repeat(9).replaceAll('1900 ', '1900 '.repeat(9)) }"
    )
    assert "is split" in "; ".join(await faults(person.page))
