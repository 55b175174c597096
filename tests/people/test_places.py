"""The communes: the file says what the law says, and people find theirs however they type it."""

from __future__ import annotations

import shutil
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.meaning.fold import fold
from bot.people.find import Finder, says_unknown
from bot.people.invitation import LONGEST_PLACE
from bot.people.place import is_under, province_of
from bot.people.place_file import read_places

ROOT = Path(__file__).parents[2]
PLACES, PROBLEMS = read_places(ROOT)
FINDER = Finder(PLACES)
COMMUNES = [place for place in PLACES if not place.is_province]

UNCHANGED = """Phú Xuân, Mường Chanh, Quang Chiểu, Tam Chung, Pù Nhi, Nhi Sơn, Mường Lý, Trung Lý, Trung Sơn, Na Mèo,
Sơn Thủy, Sơn Điện, Mường Mìn, Tam Thanh, Yên Khương, Yên Thắng, Xuân Thái, Bát Mọt, Yên Nhân, Lương Sơn, Vạn Xuân"""
"""The 21 communes that were left as they are, as newspapers told them on 2025-06-28."""

HILLS = """
name = "Đồi"
kind = "tỉnh"
code = "99"

[[source]]
title = "Một văn bản"
url = "https://example.vn"
checked = 2026-11-23

[communes.kien-tho]
name = "Kiên Thọ"
kind = "xã"
code = "99001"
"""


def test_there_are_as_many_as_the_resolution_made():
    """147 xã and 19 phường, each with a code of its own; where two have one name their keys differ."""
    assert PROBLEMS == []
    own = [place for place in COMMUNES if place.province == "thanh-hoa"]
    assert Counter(place.kind for place in own) == {"xã": 147, "phường": 19}
    assert len({place.code for place in own}) == len({place.key for place in own}) == len(own)
    assert all(len(place.code) == 5 and len(place.key) <= LONGEST_PLACE for place in own)
    assert {place.key for place in own if not place.key.endswith("/" + fold(place.name).replace(" ", "-"))} == {
        "thanh-hoa/phuong-dong-tien",
        "thanh-hoa/xa-dong-tien",
    }


def test_every_commune_says_what_it_was_made_of():
    """547 communes in 26 districts there were; the 21 that were left alone are themselves."""
    assert all(place.was for place in COMMUNES)
    before = {(district, name) for place in COMMUNES for district, names in place.was for name in names}
    assert len({district for district, _ in before}) == 26
    assert len(before) == 547
    unchanged = {
        place.name for place in COMMUNES if [n for _, names in place.was for n in names] == [f"Xã {place.name}"]
    }
    assert unchanged == {name.strip() for name in UNCHANGED.replace("\n", " ").split(",")}
    assert all(unicodedata.is_normalized("NFC", f"{place}") for place in COMMUNES)


@pytest.mark.parametrize("place", COMMUNES, ids=lambda place: place.key)
def test_everybody_finds_their_commune(place):
    """By key and by title without doubt; without accents and by name alone it is among the few that may be meant."""
    assert FINDER.sure(place.key) == FINDER.sure(place.title) == FINDER.sure(place.title.upper()) == place
    assert place in FINDER.find(fold(place.name))
    assert FINDER.find(f"{fold(place.title)}, tỉnh thanh hoá")[0] == place
    for district, _ in place.was:
        assert FINDER.find(f"tôi ở {place.title}, {district}, tỉnh Thanh Hóa")[0] == place
        assert place in FINDER.find(district)


def test_everybody_finds_the_commune_that_theirs_has_become():
    """Old commune and old district together lead to one; to several only where the old one was parted."""
    parted = Counter((name, district) for place in COMMUNES for district, names in place.was for name in names)
    for place in COMMUNES:
        for district, names in place.was:
            for name in names:
                for text in (f"{name}, {district}", fold(f"{name} {district}")):
                    found = FINDER.find(text)
                    assert place in found, text
                    assert len(found) <= parted[name, district] + 1, text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("xã Kiên Thọ", "kien-tho"),
        ("kien tho", "kien-tho"),
        ("  KIÊN   THỌ!! ", "kien-tho"),
        ("em ở kiên thọ ạ", "kien-tho"),
        ("kien tho ngoc lac", "kien-tho"),
        ("huyện Ngọc Lặc, xã Kiên Thọ", "kien-tho"),
        ("Kiên Thọ - Ngọc Lặc - Thanh Hóa", "kien-tho"),
        ("P. Hạc Thành", "hac-thanh"),
        ("phường lam sơn, tp thanh hóa", "hac-thanh"),
        ("Lam Sơn, Thọ Xuân", "lam-son"),
        ("phuong dong tien", "phuong-dong-tien"),
        ("đồng tiến", "xa-dong-tien"),
        ("Đông Tiến", "phuong-dong-tien"),
        ("xã Hoằng Phú", "hoang-phu"),
        ("xã Hoằng Hoá", "hoang-hoa"),
        ("xã Hoằng Hóa", "hoang-hoa"),
        ("tt Nưa", "tan-ninh"),
        ("Nưa", "tan-ninh"),
    ],
)
def test_what_people_type(text, expected):
    """Short words, signs, small letters, the tone on either vowel: one commune."""
    assert [place.key for place in FINDER.find(text)] == [f"thanh-hoa/{expected}"]


