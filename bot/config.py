"""bot.toml and the environment -> Config. Faults are Problems with lines, as for flows; tokens only by environment."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.capability import CAPABILITIES
from bot.flow.reader import did_you_mean, read_duration
from bot.problem import Problem
from bot.source import read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FILE = "bot.toml"
ENVIRON = Path("environment")
"""Where a fault of a variable stands, in place of a file."""

Span = tuple[time, time]


REPORT_COLUMNS = (
    *("helped", "done", "part", "not", "young", "middle", "old", "no_age", "walked"),
    *("calls", "started", "finished", "came", "came_finished"),
)
"""What a report can tell: docs/counting.md."""


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting, with the value that holds when nothing is configured. Times of day are Viet Nam's."""

    root: Path
    database: str
    operator: str = "nhóm tình nguyện Bình dân học vụ số"
    language: str = "vi"
    human_phone: str = ""
    human_hours: str = ""
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    zalo_link: str = ""
    debug: bool = False
    reminder_after: int = 86_400
    help_hours: tuple[Span, ...] = ((time(7, 0), time(21, 0)),)
    help_holidays: frozenset[date] = frozenset()
    report_columns: tuple[str, ...] = ()
    quiet: tuple[Span, ...] = ((time(20, 30), time(7, 30)), (time(11, 30), time(13, 30)))
    tips_a_day: int = 1
    tips_a_week: int = 3
    approve_above: int = 500
    telegram_rate: int = 30
    keep_messages_days: int = 30
    keep_inbox_days: int = 3
    keep_journal_days: int = 180
    keep_people_days: int = 730
    keep_backups_days: int = 30
    drain_seconds: int = 10
    voice_provider: str = "espeak"
    voice_accent: str = "north"
    voice_models: str = ""
    telegram_webhook: str = ""
    operator_token: str = field(default="", repr=False)
    telegram_token: str = field(default="", repr=False)
    telegram_secret: str = field(default="", repr=False)
    telegram_api: str = "https://api.telegram.org"
    telegram_proxy: str = field(default="", repr=False)
    zalo_bot_webhook: str = ""
    zalo_bot_styles: bool = True
    zalo_bot_voice: bool = True
    zalo_bot_people: int = CAPABILITIES["zalo_bot"].people
    zalo_bot_messages: int = CAPABILITIES["zalo_bot"].messages
    zalo_bot_counts_incoming: bool = True
    zalo_bot_token: str = field(default="", repr=False)
    zalo_bot_secret: str = field(default="", repr=False)
    zalo_bot_api: str = "https://bot-api.zaloplatforms.com"
    zalo_bot_proxy: str = field(default="", repr=False)
    zalo_oa_webhook: str = ""
    zalo_oa_oldest: int = 7200
    zalo_oa_rate: int = 100
    zalo_oa_paid: bool = False
    zalo_oa_messages: int = CAPABILITIES["zalo_oa"].messages
    zalo_oa_silence: int = 7200
    zalo_oa_by_name: bool = True
    zalo_oa_together: bool = True
    zalo_oa_proof: bool = True
    zalo_oa_message: str = "v3.0/oa/message/cs"
    zalo_oa_app: str = ""
    zalo_oa_app_secret: str = field(default="", repr=False)
    zalo_oa_secret: str = field(default="", repr=False)
    zalo_oa_api: str = "https://openapi.zalo.me"
    zalo_oa_oauth: str = "https://oauth.zaloapp.com"
    zalo_oa_proxy: str = field(default="", repr=False)

    @property
    def has_zalo_oa(self) -> bool:
        """Whether the official account is served."""
        return bool(self.zalo_oa_app and self.zalo_oa_app_secret)

    @property
    def zalo_oa_window(self) -> int:
        """Hours since somebody did something at the official account in which they are written to unasked."""
        return 7 * 24 if self.zalo_oa_paid else CAPABILITIES["zalo_oa"].window

    @property
    def door(self) -> str:
        """The address of our own web pages, as people open it."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def words(self) -> dict[str, str]:
        """Settings that the bot's own sentences may name."""
        return {
            "operator": self.operator,
            "phone": self.human_phone,
            "hours": self.human_hours,
            "backups_days": str(self.keep_backups_days),
            "journal_days": str(self.keep_journal_days),
            "door": self.door,
        }


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of bot.toml: the field it fills, the environment variable that overrides it, how it is read."""

    field: str
    read: Callable[[Any], Any]
    kind: str
    environment: str = ""


class _Unfit(ValueError):
    """The value cannot be used; the message says what is wanted."""


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\n" in value:
        raise _Unfit
    return value.strip()


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise _Unfit
        return value

    return read


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Unfit
    return value


def _duration(value: Any) -> int:
    seconds = read_duration(value) if isinstance(value, str) else None
    if seconds is None:
        raise _Unfit
    return seconds


def _spans(value: Any) -> tuple[Span, ...]:
    if not isinstance(value, list):
        raise _Unfit
    return tuple(_span(item) for item in value)


def _day_spans(value: Any) -> tuple[Span, ...]:
    spans = _spans(value)
    if not spans or any(start >= end for start, end in spans):
        raise _Unfit
    return spans


def _dates(value: Any) -> frozenset[date]:
    if not isinstance(value, list) or any(type(day) is not date for day in value):
        raise _Unfit
    return frozenset(value)


def _columns(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(name in REPORT_COLUMNS for name in value):
        raise _Unfit
    return tuple(value)


def _span(value: Any) -> Span:
    match = re.fullmatch(r"(\d\d:\d\d)-(\d\d:\d\d)", value) if isinstance(value, str) else None
    try:
        start, end = (time.fromisoformat(part) for part in match.groups()) if match else (None, None)
    except ValueError:
        raise _Unfit from None
    if start is None or end is None or start == end:
        raise _Unfit
    return start, end


def _url(value: Any) -> str:
    text = _text(value)
    if text and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        raise _Unfit
    return text.rstrip("/")


def _secure(value: Any) -> str:
    """A web address that nobody on the way can read: https, or on this very machine."""
    text = _url(value)
    try:
        host = urlsplit(text).hostname
    except ValueError:
        raise _Unfit from None
    if text.startswith("http://") and host not in {"127.0.0.1", "localhost", "::1"}:
        raise _Unfit
    return text


def _path(value: Any) -> str:
    text = _text(value)
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)*", text, re.ASCII):
        raise _Unfit
    return text


def _one_of(*known: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in known:
            raise _Unfit
        return str(value)

    return read


_DAYS = _whole(1, 3650)

SETTINGS: dict[str, Setting] = {
    "database": Setting("database", _text, "a database address", "CAM_TAY_DATABASE"),
    "language": Setting("language", _text, "the name of a folder of content/"),
    "operator": Setting("operator", _text, "one line of text: who runs this bot"),
    "human.phone": Setting("human_phone", _text, "a phone number as people should read it"),
    "human.hours": Setting("human_hours", _text, "one line of text: when somebody answers"),
    "web.host": Setting("host", _text, "a host name or address", "CAM_TAY_HOST"),
    "web.port": Setting("port", _whole(0, 65535), "a number from 0 to 65535", "CAM_TAY_PORT"),
    "web.public_url": Setting("public_url", _url, "an address such as https://bot.example", "CAM_TAY_PUBLIC_URL"),
    "web.zalo_link": Setting("zalo_link", _secure, "an https address such as https://zalo.me/123456789"),
    "web.debug": Setting("debug", _yes, "true or false"),
    "help.hours": Setting("help_hours", _day_spans, 'times of day such as ["07:00-21:00"], none past midnight'),
    "help.holidays": Setting("help_holidays", _dates, "a list of days such as [2027-02-06, 2027-02-07]"),
    "report.columns": Setting("report_columns", _columns, f"a list of {', '.join(REPORT_COLUMNS)}"),
    "reminder.after": Setting("reminder_after", _duration, 'a duration such as "1 day"'),
    "reminder.quiet": Setting("quiet", _spans, 'a list of times of day such as ["20:30-07:30"]'),
    "broadcast.a_day": Setting("tips_a_day", _whole(0, 100), "a number from 0 to 100"),
    "broadcast.a_week": Setting("tips_a_week", _whole(0, 500), "a number from 0 to 500"),
    "broadcast.approve_above": Setting("approve_above", _whole(0, 100_000_000), "a number of people"),
    "keep.messages_days": Setting("keep_messages_days", _DAYS, "a number of days from 1 to 3650"),
    "keep.inbox_days": Setting("keep_inbox_days", _DAYS, "a number of days from 1 to 3650"),
    "keep.journal_days": Setting("keep_journal_days", _DAYS, "a number of days from 1 to 3650"),
    "keep.people_days": Setting("keep_people_days", _DAYS, "a number of days from 1 to 3650"),
    "keep.backups_days": Setting("keep_backups_days", _DAYS, "a number of days from 1 to 3650"),
    "voice.provider": Setting("voice_provider", _one_of("espeak", "piper", "none"), "espeak, piper or none"),
    "voice.accent": Setting("voice_accent", _one_of("north", "central", "south"), "north, central or south"),
    "voice.models": Setting("voice_models", _text, "a folder"),
    "stop.drain_seconds": Setting("drain_seconds", _whole(0, 600), "a number of seconds from 0 to 600"),
    "telegram.rate": Setting("telegram_rate", _whole(1, 1000), "a number from 1 to 1000"),
    "telegram.webhook": Setting("telegram_webhook", _secure, "an https address", "TELEGRAM_WEBHOOK"),
    "zalo_bot.webhook": Setting("zalo_bot_webhook", _secure, "an https address", "ZALO_BOT_WEBHOOK"),
    "zalo_bot.styles": Setting("zalo_bot_styles", _yes, "true or false"),
    "zalo_bot.voice": Setting("zalo_bot_voice", _yes, "true or false"),
    "zalo_bot.people": Setting("zalo_bot_people", _whole(0, 10**9), "a number of people; 0: no limit"),
    "zalo_bot.messages": Setting("zalo_bot_messages", _whole(0, 10**9), "a number of messages; 0: no limit"),
    "zalo_bot.counts_incoming": Setting("zalo_bot_counts_incoming", _yes, "true or false"),
    "zalo_oa.webhook": Setting("zalo_oa_webhook", _secure, "an https address", "ZALO_OA_WEBHOOK"),
    "zalo_oa.oldest": Setting("zalo_oa_oldest", _duration, 'a duration such as "2 hours"'),
    "zalo_oa.rate": Setting("zalo_oa_rate", _whole(5, 4000), "a number of calls a minute from 5 to 4000"),
    "zalo_oa.paid": Setting("zalo_oa_paid", _yes, "true or false"),
    "zalo_oa.messages": Setting("zalo_oa_messages", _whole(0, 10**9), "a number of messages; 0: no limit"),
    "zalo_oa.silence": Setting("zalo_oa_silence", _duration, 'a duration such as "2 hours"'),
    "zalo_oa.by_name": Setting("zalo_oa_by_name", _yes, "true or false"),
    "zalo_oa.together": Setting("zalo_oa_together", _yes, "true or false"),
    "zalo_oa.proof": Setting("zalo_oa_proof", _yes, "true or false"),
    "zalo_oa.message": Setting("zalo_oa_message", _path, 'a path such as "v3.0/oa/message/cs"'),
}
"""Every key of bot.toml."""

ENVIRONMENT: dict[str, Setting] = {
    "OPERATOR_TOKEN": Setting("operator_token", _text, "a long word that nobody guesses"),
    "TELEGRAM_BOT_TOKEN": Setting("telegram_token", _text, "the token that BotFather gave"),
    "TELEGRAM_SECRET": Setting("telegram_secret", _text, "1 to 256 characters A-Z a-z 0-9 _ -"),
    "TELEGRAM_API": Setting("telegram_api", _url, "the address of a Bot API server"),
    "TELEGRAM_PROXY": Setting("telegram_proxy", _url, "the address of an HTTP proxy"),
    "ZALO_BOT_TOKEN": Setting("zalo_bot_token", _text, "the token that Zalo Bot Creator gave"),
    "ZALO_BOT_SECRET": Setting("zalo_bot_secret", _text, "8 to 256 characters A-Z a-z 0-9 _ -"),
    "ZALO_BOT_API": Setting("zalo_bot_api", _url, "the address of a Zalo Bot API server"),
    "ZALO_BOT_PROXY": Setting("zalo_bot_proxy", _url, "the address of an HTTP proxy"),
    "ZALO_OA_APP_ID": Setting("zalo_oa_app", _text, "the number of the app at developers.zalo.me"),
    "ZALO_OA_APP_SECRET": Setting("zalo_oa_app_secret", _text, "the secret key of that app"),
    "ZALO_OA_SECRET": Setting("zalo_oa_secret", _text, "8 to 256 characters A-Z a-z 0-9 _ -"),
    "ZALO_OA_API": Setting("zalo_oa_api", _url, "the address of an Official Account API server"),
    "ZALO_OA_OAUTH": Setting("zalo_oa_oauth", _url, "the address of the server that gives out tokens"),
    "ZALO_OA_PROXY": Setting("zalo_oa_proxy", _url, "the address of an HTTP proxy"),
}
"""What comes from the environment alone."""

_SECRETS = {"token": "TOKEN", "bot_token": "TOKEN", "secret": "SECRET", "app_secret": "APP_SECRET"}
"""Last words of keys under which somebody may write a secret down, and the last word of the variable that takes it."""

_HOOKS = {
    "TELEGRAM": ("telegram", r"[A-Za-z0-9_-]{1,256}"),
    "ZALO_BOT": ("zalo_bot", r"[A-Za-z0-9_-]{8,256}"),
    "ZALO_OA": ("zalo_oa", r"[A-Za-z0-9_-]{8,256}"),
}
"""Platforms that may post to us: where their settings stand, and the form of the secret they show."""


def load(root: Path, environment: Mapping[str, str] | None = None) -> tuple[Config, list[Problem]]:
    """The configuration of the house in `root`. With problems, the defaults stand in for what could not be read."""
    environment = os.environ if environment is None else environment
    path = root / FILE
    values: dict[str, Any] = {}
    problems = _read(path, values) if path.is_file() else []
    named = {s.environment: s for s in SETTINGS.values() if s.environment} | ENVIRONMENT
    for name, setting in named.items():
        if not environment.get(name):
            continue
        try:
            values[setting.field] = _of_text(setting, environment[name])
        except _Unfit:
            message = f"the environment variable {name} must be {setting.kind}"
            problems.append(Problem(ENVIRON, 1, 1, "E203", message))
    for name in _HOOKS:
        problems += _hook(path, values, environment, name)
    values.setdefault("database", f"sqlite+aiosqlite:///{root / 'data' / 'cam-tay.db'}")
    return Config(root=root, **values), sorted(problems)


def _hook(path: Path, values: Mapping[str, Any], environment: Mapping[str, str], name: str) -> list[Problem]:
    """E203, E204: a secret that the platform does not take, and a webhook without one."""
    prefix, form = _HOOKS[name]
    variable, secret = f"{name}_SECRET", values.get(f"{prefix}_secret", "")
    if secret and not re.fullmatch(form, secret):
        message = f"the environment variable {variable} must be {ENVIRONMENT[variable].kind}"
        return [Problem(ENVIRON, 1, 1, "E203", message)]
    if secret or not values.get(f"{prefix}_webhook"):
        return []
    hint = f"set {variable}, so that nobody else can post to the webhook"
    message = f"the setting '{prefix}.webhook' needs a secret"
    if environment.get(f"{name}_WEBHOOK"):
        return [Problem(ENVIRON, 1, 1, "E204", message, hint)]
    return [read_file(path).problem((prefix, "webhook"), "E204", message, hint)]


def _of_text(setting: Setting, text: str) -> Any:
    """A value of the environment, where numbers are texts too. Raises _Unfit."""
    try:
        return setting.read(text)
    except _Unfit:
        if not text.isdecimal():
            raise
        return setting.read(int(text))


def find_root() -> Path:
    """The folder with bot.toml, flows/ and content/: CAM_TAY_ROOT, or the current folder."""
    return Path(os.environ.get("CAM_TAY_ROOT") or ".").resolve()


def _read(path: Path, values: dict[str, Any]) -> list[Problem]:
    """Put what the file says into `values`; what cannot be read is left out and reported."""
    source = read_file(path)
    problems = list(source.problems)
    for key, value in _flat(source.data):
        setting = SETTINGS.get(key)
        where = tuple(key.split("."))
        if setting is None:
            names = {name.partition(".")[0] for name in SETTINGS} if isinstance(value, dict) else SETTINGS
            hint = did_you_mean(key, names) or "the settings are listed in docs/running.md"
            if last := _SECRETS.get(key.rpartition(".")[2]):
                first = "TELEGRAM_BOT" if last == "TOKEN" else "TELEGRAM"
                first = "ZALO_OA" if key.startswith("zalo_oa") else "ZALO_BOT" if key.startswith("zalo") else first
                hint = f"tokens are never written here: set {first}_{last}"
            problems.append(source.problem(where, "E201", f"unknown setting '{key}'", hint))
            continue
        try:
            values[setting.field] = setting.read(value)
        except _Unfit:
            problems.append(source.problem(where, "E202", f"the setting '{key}' must be {setting.kind}"))
    content = path.parent / "content"
    if "language" in values and content.is_dir() and not (content / values["language"] / "_bot").is_dir():
        message = f"the setting 'language' must be {SETTINGS['language'].kind}"
        problems.append(source.problem(("language",), "E202", message))
    return problems


def _flat(data: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found = []
    for key, value in data.items():
        name = f"{prefix}{key}"
        known_table = any(setting.startswith(f"{name}.") for setting in SETTINGS)
        if isinstance(value, dict) and known_table:
            found += _flat(value, f"{name}.")
        else:
            found.append((name, value))
    return found
