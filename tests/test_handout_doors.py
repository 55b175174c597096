"""Handouts from the web door and from the command line."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys

import aiohttp
import pytest

from bot.handout.press import FACE
from bot.handout.shelf import Busy, NotMade, Shelf
from bot.handout.wanted import Wanted
from bot.handout.words import Printer
from bot.people.link import Kind, Link
from bot.people.team import Team
from bot.service.forward import codes_of
from bot.store import teams
from bot.web.media import AN_HOUR, STATIC
from tests.kit.house import house
from tests.kit.printed import codes, pages, words
from tests.kit.process import called
from tests.kit.ready import loaded
from tests.kit.shell import make_root

PUBLIC = "https://camtay.example"


@pytest.fixture
def root(tmp_path):
    """A small house with two guides."""
    return make_root(tmp_path / "house")


@pytest.fixture
async def ask(root, tmp_path):
    """Asks a running bot for an address; gives the status, the headers and the body."""
    async with house(tmp_path, root=root, public_url=PUBLIC) as bot, aiohttp.ClientSession() as client:

        async def ask(path: str, **headers: str):
            async with client.get(f"{bot.url}{path}", headers=headers) as answer:
                return answer.status, answer.headers, await answer.read()

        yield ask


# --- the web door


async def test_a_guide_has_a_poster_and_a_card_by_its_name(ask):
    """Without more words: A4 as PDF, a picture for groups as PNG, in the language of the house; both lead to it."""
    for ending, kind in (("pdf", "application/pdf"), ("png", "image/png")):
        status, headers, file = await ask(f"/h/rice.{ending}")
        assert (status, headers["content-type"], headers["cache-control"]) == (200, kind, AN_HOUR)
        assert [found for page in pages(file) for found in codes(page)] == [f"{PUBLIC}/g/rice"]
    status, headers, file = await ask("/h/rice.pdf")
    assert headers["content-disposition"] == 'inline; filename="rice-a4-vi.pdf"'
    assert "Nấu cơm" in words(file)[0]


async def test_every_size_and_language_can_be_asked_for(ask):
    """By their names."""
    _, headers, file = await ask("/h/rice.pdf?size=guide&lang=en")
    assert headers["content-disposition"] == 'inline; filename="rice-guide-en.pdf"'
    assert "Page 1 of 1" in words(file)[0]
    _, _, file = await ask("/h/rice.png?size=square")
    assert pages(file)[0].size == (1080, 1080)


async def test_what_is_unchanged_is_not_sent_again(ask):
    """The tag of a file is that of its words."""
    _, headers, _ = await ask("/h/rice.pdf")
    status, _, body = await ask("/h/rice.pdf", **{"if-none-match": headers["etag"]})
    assert (status, body) == (304, b"")
    assert (await ask("/h/tea.pdf"))[1]["etag"] != headers["etag"]


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/h/soup.pdf",
            "/h/rice",
            "/h/rice.doc",
            "/h/rice.pdf?size=a3",
            "/h/rice.pdf?size=card",
            "/h/rice.png?size=a4",
        ),
        *("/h/rice.pdf?lang=de", "/h/rice.pdf?lang=", "/h/.pdf", "/h/../bot.toml.pdf", "/h/%2e%2e%2frice.pdf"),
    ],
)
async def test_what_there_is_not_is_not_found(ask, path):
    """A kind page, as everywhere."""
    status, _, body = await ask(path)
    assert status == 404
    assert b"<html" in body


async def test_a_stranger_puts_no_words_and_no_address_on_our_paper(ask):
    """Somebody who makes a link to our door cannot make a poster of ours lead to theirs."""
    plain = await ask("/h/rice.pdf")
    for forged in ("link=https://evil.example", "team=Ng%C3%A2n+h%C3%A0ng", "phone=0900"):
        assert (await ask(f"/h/rice.pdf?{forged}"))[2] == plain[2]
    assert (await ask("/h/rice.pdf", host="evil.example"))[2] == plain[2]


async def test_a_team_s_code_prints_the_team_and_leads_to_its_link(root, tmp_path):
    """The code is signed: forged, of a team that has ended or whose name cannot be printed, it is the guide's own."""
    async with house(tmp_path, root=root, public_url=PUBLIC) as bot, aiohttp.ClientSession() as client:
        database = bot.app.database
        async with database.batch() as batch:
            for code, name in (("doan-xa", "Đoàn xã Ngọc Lặc"), ("doan-cu", "Đoàn cũ"), ("doan-la", "Đoàn 微信")):
                await teams.save(batch, [Team(code, name, "youth", "thanh-hoa/ngoc-lac", 1)])
            await teams.end(batch, "doan-cu", 2)
            made = [Link("rice", "", team, Kind.PAPER) for team in ("doan-xa", "doan-cu", "doan-la")]
            good, ended, foreign = await codes_of(batch, made, 1)

        async def sheet(code):
            async with client.get(f"{bot.url}/h/{code}.pdf?size=a6") as answer:
                file = await answer.read()
            return (answer.status, *codes(pages(file)[0]), "Đoàn" in words(file)[0]) if answer.status == 200 else 404

        assert await sheet(good) == (200, f"{PUBLIC}/go/{good}", True)
        assert await sheet(f"Gaaaaaaaaaa{good[11:]}") == (200, f"{PUBLIC}/g/rice", False)
        assert await sheet(ended) == (200, f"{PUBLIC}/g/rice", False)
        assert await sheet(foreign) == (200, f"{PUBLIC}/go/{foreign}", False)
        assert [await sheet(odd) for odd in ("G", "K", "Gx", "Kaaaaaaaaaaaa")] == [404] * 4


