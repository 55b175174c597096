"""The checker, by examples that state their own expectation."""

from __future__ import annotations

import random
import re
import shutil
import unicodedata
from pathlib import Path

import pytest

from bot.flow.check import check
from bot.wording.library import Library
from tests.flow.examples import BOT_TEXTS, EXAMPLES, TODAY, build, complete, expected, found
from tests.flow.make_many import write

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"\b[EW]\d{3}\b")


def codes_in_the_code() -> set[str]:
    """Every code that stands in quotes in the package."""
    texts = (path.read_text("utf-8") for path in (ROOT / "bot").rglob("*.py"))
    return {code for text in texts for code in re.findall(r'"([EW]\d{3})"', text)}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example(example, tmp_path):
    """The checker finds exactly what the example says, at exactly these places."""
    build(example, tmp_path)
    assert found(tmp_path) == expected(example)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_shows_its_code(example):
    """Each example is about the code it is named after."""
    assert example.name[:4] in {line[-4:] for line in expected(example)}


def test_every_code_has_a_heading_and_an_example():
    """A code of the package is explained in docs/problems.md and shown by a broken example, and nothing else is."""
    headings = set(re.findall(r"^### ([EW]\d{3})$", (ROOT / "docs" / "problems.md").read_text("utf-8"), re.MULTILINE))
    assert headings == codes_in_the_code()
    assert {example.name[:4] for example in EXAMPLES} == headings


def test_every_code_says_what_it_means_and_what_to_do():
    """Under each heading stand a sentence of meaning and a cure."""
    sections = re.split(r"^### [EW]\d{3}$", (ROOT / "docs" / "problems.md").read_text("utf-8"), flags=re.MULTILINE)[1:]
    for section in sections:
        assert re.match(r"\n\S[^\n]+\.?\n(?:\S[^\n]+\n)*?Cure: \S", section), section


def test_faultless_flows_have_no_problems(tmp_path):
    """A tree of good guides gives an empty list."""
    write(tmp_path, flows=3, steps=12)
    assert check(tmp_path, today=TODAY) == []


def test_guides_of_this_project_are_faultless():
    """What is shipped passes its own checker, warnings included."""
    assert [str(problem) for problem in check(ROOT, today=TODAY)] == []


def test_empty_project_has_no_problems(tmp_path):
    """No flows and no words is nothing wrong."""
    assert check(tmp_path, today=TODAY) == []


def test_all_files_in_one_run(tmp_path):
    """Faults of several files are all reported, and a broken file does not hide those of another."""
    for number, example in enumerate(each for each in EXAMPLES if each.suffix == ".toml"):
        (tmp_path / "flows").mkdir(exist_ok=True)
        (tmp_path / "flows" / f"example-{number}.toml").write_bytes(example.read_bytes())
    complete(tmp_path)
    codes = {problem.code for problem in check(tmp_path, today=TODAY, bot_texts=BOT_TEXTS)}
    assert codes >= {example.name[:4] for example in EXAMPLES if example.suffix == ".toml"}


def test_entering_a_broken_flow_is_no_fault_of_its_own(tmp_path):
    """A guide that enters a flow with a syntax fault is not blamed for it."""
    (tmp_path / "flows").mkdir()
    head = 'start = "a"\nreview_by = 2099-01-01\n[[source]]\nurl = "https://vneid.gov.vn"\nchecked = 2026-11-01\n'
    (tmp_path / "flows" / "good.toml").write_text(
        f'{head}[steps.a]\nenter = "bad"\nnext = "b"\n[steps.b]\nend = "done"\n', encoding="utf-8"
    )
    (tmp_path / "flows" / "bad.toml").write_text(f"{head}[steps.a]\nsay = yes\n", encoding="utf-8")
    complete(tmp_path)
    assert {problem.path.name for problem in check(tmp_path, today=TODAY)} == {"bad.toml"}


def test_an_unknown_guide_hides_nothing(tmp_path):
    """A guide that enters one that is not there has its other faults reported too."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "one.toml").write_text(
        'start = "a"\n[steps.a]\nenter = "gone"\nnext = "nowhere"\n[steps.b]\nsay = true\n', encoding="utf-8"
    )
    complete(tmp_path)
    codes = [problem.code for problem in check(tmp_path, today=TODAY)]
    assert codes == ["E022", "E023", "E017", "E009", "E010"]


def test_without_the_source_language_every_text_is_missing(tmp_path):
    """Vietnamese is needed even where its folder is not there."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "one.toml").write_text('start = "a"\n[steps.a]\nend = "done"\n', encoding="utf-8")
    problems = check(tmp_path, today=TODAY)
    assert [problem.code for problem in problems] == ["E022", "E023", "E030"]
    assert "content/vi/one/" in problems[-1].hint


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path):
    """A folder with the name of a file, or a file that nobody may read, is reported and no more."""
    (tmp_path / "flows" / "one.toml").mkdir(parents=True)
    assert [problem.code for problem in check(tmp_path, today=TODAY)] == ["E003"]


