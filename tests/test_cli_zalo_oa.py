"""`bot zalo login`, `bot zalo probe` and the doctor's words on an official account, against the double."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.service.quota import Plan, Quota
from bot.store import tokens
from bot.store.database import open_database
from bot.store.windows import Windows
from tests.channel.zalo_oa import DAY, pair_of
from tests.kit.process import called, environment
from tests.kit.shell import make_root
from tests.kit.zalo_oa import APP, APP_SECRET, OA_SECRET, ZaloOaDouble


@pytest.fixture
def root(tmp_path):
    """A small house."""
    return make_root(tmp_path / "house")


@pytest.fixture
def database(tmp_path):
    """Where the keys are kept."""
    return f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"


def about(double, database):
    """The variables of a bot that is to talk with the double."""
    return {
        "ZALO_OA_APP_ID": APP,
        "ZALO_OA_APP_SECRET": APP_SECRET,
        "ZALO_OA_SECRET": OA_SECRET,
        "ZALO_OA_API": double.url,
        "ZALO_OA_OAUTH": double.url,
        "ZALO_OA_WEBHOOK": "https://bot.example/oa",
        "CAM_TAY_PUBLIC_URL": "https://bot.example",
        "CAM_TAY_DATABASE": database,
    }


async def run(root, *words, double, database, **more):
    """A command that is to talk with the double."""
    return await asyncio.to_thread(called, root, *words, **{**about(double, database), **more})


async def keep(database, pair):
    """Somebody has logged in."""
    opened = await open_database(database)
    async with opened.write() as connection:
        await tokens.keep(connection, f"zalo_oa:{APP}", pair)
    return opened


def log_in(root, double, database, answer):
    """`bot zalo login`; `answer` makes the address that is pasted from the address to open."""
    words = [sys.executable, "-m", "bot", "zalo", "login"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=root, env=environment(root, **about(double, database)), **pipes) as process:
        said = ""
        while "/v4/oa/permission" not in said:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            said += line
        address = re.search(r"http\S+/v4/oa/permission\S+", said)[0]
        out, err = process.communicate(answer(address) + "\n", timeout=60)
        return process.returncode, said + out, err


async def test_an_operator_is_walked_through_the_login(root, database):
    """Console, consent, the address one comes back to: the tokens are kept, and the account answers."""
    async with ZaloOaDouble() as double:

        def consents(address):
            asked = parse_qs(urlsplit(address).query)
            assert asked["redirect_uri"] == ["https://bot.example/"]
            code = double.consents(asked["code_challenge"][0])
            return f"https://bot.example/?code={code}&oa_id=5&state={asked['state'][0]}"

        code, said, err = await asyncio.to_thread(log_in, root, double, database, consents)
        assert code == 0, said + err
        assert "developers.zalo.me" in said
        assert "The tokens are kept. The account: ok: Cầm Tay" in said
        opened = await open_database(database)
        async with opened.read() as connection:
            pair = await tokens.find(connection, f"zalo_oa:{APP}")
        await opened.close()
        assert (pair.access, pair.refresh) == (double.access, double.refresh)
        for secret in (APP_SECRET, double.access, double.refresh):
            assert secret not in said + err
        assert double.violations == []


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("https://bot.example/?code=code-1&state=another", "belongs to another login"),
        ("https://bot.example/?error=1", "has no code"),
        ("", "has no code"),
        ("code-nobody-gave", "No tokens"),
    ],
)
async def test_a_login_that_fails_says_why(root, database, pasted, words):
    """1, and nothing is kept."""
    async with ZaloOaDouble() as double:
        done = await run(root, "zalo", "login", double=double, database=database, typed=f"{pasted or '?'}\n")
        assert (done.returncode, words in done.stderr) == (1, True), done.stdout + done.stderr
    assert APP_SECRET not in done.stdout + done.stderr


async def test_without_settings_it_says_which(root):
    """3, with the names."""
    done = await asyncio.to_thread(called, root, "zalo", "login")
    assert (done.returncode, "ZALO_OA_APP_ID" in done.stderr) == (3, True)
    more = {"ZALO_OA_APP_ID": APP, "ZALO_OA_APP_SECRET": APP_SECRET}
    done = await asyncio.to_thread(called, root, "zalo", "login", **more)
    assert (done.returncode, "--callback" in done.stderr) == (3, True)


async def test_the_probe_finds_out_how_this_account_behaves(root, database):
    """Every question has its answer; who writes while it waits gets the messages."""
    async with ZaloOaDouble(together=False, letters=True) as double:
        opened = await keep(database, pair_of(double))
        person = double.person("a", started=True)
        probing = asyncio.create_task(
            run(root, "zalo", "probe", "--wait", "20", "--json", double=double, database=database)
        )
        await double.until(lambda: len(double.calls) >= 2, within=20)
        await asyncio.sleep(0.5)
        await Windows(opened, "zalo_oa").open("a", int(person.acted_at) + 60_000)
        done = await probing
        await opened.close()
        assert done.returncode == 0, done.stderr
        answers = {each["question"]: each["answer"] for each in json.loads(done.stdout)}
    assert "Growth" in answers["Is the official account there, and of which kind?"]
    assert answers["Are calls taken without appsecret_proof (setting 'zalo_oa.proof')?"] == "yes"
    assert "'quota_type': 'reply'" in answers["What does an answer say of the plan?"]
    assert answers["Are 2000 characters taken?"] == "taken: yes"
    assert answers["Are 2001 characters refused?"].startswith("taken: no: -210")
    assert answers["Does an emoji count once (1001 emoji)?"] == "taken: yes"
    assert (answers["Are 5 buttons taken?"], answers["Are 6 buttons taken?"][:14]) == ("taken: yes", "taken: no: -20")
    (together,) = [answer for question, answer in answers.items() if "in one message" in question]
    assert together.startswith("no: -201")
    assert answers["Is “v2.0/oa/message” open (setting 'zalo_oa.message')?"].startswith("setup: -240")
    assert answers["Is there a template for lists (the bot uses none)?"].startswith("no: -201")
    assert double.access not in done.stdout + done.stderr


async def test_the_probe_without_a_login_or_a_writer(root, database):
    """1 when the account says nothing; what nobody made possible stays open."""
    async with ZaloOaDouble() as double:
        done = await run(root, "zalo", "probe", double=double, database=database)
        assert (done.returncode, "bot zalo login" in done.stdout) == (1, True)
        await (await keep(database, pair_of(double))).close()
        done = await run(root, "zalo", "probe", "--wait", "0", double=double, database=database)
        assert (done.returncode, "open: nobody wrote" in done.stdout) == (0, True)


async def test_the_doctor_tells_of_the_account_the_keys_and_the_plan(root, database):
    """Off; not joined; joined, with what is used; keys near their end; access that was taken back."""
    done = await asyncio.to_thread(called, root, "doctor")
    assert "· zalo oa: off: ZALO_OA_APP_ID" in done.stdout
    async with ZaloOaDouble() as double:
        done = await run(root, "doctor", double=double, database=database)
        assert "✗ zalo oa: nobody has given this bot access" in done.stdout
        opened = await keep(database, pair_of(double))
        quota = Quota(opened, "zalo_oa", Plan())
        for _ in range(400):
            quota.sent()
        await quota.flush()
        done = await run(root, "doctor", double=double, database=database, ZALO_OA_WEBHOOK="")
        assert "✓ zalo oa: ok: Cầm Tay" in done.stdout
        assert "✓ zalo oa: the tokens can be renewed for 89 days" in done.stdout
        assert "✗ zalo oa: hears nothing: setting 'zalo_oa.webhook'" in done.stdout
        assert "· zalo oa plan: 400 of 500 messages this month" in done.stdout
        soon = pair_of(double)
        async with opened.write() as connection:
            near = soon.renewed_at + 20 * DAY
            pair = pair_of(double, refresh_until=near)
            await tokens.keep(connection, f"zalo_oa:{APP}", pair)
        done = await run(root, "doctor", double=double, database=database)
        assert "· zalo oa: the tokens can be renewed for 19 days: bot zalo login" in done.stdout
        double.revoke()
        done = await run(root, "doctor", double=double, database=database)
        assert "✗ zalo oa: Zalo gives no tokens (-14014 Invalid refresh token): bot zalo login" in done.stdout
        await opened.close()
        assert APP_SECRET not in done.stdout
