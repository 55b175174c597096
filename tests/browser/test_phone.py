"""The web chat in a real browser at phone size: taps, typing, keyboard, a weak network."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from bot.service.aloud import drafts
from tests.kit.browser import Phone, phone
from tests.kit.house import Running, house

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser

pytestmark = pytest.mark.asyncio(loop_scope="session")

DONE = "Xong rồi"


async def place(person: Phone) -> str:
    """The last "Bước 3/7" on the page, without how many there are: that is the editors' business."""
    return (await places(person))[-1]


async def places(person: Phone) -> list[str]:
    """All of them."""
    return [text.partition("/")[0] + "/" for text in await person.page.locator("p.progress").all_inner_texts()]


async def can_go_on(person: Phone) -> bool:
    """Whether the newest message is a step to do."""
    return await person.page.locator("article:last-child .answers button", has_text=DONE).count() > 0


async def until(person: Phone, script: str) -> None:
    """Until it holds on the page; the page's own policy lets nothing wait there."""
    for _ in range(200):
        if await person.page.evaluate(script):
            return
        await person.page.wait_for_timeout(50)
    pytest.fail(f"never came true: {script}")


async def at_step(person: Phone) -> None:
    """Stand on the first step of the guide."""
    await person.open("/g/eid-activate")
    await person.tap("Bắt đầu")


async def test_walk_by_tapping(person: Phone) -> None:
    """From the greeting to the end of a guide with taps; every step begins at the top of the screen with its picture."""
    await person.open()
    await person.shoot("01-greeting")
    await person.tap("Bác")
    await person.shoot("02-home")
    await person.tap("VNeID, căn cước")
    await person.shoot("02-chapter")
    await person.tap("Kích hoạt VNeID")
    await person.shoot("03-card")
    await person.tap("Bắt đầu")
    step = 0
    while await can_go_on(person):
        step += 1
        assert await place(person) == f"Bước {step}/"
        newest = person.page.locator("article:last-child")
        await expect(newest.locator("h2")).to_be_focused()
        await expect(newest.locator("h2")).to_be_in_viewport()
        loaded = await newest.locator("img").evaluate(
            "async image => { await image.decode(); return image.naturalWidth }"
        )
        assert loaded > 0
        await person.shoot(f"04-step-{step}")
        await person.tap(DONE)
    assert (await person.newest()).startswith("Vậy là")
    await person.shoot("05-end")
    await expect(person.page.locator(".record button").last).to_have_text(re.compile(r"✅ Xong rồi · \d\d:\d\d"))


async def test_walk_by_typing(person: Phone) -> None:
    """The same with words and numbers; the cursor stays where one types."""
    await person.open()
    await person.say("bác")
    await person.say("kich hoat vneid")
    await person.say("bat dau")
    step = 0
    while await can_go_on(person):
        step += 1
        assert await place(person) == f"Bước {step}/"
        await person.say("xong rồi" if step % 2 else "1")
        await expect(person.page.locator("#text")).to_be_focused()
        await expect(person.page.locator("#text")).to_have_value("")
    assert (await person.newest()).startswith("Vậy là")


async def test_keyboard_alone(person: Phone) -> None:
    """Tab and Enter lead through steps, and one always sees where one is."""
    await at_step(person)
    for step in (2, 3):
        for _ in range(40):
            await person.page.keyboard.press("Tab")
            focused = person.page.locator(":focus")
            style = await focused.evaluate(
                "node => getComputedStyle(node).outlineStyle + getComputedStyle(node).outlineWidth"
            )
            assert style.startswith("solid")
            if await focused.inner_text() == "✅ Xong rồi":
                break
        before = await person.latest()
        await person.page.keyboard.press("Enter")
        await expect(person.page.locator("#log")).not_to_have_attribute("data-latest", before)
        await expect(person.page.locator("article:last-child h2")).to_be_focused()
        assert await place(person) == f"Bước {step}/"


