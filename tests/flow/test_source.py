"""TOML with places: the data are tomllib's, and every fault is found."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.source import read_file, read_source

PATH = Path("a.toml")

keys = st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True)
texts = st.text(alphabet=st.characters(blacklist_categories=["Cc", "Cs"], blacklist_characters='"\\'), max_size=10)
values = st.one_of(
    texts.map(lambda text: f'"{text}"'),
    st.integers(-(10**9), 10**9).map(str),
    st.sampled_from(["true", "false", "1.5", "2026-11-23", "'x'", '"a\\tb"', '"#"', '""', "[]", '["a", "b"]']),
    st.sampled_from(['[\n  "a", # one = 1\n  "b",\n]', "{ a = 1, b = 'x' }", "[{ a = 1 }, { a = 2 }]"]),
)
lines = st.one_of(
    st.tuples(keys, values).map(lambda pair: f"{pair[0]} = {pair[1]}"),
    st.tuples(keys, keys, values).map(lambda three: f"{three[0]}.{three[1]} = {three[2]}  # note"),
    st.lists(keys, min_size=1, max_size=3).map(lambda names: f"[{'.'.join(names)}]"),
    st.lists(keys, min_size=1, max_size=2).map(lambda names: f"[[{'.'.join(names)}]]"),
    st.sampled_from(["", "  ", "# a = 1", '"a b" = 1', "  indented = 1"]),
)
documents = st.lists(lines, max_size=12).map("\n".join)
junk = st.text(alphabet="ab=[]{}\"'#.\n ,1", max_size=60)


@settings(deadline=None)
@given(documents | junk)
def test_agrees_with_tomllib(text):
    """A text that tomllib reads gives the same data and no problem; one that it refuses gives a problem."""
    source = read_source(text, PATH)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assert source.problems
    else:
        if "'''" in text or '"""' in text:
            return
        assert (source.data, source.problems) == (data, [])


@settings(deadline=None)
@given(documents)
def test_every_key_has_the_place_of_its_line(text):
    """The place of a key points at the line where its name stands."""
    source = read_source(text, PATH)
    rows = text.split("\n")
    for key, (line, column) in source.places.items():
        names = [part for part in key if isinstance(part, str)]
        statement = "\n".join(rows[line - 1 :])[column - 1 :]
        assert statement[0] not in " \n#"
        assert names[-1] in statement


@settings(deadline=None)
@given(st.text(max_size=200))
def test_never_raises(text):
    """Any text at all gives data and problems."""
    source = read_source(text, PATH)
    assert all(problem.line >= 1 and problem.column >= 1 for problem in source.problems)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a = \nb = 1\nc = [1,\nd = 2\n", [(1, 5), (3, 1)]),
        ("[a\nb = 1\n[c]\nd = \n", [(1, 3), (4, 5)]),
        ("a = 1\na = 2\na = 3\n[t]\n[t]\nb = 1\n", [(2, 1), (3, 1), (5, 1)]),
        ('a = "x\nb = 1\n', [(1, 7)]),
        ('a = """\nb = 1\n"""\nc = """x"""\n', [(1, 1), (4, 1)]),
        ("a = '''\nb = 1\n", [(1, 1)]),
    ],
)
def test_all_faults_are_found(text, places):
    """Every faulty line is reported, and the good lines between are kept."""
    source = read_source(text, PATH)
    assert sorted((problem.line, problem.column) for problem in source.problems) == places


def test_keys_below_a_faulty_header_belong_nowhere():
    """A header that cannot be read does not move its keys into the table before it."""
    source = read_source("[a]\nx = 1\n[b\ny = 2\n[c]\nz = 3\n", PATH)
    assert source.data == {"a": {"x": 1}, "c": {"z": 3}}


def test_places_of_arrays_of_tables():
    """Every entry of an array of tables has its own place."""
    source = read_source('[[a]]\nx = 1\n\n[[a]]\n  x = 2\n[a.b]\ny = "#"\n', PATH)
    assert source.place("a", 0, "x") == (2, 1)
    assert source.place("a", 1) == (4, 1)
    assert source.place("a", 1, "x") == (5, 3)
    assert source.place("a", 1, "b", "y") == (7, 1)
    assert source.place("a", 1, "nothing") == (4, 1)
    assert source.place("nothing") == (1, 1)


def test_a_byte_order_mark_is_forgiven(tmp_path):
    """Editors that write a mark at the beginning do no harm, nor do their line ends."""
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    source = read_file(path)
    assert (source.data, source.problems) == ({"a": 1, "b": 2}, [])


def test_curly_quotes_are_recognised():
    """Word processors put them in; outside of a text they are the fault, inside they are words."""
    (problem,) = read_source("a = “x”\n", PATH).problems
    assert problem.hint == '“ ” are not the sign "'
    (problem,) = read_source('a = "“x”" y\n', PATH).problems
    assert "“" not in problem.hint
