"""`bot report`: a month in numbers, as text, JSON, PDF and a workbook."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import zipfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from bot.people.team import Team
from bot.store import counts, teams
from bot.store.counts import Help, day_of
from bot.store.database import open_database
from tests.kit.process import called
from tests.kit.ready import with_tables
from tests.kit.shell import make_root

REPOSITORY = Path(__file__).parents[1]
COMMUNE = "thanh-hoa/kien-tho"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A house in which two teams have counted in November 2026."""
    made = make_root(tmp_path_factory.mktemp("house"))
    shutil.copytree(REPOSITORY / "places", made / "places")
    asyncio.run(_fill(f"sqlite+aiosqlite:///{made / 'data' / 'bot.db'}"))
    return made


async def _fill(url):
    with_tables(url)
    database = await open_database(url)
    entries = [
        ("a1", "tea", "done", "old", 40),
        ("a1", "tea", "part", "young", 6),
        ("a1", "rice", "done", "", 3),
        ("b1", "tea", "done", "middle", 8),
    ]
    async with database.batch() as batch:
        await teams.save(
            batch, [Team("a1", "Đoàn xã Kiên Thọ", "youth", COMMUNE, 1), Team("b1", "Hội phụ nữ", "women", COMMUNE, 1)]
        )
        for team, guide, result, age, number in entries:
            day = day_of(date(2026, 11, 20))
            await counts.add(batch, Help(day, team, COMMUNE, "", guide, result, age, "told", number))
        october = day_of(date(2026, 10, 31))
        await counts.add(batch, Help(october, "a1", COMMUNE, "", "tea", "done", "", "told", 99))
    await database.close()


def ran(root, *words, code=0, **more):
    """`bot report …`."""
    url = {"CAM_TAY_DATABASE": f"sqlite+aiosqlite:///{root / 'data' / 'bot.db'}", **more}
    done = called(root, "report", *words, **url)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def numbers(data):
    """The tables of a JSON report: title -> row -> numbers."""
    return {table["title"]: {row[0]: row[1:] for row in table["rows"]} for table in data["tables"]}


def test_a_commune_sees_no_small_number(root):
    """What is below five, and what would give it away, is null; parts that are shown add up."""
    file = root / "report.json"
    ran(root, "--place", COMMUNE, "--month", "2026-11", "--columns", "helped,done,part", "--out", str(file))
    data = json.loads(file.read_text("utf-8"))
    assert data["title"] == "Báo cáo tháng 11/2026"
    assert data["subtitles"] == ["Địa bàn: xã Kiên Thọ", "01/11/2026 – 30/11/2026"]
    by_guide = numbers(data)["Theo bài"]
    assert by_guide["Nấu cơm"] == [None, None, 0]
    assert "Theo xã, phường" not in numbers(data)
    assert set(numbers(data)["Theo đội"]) == {"Đoàn xã Kiên Thọ", "Hội phụ nữ"}
    assert "99" not in file.read_text("utf-8")


def test_a_team_sees_all_of_its_own(root):
    """On the terminal, the month before."""
    told = ran(root, "--team", "a1", "--month", "2026-11", "--columns", "helped,done,old").stdout
    assert "Đội: Đoàn xã Kiên Thọ" in told
    assert next(line for line in told.splitlines() if "Nấu cơm" in line).split()[-3:] == ["3", "3", "0"]
    assert next(line for line in told.splitlines() if line.startswith("Cộng")).split() == ["Cộng", "49", "43", "40"]


def test_as_pdf(root):
    """Tagged, with its letters, wide where there are many columns; the same numbers give the same bytes."""
    files = [root / "one.pdf", root / "two.pdf"]
    for file in files:
        ran(root, "--place", "thanh-hoa", "--month", "2026-11", "--out", str(file))
    assert files[0].read_bytes() == files[1].read_bytes()
    pdf = PdfReader(files[0])
    words = " ".join(page.extract_text() for page in pdf.pages)
    assert "Báo cáo tháng 11/2026" in words
    assert "Theo xã, phường" in words
    assert "Hội phụ nữ" in words
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert pdf.pages[0].mediabox.width > pdf.pages[0].mediabox.height


def test_as_a_workbook(root):
    """A sheet for each table; numbers are numbers, and hidden ones a dot."""
    file = root / "report.xlsx"
    ran(root, "--place", COMMUNE, "--month", "2026-11", "--columns", "helped,done", "--out", str(file))
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as book:
        every = ET.fromstring(book.read("xl/workbook.xml")).iter()
        names = [each.attrib["name"] for each in every if "name" in each.attrib]
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        words = book.read("xl/sharedStrings.xml").decode()
    assert names[:2] == ["Theo bài", "Theo đội"]
    assert "<v>57</v>" in sheet
    assert "Được giúp" in words
    assert "•" in words


def test_what_cannot_be_reported_is_said(root):
    """In one sentence each."""
    for words, said in (
        (["--month", "tháng này"], "no month such as"),
        (["--columns", "rank"], "no column 'rank'"),
        (["--team", "a1", "--place", COMMUNE], "not both"),
        (["--team", "zz"], "no team 'zz'"),
        (["--place", "chỗ nào"], "no place"),
        (["--out", "report.doc"], "must end in"),
    ):
        assert said in ran(root, *words, code=2).stderr


def test_the_settings_name_columns(root):
    """Those that are reported when none are named; an unknown one is a fault of the file."""
    settings = root / "bot.toml"
    settings.write_text('[report]\ncolumns = ["helped"]\n', encoding="utf-8")
    assert ran(root, "--team", "a1", "--month", "2026-11").stdout.splitlines()[5].split() == ["Tên", "Được", "giúp"]
    settings.write_text('[report]\ncolumns = ["rank"]\n', encoding="utf-8")
    assert "E202" in ran(root, "--team", "a1", code=3).stderr
    settings.unlink()
