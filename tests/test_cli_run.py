"""`bot run` for operators: everything that can be wrong at the start is one clear sentence and exit code 3."""

from __future__ import annotations

import shutil
import signal
import socket
import sqlite3
import time
import urllib.request
from contextlib import closing

import pytest

from tests.kit.process import bot_run, called, command
from tests.kit.ready import with_tables
from tests.kit.shell import make_root

GARBAGE = b"this is no database but a letter to grandmother\n" * 200


@pytest.fixture
def root(tmp_path):
    """A small house."""
    return make_root(tmp_path / "house")


def _url(path):
    return f"sqlite+aiosqlite:///{path}"


def _refused(done, *words):
    """Exit code 3, no traceback, nothing on standard output, and a sentence with these words."""
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for word in words:
        assert word in done.stderr, done.stderr


def test_a_faulty_settings_file(root):
    """All faults with file, line, column and hint."""
    (root / "bot.toml").write_text('operater = "x"\n[web]\nport = "abc"\n[keep\n')
    _refused(
        called(root, "run"),
        "bot.toml:1:1: E201 unknown setting 'operater'",
        "did you mean 'operator'?",
        "bot.toml:3:1: E202 the setting 'web.port' must be",
        "bot.toml:4:",
    )


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"CAM_TAY_PORT": "many"}, ("CAM_TAY_PORT", "a number from 0 to 65535")),
        ({"TELEGRAM_WEBHOOK": "https://x.example/h"}, ("'telegram.webhook' needs a secret", "TELEGRAM_SECRET")),
        ({"TELEGRAM_SECRET": "a b"}, ("TELEGRAM_SECRET must be",)),
    ],
)
def test_settings_that_cannot_be(root, environment, words):
    """The variable or setting is named before anything is opened."""
    _refused(called(root, "run", **environment), *words)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"CAM_TAY_DATABASE": "nonsense"}, ("'database' is no database address",)),
        ({"CAM_TAY_DATABASE": "sqlite:////tmp/x.db"}, ("'database' is no database address",)),
        ({"CAM_TAY_DATABASE": "mysql://u:hush@h/x"}, ("'database' is no database address: h/x",)),
        ({"CAM_TAY_HOST": "nowhere.invalid"}, ("Cannot listen on nowhere.invalid", "setting 'web.host'")),
        ({"CAM_TAY_HOST": "192.0.2.1"}, ("Cannot listen on 192.0.2.1", "setting 'web.host'")),
    ],
)
def test_wrong_values_in_the_environment(root, environment, words):
    """The variable or setting is named; a password in an address is not shown."""
    done = command(root, "run", **environment)
    _refused(done, *words)
    assert "hush" not in done.stderr


def test_no_guides_at_all(tmp_path):
    """A wrong folder, an empty one, one without words, one with only faulty guides."""
    _refused(called(tmp_path, "run", CAM_TAY_ROOT=str(tmp_path / "nowhere")), "No guide in", "bot check")
    (tmp_path / "flows").mkdir()
    (tmp_path / "content").mkdir()
    _refused(called(tmp_path, "run"), "No guide in")
    (tmp_path / "flows" / "tea.toml").write_text("start = \n")
    _refused(called(tmp_path, "run"), "No guide in", "tea.toml:1:")