async def follow(person: Phone, where: str, label: str) -> None:
    """Tap a button of a page without script and wait for the page it leads to."""
    async with person.page.expect_navigation():
        await person.page.locator(where, has_text=label).click()


async def test_without_script(browser: Browser, bot: Running) -> None:
    """Without script everything works, and the newest message is on the screen after every tap."""
    async with phone(browser, bot.url, java_script_enabled=False) as person:
        await person.page.goto(person.url)
        await follow(person, ".answers button", "Bác")
        await expect(person.page.locator("article").last.locator("h2")).to_be_in_viewport()
        await follow(person, "article:last-child button", "VNeID, căn cước")
        await follow(person, "article:last-child button", "Kích hoạt")
        await follow(person, "article:last-child button", "Bắt đầu")
        while await can_go_on(person):
            await expect(person.page.locator("article").last.locator("h2")).to_be_in_viewport()
            await follow(person, "article:last-child button", DONE)
        assert (await person.newest()).startswith("Vậy là")
        await person.page.goto(person.url)  # opened again another day: begins at the end of the log
        await expect(person.page.locator("article:last-child button").last).to_be_in_viewport()
        await person.shoot("06-without-script")
        assert person.complaints == []


async def test_network_gone_and_back(browser: Browser, bot: Running) -> None:
    """Offline, a tap is kept, said kindly, and sent once when the network is back."""
    async with phone(browser, bot.url) as person:
        await at_step(person)
        await person.page.context.set_offline(True)
        await person.page.locator("article:last-child button", has_text=DONE).click()
        await expect(person.page.locator("#line")).to_contain_text("Mạng đang yếu")
        await expect(person.page.locator("article:last-child button").first).to_be_disabled()
        await person.shoot("07-offline")
        await person.page.context.set_offline(False)
        await expect(person.page.locator("p.progress").last).to_have_text(re.compile("Bước 2/"))
        await expect(person.page.locator("#line")).to_be_empty()
        await person.page.reload()
        assert await places(person) == [
            "Bước 1/",
            "Bước 2/",
        ]
        assert all("ERR_INTERNET_DISCONNECTED" in complaint for complaint in person.complaints)


async def test_restart_under_an_open_page(browser: Browser, tmp_path: Path) -> None:
    """The bot goes away and comes back while the page is open: the tap made in between gets through by itself."""
    async with phone(browser, "") as person:
        async with house(tmp_path) as before:
            person.url = before.url
            await at_step(person)
        await person.page.locator("article:last-child button", has_text=DONE).click()
        await expect(person.page.locator("#line")).to_contain_text("Không mất gì cả")
        async with house(tmp_path, port=int(person.url.rpartition(":")[2])):
            await expect(person.page.locator("p.progress").last).to_have_text(re.compile("Bước 2/"), timeout=15_000)
            await expect(person.page.locator("#line")).to_be_empty()


async def test_busy_bot(browser: Browser, tmp_path: Path) -> None:
    """A bot that cannot take the tap just now gets it again later, once."""
    async with house(tmp_path) as bot, phone(browser, bot.url) as person:
        await at_step(person)
        await bot.web.stop_listening()
        await person.page.locator("article:last-child button", has_text=DONE).click()
        await expect(person.page.locator("#line")).to_contain_text("Không mất gì cả")
        await bot.web.start(bot.app.conversation.accept)
        await expect(person.page.locator("p.progress").last).to_have_text(re.compile("Bước 2/"), timeout=15_000)


async def test_double_click(person: Phone) -> None:
    """Tapping twice quickly is one answer, also where two would be possible."""
    await at_step(person)
    before = await person.page.locator("article").count()
    await person.page.locator("article:last-child button", has_text="Xem lại").dblclick()
    await expect(person.page.locator("article")).to_have_count(before + 1)
    await person.page.locator("article:last-child button", has_text=DONE).dblclick()
    await expect(person.page.locator("p.progress").last).to_have_text(re.compile("Bước 2/"))
    await person.page.reload()
    await expect(person.page.locator("article")).to_have_count(before + 2)


