"""`bot zalo probe` and the doctor's words on Zalo, against the double."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli.doctor import zalo_voice
from bot.config import Config
from bot.voice.provider import find_encoder
from tests.kit.process import called
from tests.kit.shell import make_root
from tests.kit.zalo_bot import ZaloBotDouble

FFMPEG = Path(__file__).parent / "kit" / "ffmpeg.py"


@pytest.fixture
def root(tmp_path):
    """A small house."""
    return make_root(tmp_path / "house")


async def run(root, *words, double, **environment):
    """A command that is to talk with the double."""
    more = {"ZALO_BOT_TOKEN": double.token, "ZALO_BOT_API": double.url, **environment}
    return await asyncio.to_thread(called, root, *words, **more)


@pytest.mark.parametrize(
    ("replays", "units", "again", "emoji"),
    [(True, "utf-16", "yes", "no: 400"), (False, "letters", "no", "yes")],
)
async def test_the_probe_finds_out_how_this_account_behaves(root, replays, units, again, emoji):
    """Every question has its answer, and another account another one."""
    async with ZaloBotDouble(replays=replays, units=units) as double:
        person = double.person("a")
        probing = asyncio.create_task(run(root, "zalo", "probe", "--wait", "20", "--json", double=double))
        await double.until(lambda: len(double.calls_of("getUpdates")) == 1, within=20)
        await asyncio.sleep(0.2)
        await person.says("xin chào")
        done = await probing
        assert done.returncode == 0, done.stderr
        answers = {each["question"]: each["answer"] for each in json.loads(done.stdout)}
        assert answers.pop("Is the token taken, and for which account?").startswith('yes {"id"')
        assert answers["Is an update given out again once it was read?"] == again
        assert answers["Does an emoji count once (1001 emoji)?"].startswith(f"taken: {emoji}")
        assert answers["Are 2000 characters taken?"] == "taken: yes"
        assert answers["Are 2001 characters refused?"].startswith("taken: no: 400")
        assert answers["Are our pictures fetched? Our voices?"].startswith("not asked")
        assert "“Lớn?” is larger" in answers["Are larger letters taken (setting 'zalo_bot.styles')?"]
        assert person.screen[1].large == "Lớn?"
        assert double.token.partition(":")[2] not in done.stdout + done.stderr


async def test_the_probe_asks_whether_our_door_is_open(root, tmp_path):
    """A drawing and a voice note by the address of a bot that does not run: Zalo cannot fetch them."""
    (tmp_path / "bin").mkdir()
    shutil.copy(FFMPEG, tmp_path / "bin" / "ffmpeg")
    (root / "content" / "media" / "tea").mkdir(parents=True)
    (root / "content" / "media" / "tea" / "kettle.svg").write_text("<svg/>")
    more = {"CAM_TAY_PUBLIC_URL": "http://127.0.0.1:1", "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    async with ZaloBotDouble() as double:
        await double.person("a").says("xin chào")
        done = await run(root, "zalo", "probe", "--wait", "20", "--json", double=double, **more)
        answers = {each["question"]: each["answer"] for each in json.loads(done.stdout)}
        assert answers["Are our pictures fetched (the bot has to run)?"].startswith("no: 400")
        assert answers["Is a voice note taken (setting 'zalo_bot.voice')?"].startswith("no: 400")


def test_the_doctor_says_whether_a_voice_is_a_voice_note(root, monkeypatch):
    """By whom it is made; nobody makes it; switched off."""
    config = Config(root=root, database="")
    encoder = find_encoder()
    assert [each.state for each in zalo_voice(config)] == ["ok" if encoder else "note"]
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(sys, "path", [])
    [finding] = zalo_voice(config)
    assert (finding.state, "install the Python package 'av'" in finding.text) == ("note", True)
    assert "'zalo_bot.voice'" in zalo_voice(replace(config, zalo_bot_voice=False))[0].text


async def test_without_a_message_the_rest_is_left_open(root):
    """Nobody wrote in time."""
    async with ZaloBotDouble() as double:
        done = await run(root, "zalo", "probe", "--wait", "0", double=double)
        assert done.returncode == 0
        assert "open: no message came" in done.stdout


async def test_a_webhook_is_not_taken_away(root):
    """The bot may be in service."""
    async with ZaloBotDouble() as double:
        double.webhook = ("https://bot.example/zalo", "12345678")
        done = await run(root, "zalo", "probe", double=double)
        assert "https://bot.example/zalo" in done.stdout
        assert double.webhook
        assert double.calls_of("getUpdates") == []


async def test_without_a_token_or_with_a_wrong_one_it_says_so(root):
    """3 without, 1 with one that is refused."""
    done = await asyncio.to_thread(called, root, "zalo", "probe")
    assert (done.returncode, "ZALO_BOT_TOKEN" in done.stderr) == (3, True)
    async with ZaloBotDouble() as double:
        done = await run(root, "zalo", "probe", double=double, ZALO_BOT_TOKEN="5:wrong")
        assert (done.returncode, "ZALO_BOT_TOKEN" in done.stdout) == (1, True)


async def test_the_doctor_tells_of_the_account_and_the_plan(root, tmp_path):
    """Off; there, with what is used; a wrong token."""
    database = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"
    done = await asyncio.to_thread(called, root, "doctor")
    assert "· zalo bot: off: ZALO_BOT_TOKEN is not set" in done.stdout
    from bot.service.quota import Plan, Quota
    from bot.store.database import open_database

    opened = await open_database(database)
    quota = Quota(opened, "zalo_bot", Plan())
    for _ in range(2400):
        quota.sent()
    await quota.flush()
    await opened.close()
    async with ZaloBotDouble() as double:
        done = await run(root, "doctor", double=double, CAM_TAY_DATABASE=database)
        assert "✓ zalo bot: ok: bot.camtay" in done.stdout
        assert "· zalo bot: pictures are told in words" in done.stdout
        assert "· zalo quota: 2,400 of 3,000 messages this month" in done.stdout
        assert "✓ zalo quota: 0 of 50 people" in done.stdout
        assert " zalo voice: " in done.stdout
        done = await run(root, "doctor", double=double, ZALO_BOT_TOKEN="5:wrong")
        assert "✗ zalo bot: ZALO_BOT_TOKEN is refused" in done.stdout
        assert "wrong" not in done.stdout
