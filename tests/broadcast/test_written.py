"""Broadcasts as they are written: every key arrives, every fault has its place, the documentation names them all."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.broadcast.audience import (
    GUIDES,
    TIMES,
    WORDS,
    AudienceError,
    Everyone,
    InGuide,
    Is,
    Joined,
    Under,
    Wants,
    When,
    parts,
    read_audience,
)
from bot.broadcast.check import FIT, check_broadcasts
from bot.broadcast.model import Broadcast, Kind, Plan, Series
from bot.broadcast.reader import KEYS, PLAN, SERIES, names, read_written
from tests.kit.shell import make_root

DOCS = (Path(__file__).parents[2] / "docs" / "broadcasts.md").read_text("utf-8")
TODAY = date(2026, 11, 23)
FULL = """
topic = "scams"
class = "notice"
audience = 'language = "vi"'
buttons = ["open:tea", "human"]
picture = "a.svg"
voice = "a.ogg"

[plan]
spread = "4 hours"
canary = 2.5
canary_wait = "5 minutes"
holdout = 10
errors = 20
days = "working"
"""
GOOD = {"vi": "{{ You }} nhớ nhé.", "en": "Take care."}


def _write(root, toml, words=None, name="care", **blocks):
    folder = root / "broadcasts" / name
    folder.mkdir(parents=True, exist_ok=True)
    (root / "broadcasts" / f"{name}.toml").write_text(toml, encoding="utf-8")
    for language, text in (words or GOOD).items():
        more = "".join(f"{{% block {block} %}}{said}{{% endblock %}}\n" for block, said in blocks.items())
        source = f"{{% block text %}}{text}{{% endblock %}}\n{more}"
        (folder / f"{language}.j2").write_text(source, encoding="utf-8")
    return root


def _plain(**keys):
    values = {"topic": '"scams"', "class": '"tip"', "audience": "'everyone'"} | keys
    return "".join(f"{key} = {value}\n" for key, value in values.items() if value)


def _found(root):
    return [f"{p.path.relative_to(root)}:{p.line}:{p.column} {p.code}" for p in check_broadcasts(root, today=TODAY)]


def test_every_key_arrives(tmp_path):
    """Each key fills its field; frozen as JSON it comes back the same."""
    written, problems = read_written(_write(tmp_path, FULL), "care")
    assert problems == []
    assert names(tmp_path) == ["care"]
    broadcast = written.broadcast
    assert (broadcast.name, broadcast.topic, broadcast.kind) == ("care", "scams", Kind.NOTICE)
    assert (broadcast.buttons, broadcast.guide) == (("open:tea", "human"), "tea")
    assert (broadcast.picture, broadcast.voice) == ("a.svg", "a.ogg")
    assert broadcast.plan == Plan(14_400, 2.5, 300, 10.0, 20.0, "working")
    assert set(broadcast.words) == {"vi", "en"}
    assert Broadcast.from_json(broadcast.to_json()) == broadcast


def test_the_documentation_names_every_key_condition_and_answer():
    """docs/broadcasts.md has a heading for each key, a row for each condition, and no other."""
    assert set(re.findall(r"^### `(\w+)`$", DOCS, re.MULTILINE)) == {*KEYS, *PLAN, *SERIES}
    audience = DOCS.split("\n## The audience\n")[1].split("\n## ")[0]
    assert all(f"`{word}" in audience for word in (*WORDS, *TIMES, *GUIDES, "wants", "everyone"))
    buttons = DOCS.split("### `buttons`\n")[1].split("###")[0]
    assert set(re.findall(r'`"(\w+)"`', buttons)) == set(FIT)


def test_the_documentation_says_what_holds_without_a_plan():
    """A paragraph begins with the value that holds."""
    plan = Plan()
    for key, value in {"canary": plan.canary, "holdout": plan.holdout, "errors": plan.errors}.items():
        assert f"### `{key}`\n`{value:g}`" in DOCS
    assert plan.canary_wait == 600
    assert '### `canary_wait`\n`"10 minutes"`' in DOCS
    assert f'### `days`\n`"{plan.days}"`' in DOCS
    assert f'### `at`\n`"{Series().at // 60}:00"`' in DOCS


EVERY = '[series]\nevery = ["friday", "monday"]\nat = "17:30"\n'
AFTER = '[series]\nfinished = "tea"\ndays = [1, 3, 7]\n'


@pytest.mark.parametrize(
    ("table", "parts", "rhythm"),
    [
        (EVERY, 2, Series(every=(0, 4), at=17 * 60 + 30)),
        ('[series]\nevery = "day"\n', 1, Series()),
        (AFTER, 3, Series(finished="tea", days=(1, 3, 7))),
    ],
)
def test_a_series_has_parts_with_words_of_their_own(tmp_path, table, parts, rhythm):
    """As many as there are days or folders; each comes back from JSON as it was, and has no problem."""
    root = make_root(tmp_path)
    for part in range(1, parts + 1):
        _write(root, _plain() + table, {"vi": f"{{{{ You }}}} nhớ {part}.", "en": "x"}, name=f"care/{part}")
    _write(root, _plain() + table)
    written, problems = read_written(root, "care")
    assert problems == []
    assert [part.name for part in written.parts] == [f"care/{number}" for number in range(1, parts + 1)]
    assert [part.series for part in written.parts] == [rhythm] * parts
    assert f"nhớ {parts}." in written.parts[-1].words["vi"]
    assert [Broadcast.from_json(part.to_json()) for part in written.parts] == list(written.parts)
    assert names(root) == ["care"]
    assert _found(root) == []


@pytest.mark.parametrize(
    ("toml", "found"),
    [
        (_plain() + "[series]\n", "care.toml:4:1 E006"),
        (_plain() + EVERY + 'finished = "tea"\ndays = [1]\n', "care.toml:4:1 E006"),
        (_plain() + '[series]\nfinished = "tea"\n', "care.toml:4:1 E006"),
        (_plain() + '[series]\nevery = "someday"\n', "care.toml:5:1 E005"),
        (_plain() + "[series]\nevery = []\n", "care.toml:5:1 E005"),
        (_plain() + '[series]\nevery = "day"\nat = "24:00"\n', "care.toml:6:1 E005"),
        (_plain() + '[series]\nfinished = "tea"\ndays = [3, 1]\n', "care.toml:6:1 E005"),
        (_plain() + '[series]\nfinished = "tea"\ndays = [0, 1]\n', "care.toml:6:1 E005"),
        (_plain() + '[series]\nfinished = "tee"\ndays = [1]\n', "care.toml:5:1 E302"),
        (_plain() + '[series]\nwhen = "now"\n', "care.toml:5:1 E004"),
        (_plain(series="3"), "care.toml:4:1 E005"),
        (_plain(**{"class": '"emergency"'}) + EVERY, "care.toml:2:1 E005"),
        (_plain() + AFTER, "care.toml:1:1 E030"),
    ],
)
def test_a_fault_of_a_series_has_its_place_and_code(tmp_path, toml, found):
    """Either weekdays or a guide with its days; words for every part."""
    assert f"broadcasts/{found}" in _found(_write(make_root(tmp_path), toml))


def test_a_good_broadcast_has_no_problems(tmp_path):
    """Words in all languages, a guide that is there."""
    root = _write(make_root(tmp_path), _plain(buttons='["open:tea"]', audience='\'stuck("tea", "boil")\''))
    assert _found(root) == []


@pytest.mark.parametrize(
    ("toml", "found"),
    [
        (_plain(topik='"x"'), "care.toml:4:1 E004"),
        (_plain(topic=""), "care.toml:1:1 E006"),
        (_plain(topic='"Two Words"'), "care.toml:1:1 E005"),
        (_plain(**{"class": '"test"'}), "care.toml:2:1 E005"),
        (_plain(buttons='["a", "b", "c", "d"]'), "care.toml:4:1 E005"),
        (_plain() + "[plan]\ncanary = 101\n", "care.toml:5:1 E005"),
        (_plain() + '[plan]\nspread = "soon"\n', "care.toml:5:1 E005"),
        (_plain() + "[plan]\nerrors = true\n", "care.toml:5:1 E005"),
        (_plain(plan="3"), "care.toml:4:1 E005"),
        (_plain(audience="'language'"), "care.toml:3:21 E301"),
        (_plain(audience='"everyone and"'), "care.toml:3:25 E301"),
        (_plain(audience="'not started(\"tee\")'"), "care.toml:3:17 E302"),
        (_plain(audience="'language = \"fr\"'"), "care.toml:3:13 E302"),
        (_plain(audience='\'channel in ("web", "fax")\''), "care.toml:3:13 E302"),
        (_plain(buttons='["open:tee"]'), "care.toml:4:1 E302"),
        (_plain(buttons='["fewer"]'), "care.toml:4:1 E302"),
        (_plain(voice='"a.ogg"'), "care.toml:4:1 E024"),
    ],
)
def test_a_fault_of_the_file_has_its_place_and_code(tmp_path, toml, found):
    """Line and column, and inside an expression the very condition."""
    assert f"broadcasts/{found}" in _found(_write(make_root(tmp_path), toml))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"en": "Take care."}, "E030"),
        ({"vi": "{{ You }} nhớ nhé."}, "W110"),
        ({"vi": "", "en": "x"}, "E030"),
        ({"vi": "{{ name }} nhớ nhé.", "en": "x"}, "E033"),
        ({"vi": "Dài. " * 900, "en": "x"}, "E035"),
        ({"vi": "{{ You }} gửi mã OTP vào đây.", "en": "x"}, "E039"),
        ({"vi": "{{ You }} vào vay-nhanh.xyz nhé.", "en": "x"}, "E040"),
        ({"vi": "{{ You }} gọi 0912 345 678 nhé.", "en": "x"}, "E041"),
        ({"vi": "TODO {{ You }} nhớ nhé.", "en": "x"}, "W104"),
        ({"vi": "Mời bác xem nhé.", "en": "x"}, "W108"),
        ({"vi": "{{ You }} **nhớ** nhé.", "en": "x"}, "W111"),
        ({"vi": "một " * 30, "en": "x"}, "W107"),
        ({"vi": "{{ You", "en": "x"}, "E032"),
    ],
)
def test_words_are_held_to_the_rules_of_guides(tmp_path, words, code):
    """Missing, too long, asking for a secret, unofficial: each has its code."""
    found = _found(_write(make_root(tmp_path), _plain(), words))
    assert code in {line.rpartition(" ")[2] for line in found}, found


def test_to_warn_of_a_secret_is_what_tips_are_for(tmp_path):
    """Naming one is no fault, bidding people to hand it over is."""
    words = {"vi": "Công an không bao giờ hỏi mã OTP. Có người xin mật khẩu là lừa đảo.", "en": "x"}
    assert _found(_write(make_root(tmp_path), _plain(), words)) == []


def test_a_picture_needs_its_words_and_a_block_nobody_says_is_told(tmp_path):
    """Alt text in each language; a shorter text fits under a picture."""
    root = make_root(tmp_path)
    (root / "content" / "media").mkdir()
    (root / "content" / "media" / "a.svg").write_text("<svg/>")
    toml = _plain(picture='"a.svg"')
    assert {line.rpartition(" ")[2] for line in _found(_write(root, toml))} == {"E042"}
    assert _found(_write(root, toml, alt="Tấm hình.")) == []
    long = {"vi": "Câu ngắn thôi. " * 100, "en": "x"}
    assert {line.rpartition(" ")[2] for line in _found(_write(root, toml, long, alt="Hình.", aside="?"))} == {
        "E035",
        "W103",
    }


def test_a_name_that_cannot_be_one_is_told(tmp_path):
    """Small letters, digits and hyphens."""
    _, (problem,) = read_written(_write(tmp_path, _plain(), name="Care"), "Care")
    assert problem.code == "E008"


def test_an_expression_is_read_as_it_is_meant():
    """`and` binds before `or`, `not` before both; brackets turn that round."""
    vi, web = Is("language", ("vi",)), Is("channel", ("web",), 0)
    assert read_audience("everyone") == Everyone()
    assert read_audience('language == "vi"') == vi
    node = read_audience('language = "vi" or channel = "web" and not wants("x")')
    assert isinstance(node, Joined)
    assert node.word == "or"
    inner = node.parts[1]
    assert isinstance(inner, Joined)
    assert (inner.word, inner.parts[1]) == ("and", Joined("not", (Wants("x"),)))
    assert inner.parts[0].values == web.values
    assert read_audience('place under "thanh-hoa/"') == Under("thanh-hoa")
    assert read_audience("last_seen < 1 day ago") == When("last_seen", "before", 1)
    assert read_audience("created > 2026-11-01") == When("created", "after", day=date(2026, 11, 1))
    assert read_audience("stuck('a', 'b')") == InGuide("stuck", "a", "b")
    assert [type(each) for each in parts(node)] == [Is, Is, Wants]


@pytest.mark.parametrize(
    ("text", "offset", "says"),
    [
        ("", 0, "empty"),
        ("   ", 3, "empty"),
        ("everyone everyone", 9, "not expected"),
        ("language", 8, "compared with nothing"),
        ("language = vi", 11, "word in quotes"),
        ('language = "vi', 11, "cannot be read"),
        ("last_seen = 3 days ago", 10, "compared by"),
        ("last_seen < 3 weeks ago", 14, "no time"),
        ("last_seen < 99999 days ago", 12, "more than"),
        ("created > 2026-13-01", 10, "no such day"),
        ("name = 'x'", 0, "no condition 'name'"),
        ("(everyone", 9, "')'"),
        ("started('a', 'b')", 11, "')'"),
        ("language in ()", 13, "word in quotes"),
        ("(" * 50 + "everyone" + ")" * 50, 30, "too many brackets"),
        ("everyone and " * 100 + "everyone", 0, "longer than"),
        ("1 = 1", 0, "where a condition should begin"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(text, offset, says):
    """With the place counted in characters."""
    with pytest.raises(AudienceError, match=re.escape(says)) as caught:
        read_audience(text)
    assert caught.value.offset == offset or text.strip() == ""
    assert caught.value.hint


@given(st.text(max_size=60) | st.text(alphabet="()<>=,\"'languageplace under notandor0123456789 -", max_size=60))
def test_whatever_is_typed_is_read_or_refused(text):
    """Nothing else is ever raised, and its place lies in the text."""
    offset = 0
    try:
        read_audience(text)
    except AudienceError as error:
        offset = error.offset
    assert 0 <= offset <= len(text)
