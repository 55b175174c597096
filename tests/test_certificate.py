"""Certificates on paper and at their page: real files, read back; forged, old, revoked and erased ones."""

from __future__ import annotations

import asyncio
import re
import unicodedata

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handout.certificate import FORMS, Content, data
from bot.handout.press import FACE, pressed
from bot.people.certificate import (
    LETTERS,
    NameFault,
    are_alike,
    initials,
    read_code,
    read_name,
    read_serial,
    spelled,
)
from bot.service import certificate as desk
from bot.store import certificates, marks, tables
from bot.store.certificates import Certificate, Paper
from bot.store.marks import Mark
from bot.web.media import STATIC
from bot.web.pages import linked
from bot.web.verify import Allowance
from tests.kit.house import house
from tests.kit.printed import codes, copied, fonts, pages, reader, words
from tests.kit.ready import loaded
from tests.kit.shell import REPOSITORY

PUBLIC = "http://camtay.example"
SERIAL = "BCDF-GHJK-LMNP-QRST"
NAME = "Nguyễn Thị Hoa"
TOKEN = "mTQw3vZ1cK0dEr5yUiOpAs12"


@pytest.fixture
async def bot(tmp_path):
    """A bot with the guides of this project, on its doors."""
    async with house(tmp_path, public_url=PUBLIC) as running:
        yield running


@pytest.fixture
async def ask(bot):
    """Asks it for an address; gives the status, the headers and the body."""
    async with aiohttp.ClientSession() as client:

        async def ask(path: str, **headers: str):
            async with client.get(f"{bot.url}{path}", headers=headers) as answer:
                return answer.status, answer.headers, await answer.read()

        yield ask


async def issue(bot, kind="safety", team="", *, ago=0):
    """A certificate that waits to be printed."""
    now = bot.app.database.owner.now() - ago
    async with bot.app.database.batch() as batch:
        await certificates.add(batch, Certificate(SERIAL, kind, "web:x/1", "N. T. H.", team, now))
        await certificates.add_paper(batch, Paper(desk.hashed(TOKEN), SERIAL, NAME, "vi", now))


async def shown(ask, serial=SERIAL, **headers):
    """The page of a serial, as words."""
    status, _, body = await ask(f"/v/{serial}", **headers)
    main = re.search(r"<main.*?</main>", body.decode(), re.DOTALL)[0]
    return status, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).strip()


# --- on paper


def content(name=NAME, team="Đoàn xã Ngọc Lặc"):
    """What stands on one."""
    titles = [f"“Bài an toàn số {number} trên mạng”" for number in range(5)]
    return Content(name, "An toàn trên mạng", titles, team, "23/11/2026", SERIAL, f"{PUBLIC}/v/{SERIAL}")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_it_is_one_page_with_a_code_that_leads_to_its_page(form, language):
    """Read from a copy without greys too; the PDF is tagged and brings its letters."""
    library = loaded(REPOSITORY, {}).library
    file = pressed(data(library, language, content()), form, STATIC / "fonts")
    [page] = pages(file)
    assert codes(page) == codes(copied(page)) == [f"{PUBLIC}/v/{SERIAL}"]
    if form == "certificate_square":
        assert page.size == (1080, 1080)
        return
    assert page.width > page.height
    [text] = words(file)
    for each in (NAME, "Đoàn xã Ngọc Lặc", "23/11/2026", SERIAL):
        assert each in text
    assert ("không phải giấy xác nhận" if language == "vi" else "not a confirmation") in text
    assert all(fonts(file).values())
    assert all(FACE.replace(" ", "") in name for name in fonts(file))
    assert reader(file).trailer["/Root"]["/MarkInfo"]["/Marked"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["W" * 60, "Công Tằng Tôn Nữ Quỳnh Hương Ngọc Ánh Tuyết", "O’Neil-Đặng Jr."])
def test_long_names_and_teams_fit(form, name):
    """Still one page, and the code can still be read."""
    library = loaded(REPOSITORY, {}).library
    file = pressed(data(library, "vi", content(name, "Đội " + "rất dài " * 9)), form, STATIC / "fonts")
    [page] = pages(file)
    assert codes(page) == [f"{PUBLIC}/v/{SERIAL}"]


# --- the doors


