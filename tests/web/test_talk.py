"""The chat by plain forms, as a browser without script does it."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.kit.house import Running, house
from tests.web.visitor import Page, Visitor, visitor

if TYPE_CHECKING:
    from pathlib import Path

DONE = "Xong rồi"


def place(page: Page) -> str:
    """The last "Bước 3/7" on a page, without how many there are: that is the editors' business."""
    return re.findall(r"Bước \d+/", page.text)[-1]


async def at_step(person: Visitor, steps: int = 1) -> Page:
    """Open the guide and stand on its step number `steps`."""
    await person.get("/g/eid-activate")
    page = await person.tap("Bắt đầu")
    for _ in range(steps - 1):
        page = await person.tap(DONE)
    return page


async def test_newcomer_is_greeted(person: Visitor) -> None:
    """The first page already says who speaks, and asks how to address the person."""
    page = await person.get()
    assert "Cầm Tay, máy trả lời tự động" in page.heads[0]
    assert {"Bác", "Cô", "Bạn"} <= set(page.labels())
    assert page.language == "vi"


async def test_looking_again_says_nothing_new(person: Visitor) -> None:
    """Opening the page again shows the same messages once."""
    first = await person.get()
    assert (await person.get()).heads == first.heads


async def test_whole_guide(person: Visitor) -> None:
    """A guide can be walked from its link to its end with taps alone; each answer becomes a record."""
    await person.get("/?guide=eid-activate")
    page = await person.tap("Bắt đầu")
    seen = []
    while any(DONE in label and "·" not in label for label in page.labels()):
        assert page.status == 200
        seen += re.findall(r"Bước \d+/\d+", page.text)[-1:]
        page = await person.tap(DONE)
    assert len(seen) > 2
    assert seen == [f"Bước {step}/{len(seen)}" for step in range(1, len(seen) + 1)]
    assert page.newest.startswith("Vậy là")
    records = [label for label in page.labels() if re.fullmatch(r"✅ Xong rồi · \d\d:\d\d", label)]
    assert len(records) == len(seen)


async def test_typed_words_do_what_buttons_do(person: Visitor) -> None:
    """Words without accents lead on as the button does."""
    await at_step(person)
    assert place(await person.say("xong roi")) == "Bước 2/"


async def test_double_submit(person: Visitor) -> None:
    """The same form sent several times, even at the same time, is one answer."""
    page = await at_step(person)
    fields = page.press(DONE)
    await asyncio.gather(*(person.post(fields) for _ in range(4)))
    page = await person.get()
    assert place(page) == "Bước 2/"
    assert page.heads.count(page.newest) == 1


@pytest.mark.parametrize("sent", ["tap", "words"])
async def test_sent_again_is_heard_once(person: Visitor, sent: str) -> None:
    """Wishes that could be had twice are fulfilled once when the network sends them again."""
    page = await at_step(person)
    fields = page.press("Xem lại") if sent == "tap" else {**page.press("Gửi"), "text": "xem lại"}
    await asyncio.gather(*(person.post(fields) for _ in range(4)))
    assert len((await person.get()).heads) == len(page.heads) + 1
    await person.tap("Xem lại")  # a new page, a new wish
    assert len(person.page.heads) == len(page.heads) + 2


async def test_same_page_other_button(person: Visitor) -> None:
    """Back in the browser and another button of the old page: it is heard, not taken for a repetition."""
    page = await at_step(person)
    other = page.press("bị vướng")
    await person.tap(DONE)
    before = await person.get()
    after = await person.post(other)
    assert len(after.heads) > len(before.heads)


async def test_stale_tap(person: Visitor) -> None:
    """A button of an earlier step does not answer the present one: it explains itself and offers the way."""
    old = (await at_step(person)).press("bị vướng")
    await person.tap(DONE)
    page = await person.tap(DONE)
    assert place(page) == "Bước 3/"
    page = await person.post(old)
    assert any("Về bước" in label for label in page.labels()), page.labels()
    assert place(await person.tap("Ở lại")) == "Bước 3/"


async def test_tap_of_a_lost_database(person: Visitor) -> None:
    """A button nobody knows any more leads to where the person is, not to a dead end."""
    page = await at_step(person, 2)
    page = await person.post({"nonce": "x", "tap": "AAAAAAAAAAAAAAAA", "message": "12"})
    assert place(page) == "Bước 2/"


async def test_wrong_words_keep_the_place(person: Visitor) -> None:
    """What nobody understands is answered with the step again."""
    await at_step(person, 2)
    page = await person.say("trời hôm nay đẹp quá")
    assert place(page) == "Bước 2/"
    assert any(DONE in label for label in page.labels()[-12:])


async def test_restart_in_the_middle(tmp_path: Path) -> None:
    """After a restart the same browser finds everything and goes on."""
    async with house(tmp_path) as before, visitor(before.url) as person:
        page = await at_step(person, 3)
        heads, fields, port = page.heads, page.press(DONE), int(before.url.rpartition(":")[2])
    async with house(tmp_path, port=port) as after, visitor(after.url) as again:
        again.session.cookie_jar.update_cookies({c.key: c.value for c in person.session.cookie_jar})
        assert (await again.get()).heads == heads
        assert place(await again.post(fields)) == "Bước 4/"


