"""bot.toml and the environment: every fault with its line, defaults for the rest."""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path

import pytest

from bot.config import ENVIRONMENT, SETTINGS, Config, load

REPOSITORY = Path(__file__).parents[1]


def _load(tmp_path, toml="", **environment):
    (tmp_path / "bot.toml").write_text(toml, encoding="utf-8")
    return load(tmp_path, environment)


def _said(problems):
    return [(p.line, p.code, p.message, p.hint) for p in problems]


def test_nothing_configured_is_a_configuration(tmp_path):
    """Every setting has a value that holds without a file; the database lies below the folder."""
    config, problems = load(tmp_path, {})
    assert problems == []
    assert config.database == f"sqlite+aiosqlite:///{tmp_path / 'data' / 'cam-tay.db'}"
    assert (config.host, config.port, config.language) == ("127.0.0.1", 8080, "vi")


def test_the_shipped_file_says_what_holds_anyway():
    """bot.toml of the project has no faults, and a newcomer who deletes it loses nothing."""
    config, problems = load(REPOSITORY, {})
    assert problems == []
    assert config == Config(root=REPOSITORY, database=config.database)


def test_every_setting_can_be_set(tmp_path):
    """One file with all keys."""
    toml = """
database = "sqlite+aiosqlite:////tmp/x.db"
language = "en"
operator = "Chi đoàn xã"
[human]
phone = "024 3333 4444"
hours = "8-17 giờ"
[web]
host = "::1"
port = 0
public_url = "https://bot.example/"
zalo_link = "https://zalo.me/123"
debug = true
[help]
hours = ["08:00-11:30", "13:30-20:00"]
holidays = [2027-02-06]

[report]
columns = ["helped", "calls"]

[reminder]
after = "2 days"
quiet = ["21:00-06:00"]
[broadcast]
a_day = 2
a_week = 0
approve_above = 50
[keep]
messages_days = 7
inbox_days = 2
journal_days = 9
people_days = 400
backups_days = 14
[voice]
provider = "piper"
accent = "south"
models = "voices"
[stop]
drain_seconds = 3
[telegram]
rate = 100
webhook = "https://bot.example/telegram"
[zalo_bot]
webhook = "https://bot.example/zalo"
styles = false
voice = false
people = 500
messages = 0
counts_incoming = false
[zalo_oa]
webhook = "https://bot.example/oa"
oldest = "3 hours"
rate = 2000
paid = true
messages = 2000
silence = "1 day"
by_name = false
together = false
proof = false
message = "v2.0/oa/message"
"""
    config, problems = _load(
        tmp_path, toml, TELEGRAM_SECRET="abc", ZALO_BOT_SECRET="abcdefgh", ZALO_OA_SECRET="abcdefgh"
    )
    assert problems == []
    assert config == Config(
        root=tmp_path,
        database="sqlite+aiosqlite:////tmp/x.db",
        language="en",
        operator="Chi đoàn xã",
        human_phone="024 3333 4444",
        human_hours="8-17 giờ",
        host="::1",
        port=0,
        public_url="https://bot.example",
        zalo_link="https://zalo.me/123",
        debug=True,
        help_hours=((time(8), time(11, 30)), (time(13, 30), time(20))),
        help_holidays=frozenset({date(2027, 2, 6)}),
        report_columns=("helped", "calls"),
        reminder_after=172_800,
        quiet=((time(21), time(6)),),
        tips_a_day=2,
        tips_a_week=0,
        approve_above=50,
        telegram_rate=100,
        keep_messages_days=7,
        keep_inbox_days=2,
        keep_journal_days=9,
        keep_people_days=400,
        keep_backups_days=14,
        voice_provider="piper",
        voice_accent="south",
        voice_models="voices",
        drain_seconds=3,
        telegram_webhook="https://bot.example/telegram",
        telegram_secret="abc",
        zalo_bot_webhook="https://bot.example/zalo",
        zalo_bot_styles=False,
        zalo_bot_voice=False,
        zalo_bot_people=500,
        zalo_bot_messages=0,
        zalo_bot_counts_incoming=False,
        zalo_bot_secret="abcdefgh",
        zalo_oa_webhook="https://bot.example/oa",
        zalo_oa_oldest=3 * 3600,
        zalo_oa_rate=2000,
        zalo_oa_paid=True,
        zalo_oa_messages=2000,
        zalo_oa_silence=86_400,
        zalo_oa_by_name=False,
        zalo_oa_together=False,
        zalo_oa_proof=False,
        zalo_oa_message="v2.0/oa/message",
        zalo_oa_secret="abcdefgh",
    )
    assert config.zalo_oa_window == 7 * 24
    assert set(re.findall(r"^(\w+) =", toml, re.MULTILINE)) == {key.rpartition(".")[2] for key in SETTINGS}