@pytest.mark.parametrize("seed", range(8))
def test_nothing_makes_the_checker_raise(tmp_path, seed):
    """Lines of the shipped guides doubled, lost, swapped and cut: problems, never an exception."""
    chance = random.Random(seed)
    for name in ("flows", "content"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("media"))
    files = sorted(path for path in tmp_path.rglob("*") if path.suffix in {".toml", ".j2"})
    for path in chance.sample(files, 5) + [each for each in files if each.suffix == ".toml"]:
        lines = path.read_text("utf-8").split("\n")
        for _ in range(chance.randint(1, 6)):
            first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
            lines[first], lines[second] = lines[second], lines[first][: chance.randint(0, 60)] + lines[second][3:6]
            if chance.random() < 0.5:
                lines.insert(first, lines[second])
        path.write_text("\n".join(lines), encoding="utf-8")
    assert check(tmp_path, today=TODAY)


def test_a_name_saved_in_an_entered_guide_stays_there(tmp_path):
    """What an entered guide saves cannot be used after it; what a piece saves can."""
    (tmp_path / "flows" / "pieces").mkdir(parents=True)
    head = 'start = "a"\nreview_by = 2099-01-01\n[[source]]\nurl = "https://vneid.gov.vn"\nchecked = 2026-11-01\n'
    ask = '[steps.a]\nask = "number"\nsave = "age"\nnext = "b"\n[steps.b]\nend = "done"\n'
    use = 'next = "c"\n[[steps.c.branch]]\nwhen = "age < 14"\nto = "d"\n[[steps.c.branch]]\nto = "d"\n[steps.d]\nend = "done"\n'
    (tmp_path / "flows" / "other.toml").write_text(head + ask, encoding="utf-8")
    (tmp_path / "flows" / "pieces" / "age.toml").write_text('start = "a"\n' + ask, encoding="utf-8")
    (tmp_path / "flows" / "enters.toml").write_text(f'{head}[steps.a]\nenter = "other"\n{use}', encoding="utf-8")
    (tmp_path / "flows" / "includes.toml").write_text(
        f'{head}[steps.a]\ninclude = "pieces/age"\n{use}', encoding="utf-8"
    )
    complete(tmp_path)
    problems = check(tmp_path, today=TODAY)
    assert [(problem.path.name, problem.code) for problem in problems] == [
        ("enters.toml", "E013"),
        ("other.toml", "W105"),
    ]


def test_limits_count_only_for_channels_that_are_on(tmp_path):
    """A text too long for Telegram is fine where only the web chat is served."""
    build(next(example for example in EXAMPLES if example.name.startswith("E035")), tmp_path)
    assert check(tmp_path, today=TODAY, channels=("web", "terminal"), bot_texts=BOT_TEXTS) == []


@pytest.mark.parametrize("name", ["before_you_start", "open_bank_app"])
def test_numbered_answers_count_where_there_are_no_buttons(tmp_path, name):
    """A text that fits as it is, but not with its answers below it; five buttons are room for all of them."""
    shutil.copytree(ROOT / "flows", tmp_path / "flows")
    shutil.copytree(ROOT / "content", tmp_path / "content")
    path = tmp_path / "content" / "vi" / "vietqr-pay" / f"{name}.j2"
    rest = path.read_text(encoding="utf-8").partition("{% endblock %}")[2]
    path.write_text(f"{{% block text %}}Đọc kỹ\n\n{'Một câu. ' * 208}.{{% endblock %}}{rest}", encoding="utf-8")
    found = {
        on: [p for p in check(tmp_path, today=TODAY, channels=(on,)) if p.code == "E035"]
        for on in ("zalo_oa", "zalo_bot")
    }
    assert found["zalo_oa"] == []
    (problem,) = found["zalo_bot"]
    assert "of numbered answers, zalo_bot shows 2000" in problem.message
    assert (problem.path, problem.line) == (path, 1)