def test_a_busy_port(root):
    """Another program listens there: said, with the way out."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        _refused(command(root, "run", CAM_TAY_PORT=port), f"Cannot listen on 127.0.0.1:{port}", "web.port")


def test_a_damaged_database_file(root, tmp_path):
    """Nothing is written to it, and the way out is named."""
    path = tmp_path / "bad.db"
    path.write_bytes(GARBAGE)
    _refused(command(root, "run", CAM_TAY_DATABASE=_url(path)), "damaged", "bot db restore", "'database'")
    assert path.read_bytes() == GARBAGE


def test_a_database_where_none_can_be(root, tmp_path):
    """A folder, or a path below a file."""
    _refused(command(root, "run", CAM_TAY_DATABASE=_url(tmp_path)), "cannot be opened", "'database'")
    _refused(
        command(root, "run", CAM_TAY_DATABASE=_url(root / "flows" / "tea.toml" / "x.db")), "cannot make the folder"
    )


def test_a_database_or_folder_that_may_not_be_written(root, tmp_path):
    """File rights in the way: which file, and what to check."""
    folder = tmp_path / "rights"
    folder.mkdir()
    with_tables(_url(folder / "ours.db"))
    (folder / "ours.db").chmod(0o444)
    folder.chmod(0o555)
    try:
        done = command(root, "run", powerless=True, CAM_TAY_DATABASE=_url(folder / "ours.db"))
        _refused(done, "ours.db", "check the", "rights", "'database'")
        done = command(root, "run", powerless=True, CAM_TAY_DATABASE=_url(folder / "new.db"))
        _refused(done, "new.db", "check the path and the rights", "'database'")
        done = command(root, "run", powerless=True, CAM_TAY_DATABASE=_url(folder / "sub" / "new.db"))
        _refused(done, "cannot make the folder", "'database'")
    finally:
        folder.chmod(0o755)


def test_a_newer_schema_is_refused_and_left_alone(root, tmp_path):
    """A database of a newer bot: its schema is named, nothing is changed."""
    path = tmp_path / "newer.db"
    with_tables(_url(path))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = path.read_bytes()
    _refused(command(root, "run", CAM_TAY_DATABASE=_url(path)), "schema 9999", "newer bot")
    assert path.read_bytes() == before


def test_a_database_that_refuses_what_a_start_writes(root, tmp_path):
    """It opens, but a table is not as it should be: a sentence, no traceback."""
    path = tmp_path / "bot.db"
    with_tables(_url(path))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE button")
        connection.commit()
    _refused(command(root, "run", CAM_TAY_DATABASE=_url(path)), "bot.db", "no such table: button", "'database'")


def test_a_database_of_something_else_is_left_alone(root, tmp_path):
    """Tables that are not ours: no tables of ours are put beside them."""
    path = tmp_path / "books.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE books (title)")
        connection.commit()
    _refused(command(root, "run", CAM_TAY_DATABASE=_url(path)), "tables of something else", "books")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("books",)]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_ends_with_zero(root, tmp_path, how):
    """A stop is no fault: exit code 0, no traceback, nothing left to be sent."""
    path = tmp_path / "bot.db"
    with bot_run(root, CAM_TAY_DATABASE=_url(path)) as bot:
        _write(bot.url, "pha trà")
        assert bot.stop(how) == 0
        assert "Traceback" not in bot.log
        assert "stopping" in bot.log
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM chat").fetchone() == (1,)


def test_a_second_start_on_the_same_port_says_so_and_the_first_loses_nothing(root, tmp_path):
    """Two starts by mistake: the second ends with a sentence, the first goes on serving."""
    path = tmp_path / "bot.db"
    with bot_run(root, CAM_TAY_DATABASE=_url(path)) as bot:
        _write(bot.url, "pha trà")
        port = bot.url.rpartition(":")[2].strip("/")
        done = command(root, "run", CAM_TAY_PORT=port, CAM_TAY_DATABASE=_url(path))
        _refused(done, f"Cannot listen on 127.0.0.1:{port}", "Is the bot running already?")
        _write(bot.url, "nấu cơm")
        assert urllib.request.urlopen(bot.url + "/health").status == 200
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM chat").fetchone() == (2,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_second_bot_on_the_same_database_is_refused(root, tmp_path):
    """On another port as well: both would send everything. A first one that was killed stands in nobody's way."""
    ours = _url(tmp_path / "bot.db")
    with bot_run(root, CAM_TAY_DATABASE=ours) as bot:
        _refused(command(root, "run", CAM_TAY_DATABASE=ours), "another bot uses this database (setting 'database')")
        assert urllib.request.urlopen(bot.url + "/health").status == 200
        bot.stop(signal.SIGKILL)
        with bot_run(root, CAM_TAY_DATABASE=ours) as next_one:
            assert urllib.request.urlopen(next_one.url + "/health").status == 200
    with bot_run(root, CAM_TAY_DATABASE="sqlite+aiosqlite:///:memory:"), bot_run(root, CAM_TAY_DATABASE=ours):
        pass


