"""`bot team link` and `bot team counts`: a link for a poster, and what came of a team's links."""

from __future__ import annotations

import json

import pytest

from bot.cli.people.links import table
from bot.people.link import Kind
from bot.store.links import Counted
from tests.kit.process import called
from tests.kit.shell import a_bot, make_root
from tests.kit.teams import make_team


@pytest.fixture
async def root(tmp_path):
    """A house with a team."""
    made = make_root(tmp_path / "house")
    async with a_bot(made) as bot:
        await make_team(bot)
    return made


def ran(root, *words, code=0):
    """The command's end."""
    url = {"CAM_TAY_DATABASE": f"sqlite+aiosqlite:///{root / 'data' / 'bot.db'}"}
    done = called(root, *words, **url, CAM_TAY_PUBLIC_URL="https://bot.example")
    assert done.returncode == code, done.stdout + done.stderr
    return done


async def test_a_link_for_a_poster_is_counted(root):
    """Printed, scanned by six people, told; what one of them alone did is not."""
    link = json.loads(ran(root, "team", "link", "doan-xa", "rice", "--json").stdout)
    assert link["link"] == f"https://bot.example/go/{link['code']}"
    async with a_bot(root) as bot:
        for chat in map(str, range(1, 7)):
            await bot.says(chat, f"/start {link['code']}")
        await bot.taps("1", "✅ Xong rồi")
    told = json.loads(
        ran(root, "team", "counts", "doan-xa", "--from", "2040-05-01", "--to", "2040-05-31", "--json").stdout
    )
    assert told["links"] == [
        {"guide": "rice", "kind": "paper", "opened": 6, "started": None, "stuck": 0, "finished": 0}
    ]
    shown = ran(root, "team", "counts", "doan-xa", "--from", "2040-05-07", "--to", "2040-05-07").stdout
    assert shown.splitlines()[1].split() == ["rice", "paper", "6", "<5", "0", "0"]
    assert ran(root, "team", "counts", "doan-xa").stdout.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("team", "link", "no-team", "rice"),
        ("team", "link", "doan-xa", "no-guide"),
        ("team", "link", "doan-xa", "Rice!"),
        ("team", "link", "doan-xa", "rice", "--kind", "tattoo"),
        ("team", "counts", "no-team"),
        ("team", "counts", "doan-xa", "--from", "yesterday"),
    ],
)
async def test_what_is_not_there_is_said(root, words):
    """In a sentence, and nothing is made."""
    assert ran(root, *words, code=2).stderr


def test_days_are_added_before_anything_is_hidden():
    """Three on one day and three on the next are six, which may be told."""
    rows = [Counted(day, "rice", Kind.SEND, "opened", 3) for day in ("2040-05-07", "2040-05-08")]
    assert table(rows) == [{"guide": "rice", "kind": "send", "opened": 6, "started": 0, "stuck": 0, "finished": 0}]
