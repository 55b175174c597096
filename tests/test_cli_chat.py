"""`bot chat` for editors: a recording can be played again, a script says where it went astray, a wrong call is told."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from bot.channel.talk_file import parse, write
from bot.config import Config
from bot.service.reload import open_house
from tests.kit.process import called, environment
from tests.kit.shell import make_root
from tests.kit.talk import play

WAY = "trà xanh\nxong\n3\nông Ba\n"


@pytest.fixture
def root(tmp_path):
    """A small house."""
    return make_root(tmp_path / "house")


def chat(root, *words, typed="", **more):
    """`bot chat` with these lines typed into it."""
    return called(root, "chat", *words, typed=typed, **more)


def as_tested(root, text):
    """The talk as the tests of talks write it down, and what is not as it says."""
    config = Config(root=root, database="")
    house, _ = open_house(config)
    played = play(house, parse(text))
    return write(played.entries), played.faults


@pytest.mark.parametrize(
    ("words", "typed", "last"),
    [
        (["tea"], WAY, "= end done"),
        (["tea"], "trà xanh\n", "= boil"),
        (["tea", "--language", "en"], "1\n\nxin chào\n", "= boil"),
        ([], "", "= home"),
        (["tea"], "trà xanh\nvề đầu\n", "= home"),
    ],
)
def test_a_recording_passes_the_test_of_talks(root, tmp_path, words, typed, last):
    """It begins as somebody new, whoever talked here before, and ends by saying where the person stands."""
    assert chat(root, "rice", typed="xong\n").returncode == 0
    path = tmp_path / "a.talk"
    done = chat(root, *words, "--record", str(path), typed=typed)
    assert done.returncode == 0, done.stderr
    text = path.read_text("utf-8")
    assert text.splitlines()[-1] == last
    assert as_tested(root, text) == (text, [])


def test_a_recording_is_kept_when_the_talk_is_broken_off(root, tmp_path):
    """Ctrl-C ends the talk at once and writes what was said."""
    path = tmp_path / "a.talk"
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "chat", "tea", "--record", str(path)],
        cwd=root,
        env=environment(root),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            process.stdin.write("trà xanh\n")
            process.stdin.flush()
            while "Đun nước" not in (line := process.stdout.readline()):
                assert line, process.stderr.read()
            for _ in range(5):  # the buttons: the bot has said its part
                process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(15) == 0
        finally:
            process.kill()
    text = path.read_text("utf-8")
    assert text.splitlines()[-1] == "= boil"
    assert as_tested(root, text) == (text, [])


def test_nothing_is_overwritten(root, tmp_path):
    """A file that is there stays as it is, and nobody talks in vain."""
    path = tmp_path / "a.talk"
    path.write_text("precious")
    done = chat(root, "tea", "--record", str(path), typed=WAY)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        f"{path} exists already; nothing is overwritten.\n",
    )
    assert path.read_text() == "precious"


def test_a_recording_needs_its_folder(root, tmp_path):
    """Told before the talk, not after it."""
    done = chat(root, "tea", "--record", str(tmp_path / "no" / "a.talk"), typed=WAY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


def test_a_wrong_call_leaves_no_recording_behind(root, tmp_path):
    """A guide that is not there is told before a file is made."""
    path = tmp_path / "a.talk"
    assert chat(root, "tee", "--record", str(path)).returncode == 2
    assert not path.exists()


def test_script_and_record_are_two_things(root, tmp_path):
    """One sentence, and no file."""
    done = chat(root, "--script", str(tmp_path / "a"), "--record", str(tmp_path / "b"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        ("> /start tea\n= kind\n* Trà xanh\n= boil\n* Xong rồi\n= cups\n", 0, ""),
        ("= home\n> /start tea\n= kind\n> xong\n= kind\n", 0, ""),
        ("> /start tea\n= boil\n", 1, "line 2: stands at 'kind', not at 'boil'\n"),
        ("> /start tea\n* Trà xanh\n~ 1 day\n= end done\n", 1, "line 4: stands at 'end later', not at 'end done'\n"),
        ("> /start tea\n< nobody says this\n", 0, ""),
    ],
)
def test_a_script_says_where_it_went_astray(root, tmp_path, lines, code, said):
    """Its `=` lines are compared; what the bot says is compared by the tests alone."""
    path = tmp_path / "a.talk"
    path.write_text(lines, encoding="utf-8")
    done = chat(root, "--script", str(path))
    assert (done.returncode, done.stderr) == (code, said)


def test_help_says_what_a_script_compares(root):
    """So that nobody trusts it with more."""
    said = " ".join(called(root, "chat", "--help").stdout.split())
    assert "= lines are compared" in said


def test_a_folder_that_is_no_house_is_told(tmp_path):
    """One sentence, exit code 3."""
    done = chat(tmp_path, CAM_TAY_ROOT="/nonexistent")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "No guide in /nonexistent/flows can be put into service: see 'bot check'.\n"