async def test_without_a_public_address_it_leads_to_where_it_was_asked_for(root, tmp_path):
    """So that trying it at home works."""
    async with (
        house(tmp_path, root=root) as bot,
        aiohttp.ClientSession() as client,
        client.get(f"{bot.url}/h/rice.png") as answer,
    ):
        assert codes(pages(await answer.read())[0]) == [f"{bot.url}/g/rice"]


async def test_the_bot_answers_while_handouts_are_made(ask):
    """Making them does not hold the loop."""
    making = asyncio.gather(
        *(ask(f"/h/{guide}.pdf?size=guide&lang={la}") for guide in ("rice", "tea") for la in ("vi", "en"))
    )
    clock = asyncio.get_running_loop().time
    slowest = 0.0
    while not making.done():
        begun = clock()
        assert (await ask("/health"))[0] == 200
        slowest = max(slowest, clock() - begun)
        await asyncio.sleep(0.01)
    assert [answer[0] for answer in await making] == [200] * 4
    assert slowest < 1.0


# --- the shelf


def printer(root) -> Printer:
    """The small house in Vietnamese."""
    home = loaded(root, {})
    return Printer(home.library, home.flows, "vi", root / "content" / "media")


def a_card(guide: str = "rice", number: int = 0) -> Wanted:
    """A hand card."""
    return Wanted(guide, "a6", "vi", f"{PUBLIC}/g/{guide}?{number}")


async def test_a_handout_is_made_once(root, tmp_path):
    """The second time it is the file that was kept; a file that was lost is made again, the same."""
    shelf = Shelf(tmp_path / "kept", STATIC / "fonts")
    first = await shelf.take(printer(root), a_card())
    [file] = (tmp_path / "kept").iterdir()
    assert file.read_bytes() == first.data
    file.write_bytes(b"kept")
    assert (await shelf.take(printer(root), a_card())).data == b"kept"
    file.unlink()
    assert await shelf.take(printer(root), a_card()) == first
    assert [each.name for each in (tmp_path / "kept").iterdir()] == [f"{first.key}.pdf"]


async def test_a_folder_that_cannot_be_written_makes_it_slower_not_wrong(root, tmp_path):
    """The handout is made each time."""
    (tmp_path / "kept").write_text("a file, where the folder should be")
    shelf = Shelf(tmp_path / "kept", STATIC / "fonts")
    assert (await shelf.take(printer(root), a_card())).data[:4] == b"%PDF"


async def test_the_shelf_does_not_grow_for_ever(root, tmp_path):
    """The files that nobody asked for the longest go first."""
    shelf = Shelf(tmp_path / "kept", STATIC / "fonts", most_kept=2)
    one = printer(root)
    keys = [(await shelf.take(one, a_card(number=number))).key for number in (1, 2)]
    await shelf.take(one, a_card(number=1))
    keys.append((await shelf.take(one, a_card(number=3))).key)
    assert {file.stem for file in (tmp_path / "kept").iterdir()} == {keys[0], keys[2]}