def test_texts_with_conditions_are_read_like_plain_ones(tmp_path):
    """The fast way of reading a template and Jinja's own parser agree on blocks, names, places and words."""
    from bot.flow.check.template import Template, _read_plain, _read_with_jinja

    count = 0
    for path in (ROOT / "content").rglob("*.j2"):
        source = path.read_text("utf-8")
        plain, full = (Template(str(path), "vi", "a/b", source) for _ in range(2))
        _read_with_jinja(full)
        if not _read_plain(plain):
            continue
        count += 1
        for template in (plain, full):
            for block in template.blocks.values():
                block.finish()
        assert list(plain.blocks) == list(full.blocks)
        for name, block in plain.blocks.items():
            other = full.blocks[name]
            assert (block.words, block.line, block.column) == (other.words, other.line, other.column), path
            assert [(use.name, use.line) for use in block.uses] == [(use.name, use.line) for use in other.uses], path
    assert count > 50


def hints(root: Path) -> list[tuple[str, str]]:
    """Message and hint of each problem below `root`."""
    return [(problem.message, problem.hint) for problem in check(root, today=TODAY, bot_texts=BOT_TEXTS)]


def one_guide(root: Path, flow: str = "", **templates: str) -> Path:
    """A guide of two steps, `first` and `last`, with these Vietnamese templates."""
    folder = root / "content" / "vi" / "example"
    folder.mkdir(parents=True)
    (root / "flows").mkdir()
    (root / "flows" / "example.toml").write_text(flow or PLAIN, encoding="utf-8")
    for name, text in templates.items():
        (folder / f"{name}.j2").write_text(text, encoding="utf-8")
    complete(root)
    return root


PLAIN = """start = "first"
review_by = 2099-01-01
[[source]]
url = "https://vneid.gov.vn"
checked = 2026-11-01
[steps.first]
do = true
next = "last"
[steps.last]
end = "done"
"""


@pytest.mark.parametrize("more", ["", "{% if you == me %}x{% endif %}"], ids=["plain", "with a condition"])
def test_a_block_given_twice_is_an_error(tmp_path, more):
    """Jinja would not take the file; the second one is named, on a line of its own or not."""
    text = f"{{% block text %}}Bấm{more}{{% endblock %}} {{% block text %}}Chờ{{% endblock %}}"
    problem, *others = check(one_guide(tmp_path, first=text), today=TODAY)
    assert (problem.code, problem.message, others) == ("E032", "block 'text' is given twice", [])
    assert (problem.line, problem.column) == (1, text.rindex("{% block") + 1)


@pytest.mark.parametrize(
    "inner",
    ["{% if you is foo %}x{% endif %}", "{{ you | nothing }}", "{% if you | nothing %}x{% endif %}", "{{ loop.x }}"],
)
def test_what_would_fail_when_said_is_an_error(tmp_path, inner):
    """A template that parses and cannot be said is refused before it is in service."""
    problems = check(one_guide(tmp_path, first=f"{{% block text %}}Bấm {inner}{{% endblock %}}"), today=TODAY)
    assert {problem.code for problem in problems} == {"E032"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{% block text%\nBấm\n{% endblock %}", (1, 1)),
        ("{% block text %}\nBấm {{ you đi\n{% endblock %}", (2, 5)),
        ("{# note\n{% block text %}Bấm{% endblock %}", (1, 1)),
        ("{% block text %}\nBấm\n{% endblock", (3, 1)),
    ],
)
def test_a_tag_that_is_not_closed_is_pointed_at(tmp_path, text, place):
    """The place is where it opens, not where the parser gave up."""
    (problem,) = check(one_guide(tmp_path, first=text), today=TODAY)
    assert problem.message.startswith("a tag is not closed")
    assert (problem.line, problem.column) == place


@pytest.mark.parametrize("name", ["first", "_guide"])
def test_a_misspelt_form_of_address_is_recognised(tmp_path, name):
    """In a text as in a title."""
    words = {"first": "{% block text %}Bấm {{ yuo }}{% endblock %}"}
    words["_guide"] = "{% block title %}Bấm {{ yuo }}{% endblock %}{% block goal %}Xong{% endblock %}"
    ((_, hint),) = hints(one_guide(tmp_path, **{name: words[name]}))
    assert hint == "did you mean 'you'?"


def test_a_name_like_no_other_is_told_how_to_mend(tmp_path):
    """Where nothing is near, the hint says what can be done."""
    ((message, hint),) = hints(one_guide(tmp_path, first="{% block text %}Chào {{ village }}{% endblock %}"))
    assert (message, "save it in a step before" in hint) == ("no step saves 'village'", True)