async def test_secret_is_kept_nowhere(bot: Running, person: Visitor) -> None:
    """A one-time code typed by mistake is neither on the page nor in the database, and the person is told so."""
    await at_step(person)
    page = await person.say("mã OTP của tôi là 482913")
    assert "không giữ tin vừa rồi" in page.newest
    assert "482913" not in page.html
    assert "482913" not in (await person.get()).html
    assert b"482913" not in bot.everything_stored()


async def test_typed_words_are_not_kept(bot: Running, person: Visitor) -> None:
    """Words that only asked for something are not in the database afterwards."""
    await at_step(person)
    await person.say("con mèo màu vàng nằm ngủ")
    assert "con mèo màu vàng".encode() not in bot.everything_stored()


async def test_cookie(bot: Running, person: Visitor) -> None:
    """The cookie is opaque and closed to scripts, and the database cannot be led back to it."""
    async with person.session.get("/") as response:
        cookie = response.cookies["camtay"]
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "lax"
    assert int(cookie["max-age"]) == 365 * 86_400
    assert len(cookie.value) == 32
    assert cookie.value.encode() not in bot.everything_stored()


async def test_cookie_is_secure_behind_https(tmp_path: Path) -> None:
    """With an https address the cookie never travels in the clear."""
    async with (
        house(tmp_path, public_url="https://bot.example") as bot,
        visitor(bot.url) as person,
        person.session.get("/") as response,
    ):
        assert response.cookies["camtay"]["secure"]


async def test_bad_cookie(bot: Running, person: Visitor) -> None:
    """A cookie that is none of ours makes somebody new, and is replaced."""
    for bad in ("x", "a" * 5000, "../../etc/passwd", "ĂĂĂ"):
        async with person.session.get("/", headers={"Cookie": f"camtay={bad}"}) as response:
            assert response.status == 200
            assert response.cookies["camtay"].value != bad
            assert len(Page(await response.text()).heads) == 2


async def test_strangers_do_not_meet(bot: Running, person: Visitor) -> None:
    """Two browsers are two people."""
    await at_step(person, 2)
    async with visitor(bot.url) as other:
        assert "Bước" not in (await other.get()).text


async def test_link_to_a_step(person: Visitor) -> None:
    """A forwarded link opens the guide at that very step."""
    page = await person.get("/g/eid-activate/type_code")
    assert place(page) == "Bước 3/"


async def test_link_to_a_step_of_a_piece(person: Visitor) -> None:
    """Steps of an included piece have links too."""
    page = await person.get("/g/eid-activate/no_otp/check_signal")
    assert any(DONE in label for label in page.labels())


async def test_link_to_nothing(person: Visitor) -> None:
    """A link to a guide that is gone is greeted all the same."""
    page = await person.get("/g/no-such-guide")
    assert page.status == 200
    assert page.heads
    assert (await person.get("/g/%3Cscript%3E")).status == 404


async def test_language(bot: Running) -> None:
    """The browser's language is the first one spoken; a button leads to the other."""
    async with visitor(bot.url, **{"Accept-Language": "en-GB,en;q=0.9"}) as person:
        page = await person.get("/g/eid-activate")
        assert page.language == "en"
        assert "Send" in page.labels()
        page = await person.tap("VI")
        assert page.language == "vi"
        assert "Gửi" in page.labels()


async def test_size_of_letters(person: Visitor) -> None:
    """The size changes without script and is remembered."""
    await person.get()
    sizes = [re.search('class="(size-..)"', (await person.tap("A+")).html)[1] for _ in range(4)]  # type: ignore[index]
    assert sizes == ["size-22", "size-26", "size-18", "size-22"]
    assert "size-22" in (await person.get()).html


async def test_my_data_can_be_taken_home_by_nobody_else(bot: Running, person: Visitor) -> None:
    """The file behind the link holds the rows; to somebody else, and under another number, there is nothing."""
    await at_step(person, 2)
    page = await person.say("dữ liệu của tôi")
    link = next(link for link in page.links if link.startswith("/document/"))
    async with person.session.get(link) as response:
        assert response.status == 200
        assert response.headers["cache-control"] == "no-store"
        kept = await response.json()
    assert [row["flow"] for row in kept["session"]] == ["eid-activate"]
    async with person.session.get("/document/1") as response:
        assert response.status == 404
    async with visitor(bot.url) as stranger:
        await stranger.get()
        async with stranger.session.get(link) as response:
            assert response.status == 404


async def test_erased_is_gone_from_the_page(bot: Running, person: Visitor) -> None:
    """After deleting, the page holds the farewell alone."""
    await at_step(person, 2)
    await person.say("/delete")
    page = await person.tap("Xóa hết")
    assert len(page.heads) == 1
    database = sqlite3.connect(bot.database)
    assert database.execute("SELECT count(*) FROM session").fetchone() == (0,)
    database.close()