def test_an_unknown_setting_is_named_with_the_one_that_was_meant(tmp_path):
    """With its line and a hint."""
    _, problems = _load(tmp_path, 'operator = "x"\n[web]\nprot = 80\n')
    assert _said(problems) == [(3, "E201", "unknown setting 'web.prot'", "did you mean 'web.port'?")]


@pytest.mark.parametrize(
    ("toml", "line", "wanted"),
    [
        ("[web]\nport = 70000", 2, "a number from 0 to 65535"),
        ("[web]\nport = true", 2, "a number from 0 to 65535"),
        ('[web]\nport = "²"', 2, "a number from 0 to 65535"),
        ("[web]\n\nhost = 7", 3, "a host name or address"),
        ('[web]\npublic_url = "bot.example"', 2, "an address such as https://bot.example"),
        ('[reminder]\nafter = "soon"', 2, 'a duration such as "1 day"'),
        ('[help]\nhours = ["20:00-07:00"]', 2, 'times of day such as ["07:00-21:00"], none past midnight'),
        ('[help]\nholidays = ["2027-02-06"]', 2, "a list of days such as [2027-02-06, 2027-02-07]"),
        ('[reminder]\nquiet = "20:00-07:00"', 2, 'a list of times of day such as ["20:30-07:30"]'),
        ('[reminder]\nquiet = ["25:00-07:00"]', 2, 'a list of times of day such as ["20:30-07:30"]'),
        ('[reminder]\nquiet = ["07:00-07:00"]', 2, 'a list of times of day such as ["20:30-07:30"]'),
        ("[keep]\nmessages_days = 0", 2, "a number of days from 1 to 3650"),
        ('[voice]\nprovider = "festival"', 2, "espeak, piper or none"),
        ('[voice]\naccent = ["south"]', 2, "north, central or south"),
        ("[stop]\ndrain_seconds = -1", 2, "a number of seconds from 0 to 600"),
        ("operator = 5", 1, "one line of text: who runs this bot"),
    ],
)
def test_a_value_that_does_not_fit_says_what_is_wanted(tmp_path, toml, line, wanted):
    """The line, the setting, and what it must be; the default stands in."""
    config, problems = _load(tmp_path, toml)
    assert [(p.line, p.code) for p in problems] == [(line, "E202")]
    assert problems[0].message.endswith(f"must be {wanted}")
    assert config == Config(root=tmp_path, database=config.database)


def test_a_language_without_words_is_a_fault(tmp_path):
    """A setting that points to a folder of content/ is held against it."""
    (tmp_path / "content" / "vi" / "_bot").mkdir(parents=True)
    _, problems = _load(tmp_path, '\nlanguage = "xx"\n')
    assert [(p.line, p.code) for p in problems] == [(2, "E202")]
    assert _load(tmp_path, 'language = "vi"')[1] == []


def test_all_faults_of_a_file_are_reported_at_once(tmp_path):
    """Syntax, unknown keys, values: one run tells everything."""
    _, problems = _load(tmp_path, 'databse = "x"\n[web]\nport = "abc"\n[keep\n')
    assert [(p.line, p.code) for p in problems] == [(1, "E201"), (3, "E202"), (4, "E001")]


def test_the_environment_overrides_the_file_and_its_faults_name_the_variable(tmp_path):
    """A container sets ports and addresses from outside."""
    config, problems = _load(tmp_path, "[web]\nport = 81", CAM_TAY_PORT="82", CAM_TAY_HOST="0.0.0.0")
    assert (problems, config.port, config.host) == ([], 82, "0.0.0.0")
    _, problems = _load(tmp_path, "", CAM_TAY_PORT="many")
    assert [(str(p.path), p.code, p.message) for p in problems] == [
        ("environment", "E203", "the environment variable CAM_TAY_PORT must be a number from 0 to 65535")
    ]


def test_an_empty_variable_is_one_that_is_not_set(tmp_path):
    """Compose files pass on variables that nobody filled in."""
    config, problems = _load(tmp_path, "", CAM_TAY_PORT="", TELEGRAM_BOT_TOKEN="")
    assert (problems, config.port, config.telegram_token) == ([], 8080, "")


