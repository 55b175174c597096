"""`bot admin`: the first admin comes in by a link; roles are told, taken away, and their use is read back."""

from __future__ import annotations

import asyncio
import json
import re
import shutil

import pytest

from bot.people.invitation import Outcome
from bot.people.role import Grant, Right, Role
from bot.service import invitations as desk
from bot.service import rights
from bot.store.database import open_database
from tests.kit.process import called, command
from tests.kit.shell import make_root
from tests.kit.telegram import TelegramDouble
from tests.test_cli_team import HEADER, REPOSITORY

NOW = 1_900_000_000_000


@pytest.fixture
def root(tmp_path):
    """A small house with a team."""
    made = make_root(tmp_path / "house")
    shutil.copytree(REPOSITORY / "places", made / "places")
    (made / "teams.csv").write_text(f"{HEADER}a1,Đội một,youth,Xã Kiên Thọ\n", encoding="utf-8")
    return made


def _url(root):
    return f"sqlite+aiosqlite:///{root / 'data' / 'bot.db'}"


def _ran(root, *words, code=0, **more):
    done = called(root, *words, **{"CAM_TAY_DATABASE": _url(root), **more})
    assert done.returncode == code, done.stdout + done.stderr
    return done


def _token(text):
    return re.search(r"^/start ([A-Za-z0-9_-]{1,64})$", text, re.MULTILINE)[1]


def _in_chat(url, work):
    """What happens in the chat, in one transaction as there."""

    async def run():
        database = await open_database(url)
        async with database.batch() as batch:
            done = await work(batch)
        await database.close()
        return done

    return asyncio.run(run())


def test_the_first_admin_comes_in_and_goes(root, database_url):
    """Invited at the machine, taken in the chat, listed, revoked: gone at once; all of it can be read back."""
    url = {"CAM_TAY_DATABASE": database_url}
    assert "bot admin invite" in _ran(root, "admin", "list", **url).stderr
    made = _ran(root, "admin", "invite", **url)
    token = _token(made.stdout)
    assert f"/go/{token}\n" in made.stdout
    assert "once" in made.stderr
    told = json.loads(_ran(root, "admin", "list", "--json", **url).stdout)
    assert [each["role"] for each in told["invitations"]] == ["admin"]
    assert token not in json.dumps(told)
    me = "telegram:7/1"
    taken, _ = _in_chat(database_url, lambda batch: desk.accept(batch, token, me, 1))
    assert taken is Outcome.ACCEPTED
    told = json.loads(_ran(root, "admin", "list", "--json", **url).stdout)
    assert [(each["person"], each["role"], each["given_by"]) for each in told["roles"]] == [(me, "admin", "operator")]
    assert told["invitations"] == []
    assert me in _ran(root, "admin", "list", **url).stdout
    assert _ran(root, "admin", "revoke", me, **url).stdout == "admin\n"
    assert "holds no such role" in _ran(root, "admin", "revoke", me, code=2, **url).stderr
    may = _in_chat(database_url, lambda batch: rights.use(batch, me, Right.MAKE_TEAM, NOW, place="thanh-hoa"))
    assert not may
    log = json.loads(_ran(root, "admin", "audit", "--json", **url).stdout)
    assert [(line["who"], line["right"], line["allowed"]) for line in log] == [
        (me, "make_team", False),
        ("operator", "revoke_admin", True),
        ("operator", "invite_admin", True),
        (me, "accept", True),
    ]
    assert [
        line["right"] for line in json.loads(_ran(root, "admin", "audit", "--who", me, "--json", **url).stdout)
    ] == [
        "make_team",
        "accept",
    ]
    assert "REFUSED" in _ran(root, "admin", "audit", "--place", "tỉnh Thanh Hóa", **url).stdout
    assert "no place" in _ran(root, "admin", "audit", "--place", "Hà Nội", code=2, **url).stderr