async def test_the_link_prints_for_a_day_and_needs_no_cookie(bot, ask):
    """A file to keep, and a picture; nobody between keeps either, and the name stays in no file of ours."""
    await issue(bot)
    for ending, kind in (("pdf", "application/pdf"), ("png", "image/png")):
        status, headers, file = await ask(f"/c/{TOKEN}.{ending}")
        assert (status, headers["content-type"], headers["cache-control"]) == (200, kind, "no-store")
        assert headers["content-disposition"] == f'attachment; filename="{SERIAL}.{ending}"'
        assert codes(pages(file)[0]) == [f"{PUBLIC}/v/{SERIAL}"]
        if ending == "pdf":
            assert NAME in words(file)[0]
    assert not (bot.app.config.root / "data" / "handout").exists()
    assert (await ask(f"/c/{TOKEN}.svg"))[0] == 404
    assert (await ask(f"/c/{TOKEN[:-1]}.pdf"))[0] == 404
    assert (await ask(f"/c/{desk.hashed(TOKEN)}.pdf"))[0] == 404


@pytest.mark.parametrize("why", ["old", "revoked", "erased"])
async def test_the_link_prints_no_more(bot, ask, why):
    """After a day, or when the certificate says nothing any more."""
    await issue(bot, ago=desk.DAY + 1000 if why == "old" else 0)
    async with bot.app.database.batch() as batch:
        if why == "revoked":
            await desk.revoke(batch, "operator", SERIAL, 1)
        elif why == "erased":
            await certificates.make_nameless(batch, ["web:x/1"])
    assert (await ask(f"/c/{TOKEN}.pdf"))[0] == 404


async def test_the_page_says_initials_team_date_and_nothing_else(bot, ask):
    """However the serial is typed; in the language of the browser."""
    await issue(bot)
    status, text = await shown(ask)
    assert status == 200
    assert text.startswith("Giấy này còn dùng được Về: An toàn trên mạng. Chữ đầu của tên: N. T. H. Ngày cấp: ")
    assert "Hoa" not in text
    assert (await shown(ask, SERIAL.lower().replace("-", "")))[1] == text
    assert "is valid" in (await shown(ask, **{"accept-language": "en"}))[1]


async def test_the_page_of_one_that_was_revoked_or_erased(bot, ask):
    """It says so; erased, there is nobody on it any more."""
    await issue(bot)
    async with bot.app.database.batch() as batch:
        await certificates.revoke(batch, SERIAL, 1_900_000_000_000)
    assert (await shown(ask))[1].startswith("Giấy này đã bị thu hồi")
    async with bot.app.database.batch() as batch:
        await batch.rollback()
    async with bot.app.database.batch() as batch:
        await certificates.make_nameless(batch, ["web:x/1"])
    text = (await shown(ask))[1]
    assert text.startswith("Giấy này đã bị thu hồi")
    assert "N. T. H." not in text


async def test_the_page_of_one_that_was_erased(bot, ask):
    """Date and what it was about stay."""
    await issue(bot)
    async with bot.app.database.batch() as batch:
        await certificates.make_nameless(batch, ["web:x/1"])
    text = (await shown(ask))[1]
    assert text.startswith("Giấy này đã xóa theo yêu cầu Về: An toàn trên mạng. Ngày cấp: ")


@pytest.mark.parametrize("serial", ["BCDF-GHJK-LMNP-QRSV", "x", "1", "%3Cscript%3E", "B" * 500, "BCDF'--OR-1=1"])
async def test_a_serial_that_is_none(ask, serial):
    """Kindly, and without repeating what was asked."""
    status, text = await shown(ask, serial)
    assert status == 404
    assert text.startswith("Không có giấy nào mang số này")
    assert "script" not in text


async def test_guessing_has_an_end(ask):
    """After a hundred at once both doors ask to come back."""
    doors = (f"/c/{TOKEN}.pdf", "/v/none")
    answers = await asyncio.gather(*(ask(doors[number % 2]) for number in range(400)))
    assert sum(status == 404 for status, _, _ in answers) >= 100
    again = {headers["retry-after"] for status, headers, _ in answers if status == 503}
    assert again == {"10"}


def test_an_allowance_comes_back_with_time():
    """So many at once, then so many a second."""
    clock = [0.0]
    allowance = Allowance(2, 3, lambda: clock[0])
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]
    clock[0] = 0.5
    assert [allowance.take(), allowance.take()] == [True, False]
    clock[0] = 100
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]


