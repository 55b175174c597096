"""What everybody must be able to see and reach: rules of accessibility, sizes, contrast, narrow screens, dark mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.async_playwright import Axe

from tests.kit.browser import Phone, box, phone

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.kit.house import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

STRICT = {"rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}}}

SMALLEST_TEXT = """
() => Math.min(...[...document.querySelectorAll("body *")]
  .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim()))
  .map((node) => parseFloat(getComputedStyle(node).fontSize)))
"""


async def violations(person: Phone) -> list[str]:
    """What axe finds, by rule and place."""
    found: Any = await Axe().run(person.page, options=STRICT)
    return [f"{v['id']}: {n['target']} {n['failureSummary']}" for v in found.response["violations"] for n in v["nodes"]]


async def some_of_everything(person: Phone) -> None:
    """Steps, records, stuck choices, a secret warning, the menu: all on one page."""
    await person.open("/g/eid-activate")
    await person.tap("Bắt đầu")
    await person.tap("Xong rồi")
    await person.tap("bị vướng")
    await person.say("mã otp 482913")
    await person.tap("Về đầu")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_accessible(browser: Browser, bot: Running, scheme: str) -> None:
    """Axe finds nothing, with contrast 7:1, in light and dark, on all kinds of messages and on the page for errors."""
    async with phone(browser, bot.url, color_scheme=scheme, viewport={"width": 360, "height": 4000}) as person:
        await some_of_everything(person)
        assert await violations(person) == []
        await person.shoot(f"10-everything-{scheme}")
        await person.page.goto(f"{person.url}/nowhere")
        assert await violations(person) == []
        await person.shoot(f"11-not-found-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_step_in_both_schemes(browser: Browser, bot: Running, scheme: str) -> None:
    """A step as it stands on the screen, by day and by night."""
    async with phone(browser, bot.url, color_scheme=scheme) as person:
        await person.open("/g/eid-activate")
        await person.tap("Bắt đầu")
        background = await person.page.evaluate("getComputedStyle(document.body).backgroundColor")
        red = int(background.removeprefix("rgb(").partition(",")[0])
        assert (red > 200) is (scheme == "light")
        await person.shoot(f"12-step-{scheme}")


@pytest.mark.parametrize("size", ["18", "22", "26"])
@pytest.mark.parametrize("width", [320, 360])
async def test_sizes(browser: Browser, bot: Running, width: int, size: str) -> None:
    """In every size: letters of 18 px and more, targets of 48 px and more, nothing to scroll sideways."""
    async with phone(browser, bot.url, viewport={"width": width, "height": 640}) as person:
        await person.page.context.add_cookies([{"name": "size", "value": size, "url": person.url}])
        await some_of_everything(person)
        assert await person.page.evaluate("getComputedStyle(document.body).fontSize") == f"{size}px"
        assert await person.page.evaluate(SMALLEST_TEXT) >= 18
        for target in await person.page.query_selector_all("button, input[type=text], a[href]"):
            measured = await box(target)
            assert min(measured) >= 48, (await target.inner_text(), measured)
        for part in ("html", "main", "footer", "header"):
            wide = await person.page.locator(part).evaluate("node => [node.scrollWidth, node.clientWidth]")
            assert wide[0] <= wide[1], (part, wide)
        await person.shoot(f"13-size-{size}-{width}")


async def test_size_button(person: Phone) -> None:
    """The button changes the letters at once, and the choice is there the next day."""
    await person.open()
    seen = []
    for _ in range(4):
        await person.page.locator("[name=size]").click()
        seen.append(await person.page.evaluate("getComputedStyle(document.body).fontSize"))
    assert seen == ["22px", "26px", "18px", "22px"]
    await person.page.reload()
    assert await person.page.evaluate("getComputedStyle(document.body).fontSize") == "22px"


async def test_own_font(person: Phone) -> None:
    """Vietnamese letters come from the font that is shipped, in both weights."""
    await person.open()
    loaded = await person.page.evaluate("[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.weight)")
    assert set(loaded) == {"400", "600"}
    assert await person.page.evaluate("document.fonts.check('400 18px \"Be Vietnam Pro\"', 'ưởng đặt')")


async def test_low_window(browser: Browser, bot: Running) -> None:
    """On a very low window (zoomed in, or a phone on its side) the bars give way to the messages."""
    async with phone(browser, bot.url, viewport={"width": 640, "height": 300}) as person:
        await person.open("/g/eid-activate")
        await person.tap("Bắt đầu")
        assert await person.page.evaluate("document.scrollingElement.scrollHeight > innerHeight")
        await person.shoot("14-low-window")


async def test_on_a_desk(browser: Browser, bot: Running) -> None:
    """On a wide screen the chat stays a column as wide as a phone."""
    async with phone(browser, bot.url, viewport={"width": 1280, "height": 800}) as person:
        await person.open("/g/eid-activate")
        await person.tap("Bắt đầu")
        assert await person.page.evaluate("document.body.clientWidth") < 700
        await person.shoot("15-desk")
