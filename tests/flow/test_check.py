"""The checker, by examples that state their own expectation."""

from __future__ import annotations

import random
import re
import shutil
import unicodedata
from pathlib import Path

import pytest

from bot.flow.check import check
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
    assert {"E030", "E043"} <= {problem.code for problem in check(tmp_path, today=TODAY)}


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path):
    """A folder with the name of a file, or a file that nobody may read, is reported and no more."""
    (tmp_path / "flows" / "one.toml").mkdir(parents=True)
    assert [problem.code for problem in check(tmp_path, today=TODAY)] == ["E003"]


@pytest.mark.parametrize("seed", range(25))
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


def test_words_are_composed():
    """The lists of words inside the checker are in the composed form themselves."""
    for path in (ROOT / "bot" / "flow").rglob("*.py"):
        assert unicodedata.is_normalized("NFC", path.read_text("utf-8")), path
