"""`bot team`: a table of 423 teams goes in at once or not at all, every fault by its line; teams are told and ended."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bot.people.place_file import read_places
from bot.people.team import KINDS
from tests.kit.process import called
from tests.kit.shell import make_root

REPOSITORY = Path(__file__).parents[1]
HEADER = "code,name,kind,place\n"


@pytest.fixture
def root(tmp_path):
    """A small house in Thanh Hóa."""
    made = make_root(tmp_path / "house")
    shutil.copytree(REPOSITORY / "places", made / "places")
    return made


def _ran(root, *words, code=0, **more):
    url = {"CAM_TAY_DATABASE": f"sqlite+aiosqlite:///{root / 'data' / 'bot.db'}", **more}
    done = called(root, *words, **url)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def many_teams(number=423):
    """A table as a province would write it: every commune has teams, by key or by title."""
    communes = [place for place in read_places(REPOSITORY)[0] if not place.is_province]
    lines = []
    for index in range(number):
        place = communes[index % len(communes)]
        code = f"{place.key.partition('/')[2][:12].strip('-')}-{index // len(communes) + 1}"
        where = place.key if index % 2 else f"{place.kind.capitalize()} {place.name}"
        lines.append(f'{code},"Đội hình Bình dân học vụ số {place.name}, số {index + 1}",{KINDS[index % 7]},{where}\n')
    return HEADER + "".join(lines)


def _table(root, text, name="teams.csv", encoding="utf-8"):
    (root / name).write_text(text, encoding=encoding)
    return str(root / name)


def test_423_teams_go_in_at_once_and_a_second_time_change_nothing(root, database_url):
    """First told, then done; the same table again does nothing, and one changed row changes one team."""
    url = {"CAM_TAY_DATABASE": database_url}
    table = _table(root, many_teams())
    assert _ran(root, "check", **url).returncode == 0
    assert (
        "423 teams: 423 new, 0 changed, 0 as they were; nothing was written"
        in _ran(root, "team", "import", table, "--dry-run", **url).stdout
    )
    assert json.loads(_ran(root, "team", "list", "--json", **url).stdout) == []
    assert _ran(root, "team", "import", table, **url).stdout == "423 teams: 423 new, 0 changed, 0 as they were\n"
    assert len(json.loads(_ran(root, "team", "list", "--json", **url).stdout)) == 423
    changed = many_teams().replace('số 7"', 'số bảy"')
    told = json.loads(_ran(root, "team", "import", _table(root, changed), "--json", **url).stdout)
    assert (told["new"], len(told["changed"]), told["same"], told["done"]) == ([], 1, 422, True)
    audit = json.loads(_ran(root, "admin", "audit", "--json", "--most", "1000", **url).stdout)
    assert [(line["what"], line["who"]) for line in audit] == [("changed", "operator"), *[("made", "operator")] * 423]


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        (",Đội,youth,thanh-hoa", "E006", "'code' is empty"),
        ("a1,,youth,thanh-hoa", "E006", "'name' is empty"),
        ("A1,Đội,youth,thanh-hoa", "E008", "'A1'"),
        ("a--1,Đội,youth,thanh-hoa", "E008", "'a--1'"),
        (f"{'a' * 17},Đội,youth,thanh-hoa", "E008", "16"),
        (f"a1,{'Đ' * 81},youth,thanh-hoa", "E005", "80"),
        ("a1,Đội,Đoàn thanh niên,thanh-hoa", "E005", "youth"),
        ("a1,Đội,youth,thanh-hoa/ha-noi", "E402", "no place"),
        ("a1,Đội,youth,không rõ", "E402", "no place"),
        ("a1,Đội,youth,Ngọc Lặc", "E402", "thanh-hoa/kien-tho"),
        ("good,Đội,youth,thanh-hoa", "E401", "line 2"),
        ("a1,Đội,youth", "E403", "3 fields"),
        ("a1,Đội, hai,youth,thanh-hoa", "E403", "5 fields"),
        ('a1,"Đội,youth,thanh-hoa', "E403", "quote"),
    ],
)
def test_a_fault_is_told_by_its_line_and_nothing_is_taken(root, row, code, words):
    """Not even the good row before it."""
    table = _table(root, f"{HEADER}good,Đội tốt,youth,thanh-hoa\n{row}\n", "list.csv")
    done = _ran(root, "team", "import", table, code=1)
    assert f"list.csv:3:1: {code} " in done.stderr
    assert words in done.stderr
    assert "Nothing was changed: 1 fault." in done.stderr
    assert json.loads(_ran(root, "team", "list", "--json").stdout) == []


def test_every_fault_is_told_in_one_run(root):
    """Of each row, several of one row, and where a name runs over two lines the line it begins in."""
    table = _table(
        root, f'{HEADER}A,,none,nowhere\n"b1","Đội\nhai",none,thanh-hoa\nc1,Đội,none,thanh-hoa\n', "list.csv"
    )
    said = _ran(root, "team", "import", table, code=1).stderr
    lines = [line.split(": ")[1].split()[0] + line.split(":")[1] for line in said.splitlines() if "csv:" in line]
    assert lines == ["E0052", "E0062", "E0082", "E4022", "E0053", "E0055"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "list.csv:1:1: E006 the table is empty"),
        ("\n\n", "list.csv:1:1: E006 the table is empty"),
        ("code,name,kind\na1,Đội,youth\n", "list.csv:1:1: E006 the column 'place' is missing"),
        ("code,name,kind,place,phone\n", "list.csv:1:1: E004 unknown column 'phone'"),
        ("code,name,kind,place,place\n", "list.csv:1:1: E401 the column 'place' stands there twice"),
    ],
)
def test_a_table_without_its_columns_is_refused(root, text, words):
    """Nothing personal has a column: what is not known is refused, not passed over."""
    assert words in _ran(root, "team", "import", _table(root, text, "list.csv"), code=1).stderr


def test_a_file_that_is_not_there_or_not_utf8_is_one_sentence(root):
    """With the way out."""
    assert "E003" in _ran(root, "team", "import", str(root / "none.csv"), code=1).stderr
    table = _table(root, f"{HEADER}a1,Đội,youth,thanh-hoa\n", "list.csv", "utf-16")
    assert "save it again with the encoding UTF-8" in _ran(root, "team", "import", table, code=1).stderr


def test_tables_as_spreadsheets_write_them(root):
    """Semicolons or tabs, a byte order mark, columns in another order, capital headers, empty rows at the end."""
    for number, (text, encoding) in enumerate(
        (
            ("code;name;kind;place\r\na1;Đội, một;youth;thanh-hoa\r\n;;;\r\n", "utf-8-sig"),
            ("Place\tKind\tName\tCode\nTỉnh Thanh Hóa\twomen\tHội\tb1\n\n", "utf-8"),
        )
    ):
        assert "1 new" in _ran(root, "team", "import", _table(root, text, f"{number}.csv", encoding)).stdout
    told = json.loads(_ran(root, "team", "list", "--json").stdout)
    assert [(team["code"], team["name"], team["kind"]) for team in told] == [
        ("a1", "Đội, một", "youth"),
        ("b1", "Hội", "women"),
    ]


def test_a_team_is_shown_and_ended_and_its_code_is_not_given_again(root):
    """Ended, it is still told; a table that names it is refused by its line."""
    table = _table(root, f"{HEADER}a1,Đội một,youth,Xã Kiên Thọ\na2,Đội hai,village,thanh-hoa/ngoc-lac\n", "list.csv")
    _ran(root, "team", "import", table)
    assert "thanh-hoa/kien-tho" in _ran(root, "team", "show", "a1").stdout
    listed = _ran(root, "team", "list", "--place", "xã kiên thọ")
    assert "Đội một" in listed.stdout
    assert "Đội hai" not in listed.stdout
    assert "1 of them without people" in listed.stderr
    assert "may be" in _ran(root, "team", "list", "--place", "ngoc lac", code=2).stderr
    assert "no place" in _ran(root, "team", "list", "--place", "hà nội", code=2).stderr
    assert "0 people" in _ran(root, "team", "end", "a1").stderr
    _ran(root, "team", "end", "a1", code=2)
    _ran(root, "team", "end", "none", code=2)
    _ran(root, "team", "show", "none", code=2)
    assert "ended" in _ran(root, "team", "show", "a1").stdout
    assert json.loads(_ran(root, "team", "show", "a1", "--json").stdout)["ended"]
    assert [team["code"] for team in json.loads(_ran(root, "team", "list", "--json").stdout)] == ["a2"]
    assert "ended" in _ran(root, "team", "list", "--all").stdout
    refused = _ran(root, "team", "import", table, code=1).stderr
    assert "list.csv:2:1: E401 the code 'a1' is of a team that has ended" in refused


def test_a_house_without_places_says_so(tmp_path):
    """Each place of the table is a fault; nothing is taken on trust."""
    root = make_root(tmp_path / "house")
    table = _table(root, f"{HEADER}a1,Đội,youth,thanh-hoa\n", "list.csv")
    assert "E402 there is no place 'thanh-hoa'" in _ran(root, "team", "import", table, code=1).stderr