def test_any_role_is_given_for_what_it_needs(root):
    """A team for leads, a place for commune admins, nothing for admins; each wrong call is one sentence."""
    _ran(root, "team", "import", str(root / "teams.csv"))
    for words in (
        ("--role", "lead", "--team", "a1"),
        ("--role", "volunteer", "--team", "a1"),
        ("--role", "commune_admin", "--place", "xã Kiên Thọ"),
        ("--role", "sender", "--place", "thanh-hoa", "--days", "90"),
    ):
        assert _token(_ran(root, "admin", "invite", *words).stdout)
    told = json.loads(_ran(root, "admin", "invite", "--role", "editor", "--place", "thanh-hoa", "--json").stdout)
    assert (told["role"], told["place"]) == ("editor", "thanh-hoa")
    for words, said in (
        (("--role", "chief"), "There is no role 'chief'"),
        (("--role", "lead"), "needs --team"),
        (("--role", "lead", "--place", "thanh-hoa"), "needs --team"),
        (("--role", "lead", "--team", "none"), "no team 'none'"),
        (("--role", "editor"), "needs --place"),
        (("--role", "editor", "--place", "hà nội"), "no place 'hà nội'"),
        (("--role", "editor", "--place", "Ngọc Lặc"), "may be xã Ngọc Lặc (thanh-hoa/ngoc-lac)"),
        (("--place", "thanh-hoa"), "everywhere"),
        (("--days", "0"), "1 to 90 days"),
        (("--days", "91"), "1 to 90 days"),
    ):
        assert said in _ran(root, "admin", "invite", *words, code=2).stderr
    invited = json.loads(_ran(root, "admin", "list", "--json", "--place", "thanh-hoa/kien-tho").stdout)["invitations"]
    assert [each["role"] for each in invited] == ["commune_admin"]
    assert len(_ran(root, "admin", "list", "--team", "a1").stdout.splitlines()) == 2
    assert "no role" in _ran(root, "admin", "list", "--role", "chief", code=2).stderr


def test_an_invitation_is_taken_back_by_its_token(root):
    """Before anybody has used it; then the link says so."""
    token = _token(_ran(root, "admin", "invite").stdout)
    _ran(root, "admin", "revoke", token)
    assert "No invitation" in _ran(root, "admin", "revoke", token, code=2).stderr
    outcome, grant = _in_chat(_url(root), lambda batch: desk.accept(batch, token, "web:x/1", 1))
    assert (outcome, grant) == (Outcome.WITHDRAWN, Grant(Role.ADMIN))


def test_one_role_of_several_is_taken(root):
    """The others stay."""
    _ran(root, "team", "import", str(root / "teams.csv"))
    for words in (("--role", "lead", "--team", "a1"), ("--role", "editor", "--place", "thanh-hoa")):
        token = _token(_ran(root, "admin", "invite", *words).stdout)
        assert (
            _in_chat(_url(root), lambda batch, token=token: desk.accept(batch, token, "web:x/1", 1))[0]
            is Outcome.ACCEPTED
        )
    assert _ran(root, "admin", "revoke", "web:x/1", "--role", "lead").stdout == "lead a1 thanh-hoa/kien-tho\n"
    _ran(root, "admin", "revoke", "web:x/1", "--role", "chief", code=2)
    assert [each["role"] for each in json.loads(_ran(root, "admin", "list", "--json").stdout)["roles"]] == ["editor"]


async def test_a_link_for_telegram_where_there_is_telegram(root):
    """With the bot's own name; where it cannot be asked the words to type remain."""
    async with TelegramDouble() as double:
        env = {"CAM_TAY_DATABASE": _url(root), "TELEGRAM_BOT_TOKEN": double.token, "TELEGRAM_API": double.url}
        done = await asyncio.to_thread(command, root, "admin", "invite", **env)
    assert done.returncode == 0, done.stderr
    links = re.findall(r"^https://t\.me/(\w+)\?start=([A-Za-z0-9_-]{1,64})$", done.stdout, re.MULTILINE)
    assert len(links) == 1
    assert links[0][1] == _token(done.stdout)
    done = await asyncio.to_thread(command, root, "admin", "invite", **env)
    assert done.returncode == 0
    assert "No link for Telegram" in done.stderr
    assert _token(done.stdout)