@pytest.mark.parametrize("block", ["", "{% block lost %} {% endblock %}"], ids=["not there", "says nothing"])
def test_a_label_missing_in_a_translation_takes_no_guide_out(tmp_path, block):
    """It is said in Vietnamese, which the checker only warns of; a block that says nothing would be shown, empty."""
    flow = PLAIN.replace("do = true", 'do = true\nstuck = { lost = "last" }')
    folder = tmp_path / "content" / "en" / "example"
    folder.mkdir(parents=True)
    (folder / "first.j2").write_text("{% block text %}Tap{% endblock %}" + block, encoding="utf-8")
    (problem,) = check(one_guide(tmp_path, flow), today=TODAY)
    assert problem.code == ("E031" if block else "W110")
    vietnamese = Library.read(tmp_path / "content").piece("vi", "example/first", "lost", {})
    assert (Library.read(tmp_path / "content").piece("en", "example/first", "lost", {}) == vietnamese) is not bool(
        block
    )


@pytest.mark.parametrize("picture", ["example/opne.svg", "open.svg", "other/open.svg"])
def test_a_picture_that_is_not_there_is_the_nearest_one(tmp_path, picture):
    """A slip in the name, or in the folder."""
    (tmp_path / "content" / "media" / "example").mkdir(parents=True)
    for name in ("open", "closed_door"):
        (tmp_path / "content" / "media" / "example" / f"{name}.svg").write_text("<svg/>")
    house = one_guide(tmp_path / "x", PLAIN.replace("do = true", f'do = true\npicture = "{picture}"'))
    shutil.copytree(tmp_path / "content" / "media", house / "content" / "media")
    ((message, hint),) = hints(house)
    assert message == f"there is no picture content/media/{picture}"
    assert hint == "did you mean 'example/open.svg'?"


@pytest.mark.parametrize("header", ["[moved]\n", "[[source]]\n"])
def test_keys_of_the_file_below_a_table(tmp_path, header):
    """Each is named with its line, and nothing is missing because of it."""
    keys, _, rest = PLAIN.partition("[[source]]\n")
    flow = header + keys + (rest if header == "[[source]]\n" else "[[source]]\n" + rest)
    problems = check(one_guide(tmp_path, flow), today=TODAY)
    assert [(each.line, each.code) for each in problems] == [(2, "E004"), (3, "E004")]
    assert {each.hint for each in problems} == {"keys of the file stand above the first [table]"}


def test_a_key_of_the_file_below_the_last_step(tmp_path):
    """There it is unknown, and the hint says where it belongs."""
    assert ("unknown key 'menu'", "keys of the file stand above the first [table]") in hints(
        one_guide(tmp_path, PLAIN + "menu = 3\n")
    )


def test_a_renamed_step_may_have_been_called_like_a_key(tmp_path):
    """In [moved], names of steps stand, whatever they are."""
    assert hints(one_guide(tmp_path, PLAIN + '[moved]\nstart = "first"\nmenu = "last"\n')) == []


def test_a_name_at_fault_is_not_suggested(tmp_path):
    """Nobody is led to a name that must be changed itself."""
    flow = PLAIN.replace('next = "last"', 'next = "second"').replace("[steps.last]", "[steps.Second]")
    found = check(one_guide(tmp_path, flow), today=TODAY)
    assert [(each.code, each.hint) for each in found if each.code == "E009"] == [("E009", "")]


def test_a_file_whose_name_does_not_fit_is_one_problem(tmp_path):
    """Its words, its steps and its dates wait until it has a name."""
    one_guide(tmp_path, PLAIN.replace("next", "nxet"))
    (tmp_path / "flows" / "example.toml").rename(tmp_path / "flows" / "Example.toml")
    ((message, _),) = hints(tmp_path)
    assert message == "'Example' cannot name a flow"


def test_a_guide_without_its_words_is_one_problem_for_each_language(tmp_path):
    """And words without a guide too."""
    one_guide(tmp_path)
    (tmp_path / "flows" / "other.toml").write_text(PLAIN, encoding="utf-8")
    assert [message for message, _ in hints(tmp_path)] == ["no words at all in 'vi'", "no words at all in 'en'"]
    (tmp_path / "flows" / "other.toml").unlink()
    (tmp_path / "flows" / "example.toml").unlink()
    assert [message for message, _ in hints(tmp_path)] == ["there is no flow 'example'"] * 2


def test_a_guide_keeps_working_without_its_suggestion(tmp_path):
    """A missing suggestion is a warning, so that the guide stays in service."""
    problems = check(one_guide(tmp_path, PLAIN + 'suggest = "exampel"\n'), today=TODAY)
    assert [(each.is_error, each.hint) for each in problems] == [(False, "did you mean 'example'?")]


def test_words_are_composed():
    """The lists of words inside the checker are in the composed form themselves."""
    for path in (ROOT / "bot" / "flow").rglob("*.py"):
        assert unicodedata.is_normalized("NFC", path.read_text("utf-8")), path
