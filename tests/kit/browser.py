"""A real Chromium for tests: found on this machine, opened at phone size, its complaints written down."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.async_api import Browser, Page, async_playwright, expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import ConsoleMessage, ElementHandle

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
KEEPS = bool(os.environ.get("SCREENSHOTS"))
"""Whether pictures of the screens are kept, for people to look at: `SCREENSHOTS=1 pytest tests/browser`."""

PHONE = {"width": 360, "height": 740}

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)


class NoBrowser(Exception):
    """There is none to test with."""


def find_browser() -> str:
    """The path of a Chromium: BROWSER_PATH, or one that is installed. Raises NoBrowser."""
    named = os.environ.get("BROWSER_PATH")
    found = [named] if named else [*filter(None, map(shutil.which, NAMES)), *MAC]
    for path in found:
        if Path(path).is_file():
            return path
    raise NoBrowser(
        "The browser tests need Chromium, Chrome or Edge: install one (Debian: apt install chromium), "
        "or set BROWSER_PATH to it."
    )


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window."""
    path = find_browser()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Phone:
    """One page on a small screen. `complaints`: errors and broken content rules that the browser wrote down."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str = "/") -> None:
        """Go there and wait until the letters are in."""
        await self.page.goto(self.url + path)
        await self.page.evaluate("document.fonts.ready")

    async def newest(self) -> str:
        """The headline of the newest message."""
        return await self.page.locator("article:last-child h2").inner_text()

    async def tap(self, label: str) -> None:
        """Tap the button under the newest message, or one that is always there, and wait for what it brings."""
        button = self.page.locator("article:last-child button, .always button, .settings button").filter(has_text=label)
        await self._and_wait(button.last.click)

    async def pick(self, button: str) -> None:
        """Tap the newest button with that id and wait for what it brings."""
        await self._and_wait(self.page.locator(f'article button[value="{button}"]').last.click)

    async def say(self, text: str) -> None:
        """Type and send."""
        await self.page.fill("#text", text)
        await self._and_wait(lambda: self.page.press("#text", "Enter"))

    async def _and_wait(self, act: Any) -> None:
        before = await self.latest()
        await act()
        await expect(self.page.locator("#log")).not_to_have_attribute("data-latest", before)
        await expect(self.page.locator("[data-sent], #text[readonly]")).to_have_count(0)

    async def latest(self) -> str:
        """The newest row on the page."""
        return await self.page.locator("#log").get_attribute("data-latest") or ""

    async def shoot(self, name: str) -> None:
        """Keep a picture of the screen in build/screenshots/, where pictures are asked for."""
        if not KEEPS:
            return
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.wait_for_timeout(400)  # what moves has come to rest
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@asynccontextmanager
async def phone(browser: Browser, url: str, **options: Any) -> AsyncIterator[Phone]:
    """A fresh person with a phone. `options` as for Playwright's new_context."""
    settings: dict[str, Any] = {
        "viewport": PHONE,
        "locale": "vi-VN",
        "reduced_motion": "reduce",
        "device_scale_factor": 2,
    }
    context = await browser.new_context(**{**settings, **options})
    try:
        page = await context.new_page()
        visitor = Phone(page, url)

        def heard(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                visitor.complaints.append(message.text)

        page.on("console", heard)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        yield visitor
    finally:
        await context.close()


async def box(element: ElementHandle) -> tuple[float, float]:
    """Width and height in CSS pixels."""
    found = await element.bounding_box()
    assert found is not None
    return found["width"], found["height"]


def _install() -> None:
    """Install Chromium and an emoji font in the way the machine allows; on others nothing is done."""
    if shutil.which("apt-get") is None:
        return
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if rights and shutil.which("sudo") is None:
        return
    sys.stderr.write("Installing Chromium for the browser tests …\n")
    silent = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-q"], ["install", "-y", "-q", "chromium", "fonts-noto-color-emoji"]):
        subprocess.run([*rights, "apt-get", *words], check=False, stdout=subprocess.DEVNULL, env=silent)


def main() -> int:
    """`make browser`: there is one, or it is installed, or one sentence says what to install."""
    try:
        find_browser()
    except NoBrowser:
        _install()
    try:
        find_browser()
    except NoBrowser as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