def test_a_telegram_that_cannot_be_reached_is_named_with_its_setting(root, tmp_path):
    """The operator reads which host was tried and where it is set; the web chat goes on."""
    token = "12345678:" + "A" * 35
    about = {"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_API": "http://127.0.0.1:9"}
    with bot_run(root, CAM_TAY_DATABASE=_url(tmp_path / "bot.db"), **about) as bot:
        for _ in range(100):
            if "cannot be reached" in bot.log:
                break
            time.sleep(0.05)
        _write(bot.url, "pha trà")
    assert "Telegram cannot be reached at http://127.0.0.1:9 (setting TELEGRAM_API), trying on" in bot.log
    assert token not in bot.log


def test_one_faulty_guide_does_not_keep_the_others_from_being_served(root, tmp_path):
    """Its problem is shown at the start, with file and line; the rest runs."""
    guide = root / "flows" / "tea.toml"
    guide.write_text(guide.read_text().replace('next = "ready"', 'next = "nowhere"'))
    with bot_run(root, CAM_TAY_DATABASE=_url(tmp_path / "bot.db")) as bot:
        page = urllib.request.urlopen(bot.url + "/").read().decode()
        assert "Pha trà" not in page
    assert "flows/tea.toml:" in bot.log
    assert "there is no step 'nowhere'" in bot.log


def test_the_doctor_says_what_is_wrong_and_changes_nothing(root, tmp_path):
    """Sound: exit code 0. A damaged file and faulty settings: named, exit code 1. No database yet: none is made."""
    path = tmp_path / "bot.db"
    done = called(root, "doctor", CAM_TAY_DATABASE=_url(path))
    assert done.returncode == 0, done.stdout
    assert "database: there is none yet" in done.stdout
    assert not path.exists()
    path.write_bytes(GARBAGE)
    (root / "bot.toml").write_text("port = 7\n")
    done = called(root, "doctor", CAM_TAY_DATABASE=_url(path))
    assert done.returncode == 1
    assert "damaged" in done.stdout
    assert "bot.toml:1: unknown setting 'port'" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_doctor_names_guides_whose_review_is_over(root, tmp_path):
    """Stale is what an operator should look at next."""
    guide = root / "flows" / "tea.toml"
    guide.write_text(guide.read_text().replace("review_by = 2090-01-01", "review_by = 2026-10-01"))
    done = called(root, "doctor", "--json", CAM_TAY_DATABASE=_url(tmp_path / "bot.db"))
    assert '"what": "stale"' in done.stdout
    assert "tea.toml" in done.stdout


def _write(url, text):
    """One message by the form of the web chat, as somebody new."""
    jar = urllib.request.HTTPCookieProcessor()
    browser = urllib.request.build_opener(jar)
    page = browser.open(f"{url}/").read().decode()
    from html.parser import HTMLParser
    from urllib.parse import urlencode

    fields: dict[str, str] = {}

    class Form(HTMLParser):
        def handle_starttag(self, tag, attrs):
            about = dict(attrs)
            if tag == "input" and about.get("type") == "hidden" and about.get("name"):
                fields[about["name"]] = about.get("value") or ""

    Form().feed(page)
    browser.addheaders.append(("Origin", url))
    browser.open(f"{url}/", urlencode({**fields, "text": text}).encode())


def test_the_folder_of_a_checkout_stays_clean(root, tmp_path):
    """A run writes below its data folder and nowhere else."""
    before = {path.relative_to(root) for path in root.rglob("*")}
    with bot_run(root):
        pass
    new = {path.relative_to(root).parts[0] for path in root.rglob("*")} - {path.parts[0] for path in before}
    assert new == {"data"}
    shutil.rmtree(root / "data")