async def test_second_tab(person: Phone) -> None:
    """What is answered in one tab appears in the other by itself, with its record."""
    await at_step(person)
    other = await person.page.context.new_page()
    await other.goto(person.url)
    await person.tap(DONE)
    await expect(other.locator("p.progress").last).to_have_text(re.compile("Bước 2/"))
    await expect(other.locator(".record button").last).to_contain_text(DONE)


async def test_secret_is_not_on_the_page(person: Phone) -> None:
    """A code typed by mistake leaves the field and is nowhere on the page."""
    await at_step(person)
    await person.say("ma otp 482913")
    assert "482913" not in await person.page.content()
    await expect(person.page.locator("#text")).to_have_value("")
    assert "không giữ tin" in await person.newest()
    await person.shoot("08-secret")


async def test_read_aloud(person: Phone) -> None:
    """Without a recorded voice the browser reads the newest message."""
    await person.page.add_init_script(
        "window.spoken = []; speechSynthesis.speak = (words) => spoken.push([words.lang, words.text]);"
    )
    await at_step(person)
    await person.tap("Đọc to")
    language, words = (await person.page.evaluate("spoken"))[-1]
    assert language == "vi-VN"
    assert words.startswith("Mở VNeID rồi bấm “Kích hoạt”\n")


async def test_a_draft_voice_plays(person: Phone, bot: Running, tmp_path: Path) -> None:
    """Where the browser has no Vietnamese voice, the bot's own is played; where it has one, that one reads."""
    talking, silent = bot.app.conversation, bot.app.conversation.house
    await talking.move_in(replace(silent, speaks=frozenset({"vi"})))
    bot.app.drafts = drafts(replace(bot.app.config, root=tmp_path))
    try:
        await person.page.add_init_script(
            "window.spoken = []; speechSynthesis.speak = (words) => spoken.push(words.text);"
        )
        await at_step(person)
        await person.tap("Đọc to")
        await until(person, "document.querySelector('article:last-child audio').currentTime > 0.3")
        assert await person.page.evaluate("spoken") == [""]  # only what lets a page speak later
        await person.shoot("10-voice")
        await person.page.evaluate("speechSynthesis.getVoices = () => [{lang: 'vi-VN'}]")
        await person.tap("Đọc to")
        await until(person, "spoken.length === 3")
        assert (await person.page.evaluate("spoken"))[-1].startswith("Mở vi en i đi rồi bấm Kích hoạt.")
    finally:
        await talking.move_in(silent)


async def test_language(person: Phone) -> None:
    """The other language is one tap away, and the page says which one it speaks."""
    await at_step(person)
    await person.page.locator(".settings button", has_text="EN").click()
    await expect(person.page.locator("html")).to_have_attribute("lang", "en")
    await expect(person.page.locator(".say button")).to_have_text("Send")
    await person.shoot("09-english")
    await person.page.locator(".settings button", has_text="VI").click()
    await expect(person.page.locator("html")).to_have_attribute("lang", "vi")


async def test_erased_leaves_the_open_page(person: Phone) -> None:
    """After deleting, nothing older than the farewell stays on the open page."""
    await at_step(person)
    await person.say("/delete")
    await person.tap("Xóa hết")
    await expect(person.page.locator("article")).to_have_count(1)


async def test_what_is_below_the_screen_is_said(browser: Browser, bot: Running) -> None:
    """A mark while answers are out of sight; tapping it brings them up, and then it is gone."""
    async with phone(browser, bot.url, viewport={"width": 360, "height": 640}) as someone:
        await someone.page.goto(bot.url)
        below = someone.page.locator("#below")
        last = someone.page.locator("article:last-child .answers button").last
        await expect(below).to_be_visible()
        await expect(last).not_to_be_in_viewport()
        while await below.is_visible():
            await below.click()
            await someone.page.wait_for_timeout(50)
        await expect(last).to_be_in_viewport()
