"""`bot doctor`: what would keep the bot from starting is bad, in one sentence."""

from __future__ import annotations

import pytest

from tests.kit.process import called, command
from tests.kit.shell import make_root


@pytest.fixture
def root(tmp_path):
    """A small house."""
    return make_root(tmp_path / "house")


def test_a_database_folder_that_cannot_be_made_is_bad(root, tmp_path):
    """There is a file in its place."""
    (tmp_path / "letter").write_text("dear grandmother")
    done = called(root, "doctor", CAM_TAY_DATABASE=f"sqlite+aiosqlite:///{tmp_path}/letter/below/bot.db")
    assert done.returncode == 1
    assert f"✗ database: {tmp_path}/letter/below cannot be made: {tmp_path}/letter is a file\n" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(("below", "words"), [("bot.db", " cannot be written"), ("new/bot.db", "/new cannot be made")])
def test_a_database_folder_that_cannot_be_written_is_bad(root, tmp_path, below, words):
    """Whether it is there or would have to be made."""
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o555)
    done = command(root, "doctor", powerless=True, CAM_TAY_DATABASE=f"sqlite+aiosqlite:///{shut}/{below}")
    assert done.returncode == 1
    assert f"✗ database: {shut}{words}" in done.stdout
    assert list(shut.iterdir()) == []


def test_a_folder_that_is_not_there_is_one_sentence(root):
    """No traceback, nothing else looked at."""
    done = called(root, "doctor", CAM_TAY_ROOT="/nonexistent")
    assert (done.returncode, done.stdout, done.stderr) == (1, "✗ settings: there is no folder /nonexistent\n", "")