@pytest.mark.parametrize(
    ("text", "first", "number"),
    [
        ("Ngọc Lặc", "ngoc-lac", 6),
        ("huyen ngoc lac", "ngoc-lac", 6),
        ("xa dong tien", "xa-dong-tien", 2),
        ("dong tien", "phuong-dong-tien", 2),
        ("phường Đông Sơn", "dong-son", 3),
        ("Lam Sơn", "lam-son", 4),
        ("thành phố Thanh Hóa", "dong-quang", 7),
    ],
)
def test_several_may_be_meant(text, first, number):
    """The likeliest goes first: its own name, the same accents, the commune with the district's name."""
    found = FINDER.find(text)
    assert found[0].key == f"thanh-hoa/{first}"
    assert len(found) == number
    assert FINDER.sure(text) in {None, found[0]}
    assert FINDER.sure(fold(text)) is None


@pytest.mark.parametrize(
    "text", ["", " ", "xã", "phường", "huyện", "tỉnh Thanh Hóa", "Hà Nội", "👍", "không rõ", "12", "o"]
)
def test_what_names_no_commune(text):
    """Nothing is guessed."""
    assert FINDER.find(text) == ()


@given(st.text(max_size=40))
def test_no_text_makes_it_fail(text):
    """Whatever somebody sends."""
    assert all(place in COMMUNES for place in FINDER.find(text))
    FINDER.sure(text)


def test_the_province_itself_can_be_named():
    """For teams that work in all of it, by key or title."""
    assert FINDER.sure("thanh-hoa") == FINDER.sure("Tỉnh Thanh Hóa") == FINDER.places["thanh-hoa"]


def test_not_to_know_is_an_answer():
    """With or without accents; a name is none."""
    assert says_unknown("Không rõ")
    assert says_unknown("khong biet")
    assert not says_unknown("Kiên Thọ")
    assert not says_unknown("")


def test_any_province_comes_from_a_file(tmp_path):
    """Two provinces with a commune of one name: the province's tells them apart."""
    shutil.copytree(ROOT / "places", tmp_path / "places")
    (tmp_path / "places" / "doi.toml").write_text(HILLS, encoding="utf-8")
    places, problems = read_places(tmp_path)
    assert problems == []
    both = Finder(places)
    assert [place.key for place in both.find("kiên thọ")] == ["doi/kien-tho", "thanh-hoa/kien-tho"]
    assert [place.key for place in both.find("kiên thọ, tỉnh Đồi")] == ["doi/kien-tho"]
    assert [place.key for place in both.find("kiên thọ", "thanh-hoa")] == ["thanh-hoa/kien-tho"]
    assert both.sure("xã Kiên Thọ") is None


def test_without_a_file_there_are_no_places(tmp_path):
    """And nothing is wrong."""
    assert read_places(tmp_path) == ([], [])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('kind = "xã"', 'kind = "huyện"', "13:1: E005"),
        ('code = "99001"', "code = 99001", "14:1: E005"),
        ('code = "99001"', 'code = "một"', "14:1: E005"),
        ('name = "Kiên Thọ"\n', "", "11:1: E006"),
        ("[communes.kien-tho]", "[communes.kien_tho]", "11:1: E008"),
        ("[communes.kien-tho]", f"[communes.{'x' * 40}]", "11:1: E008"),
        ("[[source]]", "[[sources]]", "6:1: E004, 1:1: E006"),
        ('url = "https://example.vn"', 'url = "example.vn"', "8:1: E005"),
        ("checked = 2026-11-23", 'checked = "hôm nay"', "9:1: E005"),
        ("checked = 2026-11-23\n", "", "6:1: E006"),
        ('code = "99"', 'code = "99"\npopulation = 5', "5:1: E004"),
        ('code = "99001"', 'code = "99001"\nwas = "Huyện Đồi"', "15:1: E005"),
        ('code = "99001"', 'code = "99001"\n[communes.kien-tho.was]\n"Huyện Đồi" = "Xã Một"', "16:1: E005"),
        ('[communes.kien-tho]\nname = "Kiên Thọ"\nkind = "xã"\ncode = "99001"\n', "", "1:1: E006"),
        ('name = "Kiên Thọ"', "name = Kiên Thọ", "12:8: E001"),
    ],
)
def test_a_file_with_a_fault_says_where(tmp_path, old, new, expected):
    """Path, line, column and code; what is whole is read nevertheless."""
    assert old in HILLS
    path = tmp_path / "places" / "doi.toml"
    path.parent.mkdir()
    path.write_text(HILLS.replace(old, new), encoding="utf-8")
    _, problems = read_places(tmp_path)
    found = {f"{each.line}:{each.column}: {each.code}" for each in problems}
    assert found == set(expected.split(", "))
    assert all(each.path == path for each in problems)


def test_a_place_lies_in_itself_and_in_its_province():
    """And in nothing that only begins like it; what is not known lies nowhere."""
    assert is_under("thanh-hoa/kien-tho", "thanh-hoa")
    assert is_under("thanh-hoa", "thanh-hoa")
    assert not is_under("thanh-hoa", "thanh-hoa/kien-tho")
    assert not is_under("thanh-hoa-2/kien-tho", "thanh-hoa")
    assert not is_under("", "")
    assert not is_under("", "thanh-hoa")
    assert not is_under("thanh-hoa", "")
    assert province_of("thanh-hoa/kien-tho") == province_of("thanh-hoa") == "thanh-hoa"