def test_a_webhook_needs_a_secret_and_a_secret_has_a_form(tmp_path):
    """Nobody else may post to the webhook; Telegram takes only some characters."""
    hook = '[telegram]\nwebhook = "https://bot.example/hook"'
    assert [(p.path.name, p.line, p.code) for p in _load(tmp_path, hook)[1]] == [("bot.toml", 2, "E204")]
    (problem,) = _load(tmp_path, "", TELEGRAM_WEBHOOK="https://bot.example/hook")[1]
    assert (str(problem.path), problem.code) == ("environment", "E204")
    assert [p.code for p in _load(tmp_path, hook, TELEGRAM_SECRET="a b")[1]] == ["E203"]
    assert _load(tmp_path, hook, TELEGRAM_SECRET="a-b_C1")[1] == []


def test_a_path_is_no_address(tmp_path):
    """The call that sends: letters, digits, points and strokes."""
    for wrong in ("/v3.0/oa", "https://x.example/", "a b", "", "a//b"):
        _, problems = _load(tmp_path, f'[zalo_oa]\nmessage = "{wrong}"')
        assert [(p.line, p.code) for p in problems] == [(2, "E202")], wrong


def test_zalos_webhook_needs_a_longer_secret(tmp_path):
    """8 characters at least; each platform has its own."""
    hook = '[zalo_bot]\nwebhook = "https://bot.example/hook"'
    (problem,) = _load(tmp_path, hook, TELEGRAM_SECRET="a-b_C1")[1]
    assert (problem.line, problem.code, problem.hint.split(",")[0]) == (2, "E204", "set ZALO_BOT_SECRET")
    (problem,) = _load(tmp_path, "", ZALO_BOT_WEBHOOK="https://bot.example/hook")[1]
    assert (str(problem.path), problem.code) == ("environment", "E204")
    assert [p.code for p in _load(tmp_path, hook, ZALO_BOT_SECRET="a-b_C1")[1]] == ["E203"]
    assert _load(tmp_path, hook, ZALO_BOT_SECRET="a-b_C123")[1] == []


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("https://bot.example/hook", True),
        ("http://bot.example/hook", False),
        ("http://127.0.0.1.example/hook", False),
        ("http://127.0.0.1:8080/hook", True),
        ("http://localhost/hook", True),
        ("http://[::1]:80/hook", True),
        ("http://[bot/hook", False),
    ],
)
def test_a_webhook_is_secure_unless_it_is_on_this_machine(tmp_path, address, fits):
    """What people write passes there."""
    config, problems = _load(tmp_path, "", TELEGRAM_WEBHOOK=address, TELEGRAM_SECRET="x")
    assert ([p.code for p in problems], config.telegram_webhook) == (([], address) if fits else (["E203"], ""))


def test_tokens_come_from_the_environment_alone_and_are_never_shown(tmp_path):
    """A token in the file is an unknown setting; a configuration that is printed does not tell it."""
    _, problems = _load(tmp_path, '[telegram]\ntoken = "123456:abc"')
    assert [(p.code, p.hint) for p in problems] == [("E201", "tokens are never written here: set TELEGRAM_BOT_TOKEN")]
    assert "123456" not in str(problems)
    _, problems = _load(tmp_path, '[zalo_bot]\ntoken = "123456:abc"\nsecret = "x"')
    hints = [f"tokens are never written here: set {name}" for name in ("ZALO_BOT_TOKEN", "ZALO_BOT_SECRET")]
    assert [p.hint for p in problems] == hints
    secrets = {"ZALO_BOT_TOKEN": "1:very-secret", "ZALO_BOT_SECRET": "hush-hush", "ZALO_BOT_PROXY": "http://u:hush@p"}
    config, _ = _load(tmp_path, "", TELEGRAM_BOT_TOKEN="123456:very-secret", TELEGRAM_SECRET="hush", **secrets)
    assert config.telegram_token == "123456:very-secret"
    assert "very-secret" not in repr(config)
    assert "hush" not in repr(config)


def test_every_setting_and_variable_is_documented():
    """docs/running.md names them all."""
    text = (REPOSITORY / "docs" / "running.md").read_text("utf-8")
    variables = {setting.environment for setting in SETTINGS.values() if setting.environment} | set(ENVIRONMENT)
    missing = [name for name in (*SETTINGS, *variables) if name not in text and name.rpartition(".")[2] not in text]
    assert missing == []