async def test_from_the_chat_to_the_paper(bot, ask):
    """Asked for in the web chat; the link in its answer prints, and the code on the paper opens the page."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:

        async def post(text):
            form = {"text": text, "nonce": text}
            headers = {"sec-fetch-site": "same-origin"}
            async with client.post(f"{bot.url}/", data=form, headers=headers, allow_redirects=False) as answer:
                assert answer.status == 303
            async with client.get(f"{bot.url}/") as page:
                return await page.text()

        async with client.get(f"{bot.url}/") as page:
            await page.text()
        async with bot.app.database.read() as connection:
            [person] = [f"{row.key}/1" for row in await connection.execute(tables.chat.select())]
        async with bot.app.database.batch() as batch:
            for guide in loaded(REPOSITORY, {}).skills.kind("safety").passed:
                await marks.keep(batch, Mark(person, guide, 1, 1, 2, 2))
        await post("thẻ kỹ năng")
        await post("Lấy giấy: An toàn trên mạng")
        page = await post("Lê Văn Tám")
        link = re.findall(r'<a href="(/c/[\w-]+\.pdf)">http', page)[-1]
    _, _, file = await ask(link)
    assert "Lê Văn Tám" in words(file)[0]
    [code] = codes(pages(file)[0])
    assert "L. V. T." in (await shown(ask, code.rpartition("/")[2]))[1]


# --- names and serials


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  nguyễn   thị hoa ", "nguyễn thị hoa"),
        (unicodedata.normalize("NFD", NAME), NAME),
        ("O'Neil", "O'Neil"),
        ("", NameFault.EMPTY),
        (". - .", NameFault.EMPTY),
        ("038123004567", NameFault.NUMBER),
        ("Hoa 0912", NameFault.NUMBER),
        ("<b>Hoa</b>", NameFault.SIGNS),
        ("Hoa\u202eaoH", NameFault.SIGNS),
        ("花子", NameFault.SIGNS),
        ("Hoa" * 60, NameFault.LONG),
        ("a b c d e f g h i", NameFault.LONG),
    ],
)
def test_a_name_as_it_is_printed(typed, read):
    """Composed, single blanks; what is no name has a reason."""
    assert read_name(typed) == read


@given(st.text(max_size=80))
def test_whatever_is_typed_a_name_can_be_printed(typed):
    """No figures, no markup, nothing that turns the line around; and it has initials."""
    name = read_name(typed)
    if isinstance(name, str):
        assert not set(name) & set("<>{}[]#$*_`@\\/0123456789\n\t")
        assert all(unicodedata.category(sign) in {"Lu", "Ll", "Lo", "Zs", "Pd", "Po", "Pf", "Lt"} for sign in name)
        assert initials(name)


@pytest.mark.parametrize(
    ("name", "kept"),
    [(NAME, "N. T. H."), ("đỗ lan", "Đ. L."), ("Hoa", "H."), ("O’Neil-Đặng", "O."), ("- Ánh", "Á.")],
)
def test_initials_are_all_that_is_kept(name, kept):
    """The first letter of every word."""
    assert initials(name) == kept


def test_initials_are_compared_without_marks():
    """Typed without accents the second time, it is the same name."""
    assert are_alike("Đ. T. Á.", "D. T. A.")
    assert not are_alike("Đ. T. L.", "D. T. A.")


@given(st.text(LETTERS, min_size=16, max_size=16))
def test_a_serial_is_read_however_it_is_typed(letters):
    """Small letters, blanks, no hyphens; a code of a family is no serial."""
    serial = spelled(letters)
    for typed in (serial, serial.lower(), serial.replace("-", " "), letters, f" {serial} "):
        assert read_serial(typed) == serial
        assert read_code(typed) == ""
    assert read_code(f"GD{serial[2:9]}") == f"GD{serial[2:9]}"
    assert read_code(f"BC{serial[2:9]}") == ""
    assert read_serial(serial[:-1]) == read_serial(serial + "B") == read_serial(serial[:-1] + "A") == ""


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Giấy: http://a.vn/c/x_1.pdf nhé", 'Giấy: <a href="/c/x_1.pdf">http://a.vn/c/x_1.pdf</a> nhé'),
        ("https://evil.example/c/x.png", '<a href="/c/x.png">https://evil.example/c/x.png</a>'),
        ("<b>http://a.vn/c/x.pdf</b>", '&lt;b&gt;<a href="/c/x.pdf">http://a.vn/c/x.pdf</a>&lt;/b&gt;'),
        ('http://a"onclick=1/c/x.pdf', '<a href="/c/x.pdf">http://a&#34;onclick=1/c/x.pdf</a>'),
        ("https://evil.example/login", "https://evil.example/login"),
        ("a < b & c", "a &lt; b &amp; c"),
    ],
)
def test_only_our_own_addresses_can_be_tapped_in_the_web_chat(said, shown):
    """Whatever a sentence says, what can be tapped leads to this very door; all else is words."""
    assert str(linked(said)) == shown


async def test_a_kind_that_is_no_more_is_not_printed(bot, ask):
    """Its page still says that it is valid."""
    await issue(bot, "long-ago")
    assert (await ask(f"/c/{TOKEN}.pdf"))[0] == 404
    assert (await shown(ask))[1].startswith("Giấy này còn dùng được Chữ đầu của tên: N. T. H.")