async def test_who_comes_while_too_many_wait_is_told_so(root, tmp_path):
    """Those who wait get theirs."""
    shelf, one = Shelf(tmp_path / "kept", STATIC / "fonts", most_waiting=2), printer(root)
    answers = await asyncio.gather(
        *(shelf.take(one, a_card(number=number)) for number in range(3)), return_exceptions=True
    )
    assert [isinstance(answer, Busy) for answer in answers] == [False, False, True]
    assert (await shelf.take(one, a_card())).data[:4] == b"%PDF"


async def test_what_cannot_be_made_says_why(root, tmp_path):
    """In one line, for the log."""
    (tmp_path / "fonts").mkdir()
    shelf = Shelf(tmp_path / "kept", tmp_path / "fonts")
    with pytest.raises(NotMade, match=f"the typeface {FACE} is not in"):
        await shelf.take(printer(root), a_card())
    assert not (tmp_path / "kept").exists()


# --- the command


def test_the_command_writes_a_file(root, tmp_path):
    """With a team, an address and a language of its own; it says what it did."""
    file = tmp_path / "card.png"
    arguments = ["--size", "card", "--lang", "en", "--out", str(file), "--link", f"{PUBLIC}/s/1", "--team", " Tổ  3 "]
    done = called(root, "handout", "rice", *arguments)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"{file} written, ")
    assert codes(pages(file.read_bytes())[0]) == [f"{PUBLIC}/s/1"]


def test_the_command_takes_the_public_address(root, tmp_path):
    """The guide's own, when no other is given."""
    (root / "bot.toml").write_text(f'[web]\npublic_url = "{PUBLIC}"\n')
    file = tmp_path / "rice.pdf"
    assert called(root, "handout", "rice", "--out", str(file)).returncode == 0
    assert codes(pages(file.read_bytes())[0]) == [f"{PUBLIC}/g/rice"]


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["ric"], 2, "There is no guide 'ric'. Did you mean 'rice'?"),
        (["rice", "--size", "a3"], 2, "There is no size 'a3'. There are a4, a5, a6, card, square, guide."),
        (["rice", "--lang", "de"], 2, "There is no language 'de'."),
        (["rice", "--link", "rice"], 2, "The link must be a web address"),
        (["rice", "--team", "x" * 61], 2, "The team's name has 61 characters; at most 60 fit on a card."),
        (["rice", "--out", "rice.png"], 2, "A handout of size 'a4' is a .pdf file, not 'rice.png'."),
        (["rice", "--size", "card", "--out", "rice"], 2, "A handout of size 'card' is a .png file, not 'rice'."),
        (["rice", "--out", "nowhere/rice.pdf"], 3, "nowhere/rice.pdf cannot be written: No such file or directory."),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(root, arguments, code, why):
    """And nothing is written."""
    link = [] if "--link" in arguments else ["--link", f"{PUBLIC}/g/rice"]
    done = called(root, "handout", *arguments, *link)
    assert done.returncode == code
    assert done.stderr.startswith(why)
    assert len(done.stderr.splitlines()) == 1


def test_without_any_address_the_command_says_what_to_do(root):
    """No code leads to nowhere."""
    done = called(root, "handout", "rice")
    assert done.returncode == 3
    assert done.stderr == "The setting 'web.public_url' is empty, so no code can lead here: set it, or give --link.\n"


def test_a_language_without_words_of_its_own_is_printed_in_the_source_language(root, tmp_path):
    """As in the chat: what is missing falls back."""
    shutil.rmtree(root / "content" / "en" / "rice")
    file = tmp_path / "rice.pdf"
    done = called(root, "handout", "rice", "--lang", "en", "--link", PUBLIC, "--out", str(file), "--size", "guide")
    assert done.returncode == 0, done.stderr
    assert "Vo gạo" in words(file.read_bytes())[0]


def test_the_bot_starts_without_the_compiler():
    """Eighty megabytes that only a handout needs, in a program of its own."""
    code = "import sys, bot.app; sys.exit(sum(name in sys.modules for name in ('typst', 'segno')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
