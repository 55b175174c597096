"""`bot meaning` tells how typed questions are understood."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.cli.meaning import read_questions

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands look at the guides of this project."""
    monkeypatch.setenv("CAM_TAY_ROOT", str(ROOT))


def write(path: Path, *lines: str) -> str:
    """A file of questions."""
    path.write_text("text\ttopic\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(path)


def test_marks_as_json(tmp_path: Path) -> None:
    """Shares of all and of each topic, what came instead of what, and chatter."""
    questions = ("quên mk vneid\teid-forgot-password", "quên mk vneid\tvietqr-pay", "cảm ơn cháu\tother-human")
    result = CliRunner().invoke(app, ["meaning", "eval", write(tmp_path / "q.tsv", *questions), "--json"])
    assert result.exit_code == 0
    marks = json.loads(result.stdout)
    assert (marks["questions"], marks["chatter"]) == (3, 1.0)
    assert marks["top1"] == marks["top3"] == pytest.approx(2 / 3)
    assert marks["per_topic"]["eid-forgot-password"] == {"questions": 1, "top1": 1.0, "top3": 1.0}
    assert marks["confused"] == [{"topic": "vietqr-pay", "answer": "open:eid-forgot-password", "questions": 1}]


def test_marks_as_a_table(tmp_path: Path) -> None:
    """A line a topic, with what came instead; the wrong ones on request."""
    questions = write(tmp_path / "q.tsv", "quên mk vneid\tvietqr-pay")
    result = CliRunner().invoke(app, ["meaning", "eval", questions, "--wrong"])
    assert "open:eid-forgot-password 1" in result.stdout
    assert "vietqr-pay: quên mk vneid -> open:eid-forgot-password" in result.stdout


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"text\ttopic\nno topic here\n", "line 2 has no topic behind a tab"),
        (b"text\ttopic\n\teid-register\n", "line 2 has a topic and no text"),
        (b"text\nquen mk vneid\n", "the first line names no column 'topic'"),
        (b"text\ttopic\nqu\xean\teid-register\n", "line 2 is not UTF-8"),
        (b"text\ttopic\n", "it has no questions"),
        (b"", "it has no questions"),
    ],
)
def test_a_file_that_cannot_be_used_is_said(tmp_path: Path, raw: bytes, said: str) -> None:
    """Exit code 2, what is wrong, and in which line; no marks."""
    (tmp_path / "q.tsv").write_bytes(raw)
    result = CliRunner().invoke(app, ["meaning", "eval", str(tmp_path / "q.tsv"), "--json"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert CliRunner().invoke(app, ["meaning", "eval", str(tmp_path / "none.tsv")]).exit_code == 2


@pytest.mark.parametrize(
    "raw",
    [
        b"quen mk\tvietqr-pay\n",
        b"\xef\xbb\xbftext\ttopic\r\n\r\nquen mk\tvietqr-pay\r\n",
        b"from\ttopic\ttext\nweb\tvietqr-pay\tquen mk\n",
        "quen\u2028mk\tvietqr-pay\tmore".encode(),
    ],
)
def test_a_file_may_come_from_elsewhere(tmp_path: Path, raw: bytes) -> None:
    """Without a first line, from a spreadsheet, with other columns, with odd blanks."""
    (tmp_path / "q.tsv").write_bytes(raw)
    (question,) = read_questions(tmp_path / "q.tsv")
    assert (question.text.split(), question.topic) == (["quen", "mk"], "vietqr-pay")


def test_a_topic_of_no_guide_is_said(tmp_path: Path) -> None:
    """Its questions count as wrong, the marks are given all the same."""
    questions = write(tmp_path / "q.tsv", "quên mk vneid\teid-forgot-pasword", "mở thẻ\teid-forgot-pasword")
    result = CliRunner().invoke(app, ["meaning", "eval", questions, "--json"])
    assert (result.exit_code, json.loads(result.stdout)["top1"]) == (0, 0.0)
    assert result.stderr.count("Line 2: no guide has the topic 'eid-forgot-pasword'") == 1
    assert "Did you mean 'eid-forgot-password'?" in result.stderr


def test_why_a_sentence_is_understood_so() -> None:
    """The plain words and what was found by which phrase."""
    result = CliRunner().invoke(app, ["meaning", "why", "quen mk vneid"])
    assert result.exit_code == 0
    assert result.stdout.startswith("plain   quen mật khẩu vneid\n")
    assert "open:eid-forgot-password" in result.stdout
