"""No word of a person, no secret and no token in the log, the database or the journal, whatever goes wrong."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import signal
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest

from bot import log
from bot.channel.base import What
from bot.store import tables
from tests.kit.process import bot_run, free_port
from tests.kit.shell import a_bot, make_root, write_words

TOKEN = "1000000001:AAE-canary_token-that_is_long_enough"
SECRETS = {
    "otp": "mã xác thực là 481516",
    "otp alone": "48 15 16",
    "password": "mật khẩu: Hoa-Sen#2342",
    "password alone": "Hoa@Sen2342x",
    "id": "căn cước của bác 001 162 342 315",
    "card": "thẻ 4111 1111 1111 1111",
    "domestic card": "số thẻ 9704 2342 3151 6108",
}
MARKS = [
    *(
        r"(?<!\d)481516(?!\d)",
        r"48 15 16",
        r"Sen\S?2342",
        r"4111[ -]?1111",
        r"001[ ]?162[ ]?342",
        r"9704[ ]?2342[ ]?3151",
    ),
    *(r"canary", r"Nguyệt Quế"),
]
"""What must be found nowhere. (Ids and times are long numbers too: six digits inside one mean nothing.)"""

PRIVATE = "Tôi là Nguyệt Quế canary, con trai tôi đang nợ tiền"


@pytest.fixture
def lines():
    """Everything that is logged, by our own formatter, as `bot run` does."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.set_up(logging.DEBUG)
    (handler,) = root.handlers
    handler.setStream(stream)  # type: ignore[attr-defined]
    yield stream
    root.handlers, root.level = before, level


def _found(where, text):
    return [f"{found[0]!r} in {where}" for mark in MARKS if (found := re.search(mark.encode(), text))]


async def _assert_clean(bot, lines, root):
    await bot.quiet()
    await asyncio.sleep(0.1)
    found = _found("log", lines.getvalue().encode())
    for path in (root / "data").iterdir():
        found += _found(path.name, path.read_bytes())
    for table in (tables.journal, tables.inbox, tables.chat):
        found += _found(table.name, repr(await bot.rows(table)).encode())
    assert found == []


@pytest.mark.parametrize("what", [What.TEXT, What.MEDIA, What.EDITED], ids=str)
async def test_no_secret_reaches_file_log_or_journal(tmp_path, lines, what):
    """Typed, as a caption, as an edit; at home, in a guide, where a name is asked for, after a command."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        for kind, secret in SECRETS.items():
            guided, asked, new = (f"{place} {kind}" for place in ("guided", "asked", "new"))
            await bot.says(guided, "/start rice")
            await bot.takes(bot.incoming(guided, what, text=secret, message="77", detail="photo"))
            assert any("không giữ tin vừa rồi" in head for head in bot.heads(guided)), kind
            assert any(getattr(each, "message", "") == "77" for each in bot.channel.to(guided)), kind
            await bot.says(asked, "/start tea")
            for words in ("trà xanh", "xong", "3"):
                await bot.says(asked, words)
            assert await bot.step(asked) == "tea/guest"
            await bot.takes(bot.incoming(asked, what, text=secret, message="78", detail="voice"))
            assert await bot.step(asked) == "tea/guest", kind
            await bot.takes(bot.incoming(new, what, text=secret, message="79", detail="document"))
            told = [row for row in await bot.rows(tables.journal, what="secret") if row["chat"].endswith(f" {kind}")]
            assert {row["answer"] for row in told} == {kind.split()[-1] if kind.endswith("card") else kind.split()[0]}
        await _assert_clean(bot, lines, root)
    await _assert_clean_files(root)


async def _assert_clean_files(root):
    found = [each for path in (root / "data").iterdir() for each in _found(path.name, path.read_bytes())]
    assert found == []


async def test_ordinary_words_of_a_person_are_kept_nowhere_either(tmp_path, lines):
    """Not understood, as a command's payload, as an edit, in a group: read, answered, forgotten."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await bot.says("1", "/start tea")
        for what in (What.TEXT, What.MEDIA, What.EDITED, What.GROUP, What.OTHER):
            await bot.takes(bot.incoming("1", what, text=PRIVATE, detail="photo"))
        for words in (f"/start {PRIVATE}", f"/{PRIVATE}", f"/help {PRIVATE}", PRIVATE * 200):
            await bot.says("1", words)
        await _assert_clean(bot, lines, root)
    await _assert_clean_files(root)


async def test_a_fault_of_ours_does_not_tell_what_was_typed(tmp_path, lines):
    """A template that raises with the words in its message, while the words are being dealt with: kind and place only."""
    root = make_root(tmp_path)
    write_words(root, "vi/tea/ready", {"text": "Xong {{ cups }} {{ guest }}"})
    async with a_bot(root) as bot:
        from bot.service.house import load_house

        write_words(root, "vi/tea/ready", {"text": "{{ guest[guest] }} {{ guest + 1 }} {{ (guest ~ '')|int // 0 }}"})
        await bot.app.conversation.move_in(load_house(root, {})[0])
        await bot.says("1", "/start tea")
        for words in ("trà xanh", "xong", "3"):
            await bot.says("1", words)
        await bot.says("1", PRIVATE)
        assert bot.last("1") == "Lỗi này do máy, không phải do bạn."
        assert re.search(r'error bot\.service\.conversation "turn failed".* error=\w+', lines.getvalue())
        await _assert_clean(bot, lines, root)
    await _assert_clean_files(root)


async def test_a_database_that_refuses_does_not_tell_what_was_to_be_written(tmp_path, lines):
    """Its exceptions quote values: only their class is logged."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await bot.says("1", "/start tea")
        for words in ("trà xanh", "xong", "3"):
            await bot.says("1", words)
        async with bot.app.database.write() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
        await driver.execute("PRAGMA query_only = ON")
        told = await asyncio.gather(
            bot.app.conversation.accept(bot.incoming("1", What.TEXT, text=PRIVATE)), return_exceptions=True
        )
        assert isinstance(told[0], Exception)
        assert '"not stored" reason="it may not be written' in lines.getvalue()
        assert not bot.app.conversation.stores, "health says so"
        await driver.execute("PRAGMA query_only = OFF")
        await _assert_clean(bot, lines, root)


async def test_a_channel_that_fails_does_not_tell_what_was_to_be_sent(tmp_path, lines):
    """A fault of ours in a channel, with the words in its message."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        bot.channel.faults.append(ValueError(PRIVATE))  # type: ignore[arg-type]
        await bot.says("1", "/start tea")
        assert 'send failed"' in lines.getvalue()
        await _assert_clean(bot, lines, root)


async def test_a_task_that_nobody_waits_for_tells_only_its_kind(lines):
    """Asyncio shows a lost task with its exception: not in our log."""

    async def fail():
        raise ValueError(PRIVATE + TOKEN)

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    try:
        task.result()
    except ValueError:
        context = {"message": "Task exception was never retrieved", "exception": task.exception(), "future": task}
        asyncio.get_running_loop().call_exception_handler(context)
    assert "Task exception was never retrieved" in lines.getvalue()
    assert "error=ValueError" in lines.getvalue()
    assert _found("log", lines.getvalue().encode()) == []


def test_a_line_is_one_fact(lines):
    """Time, level, logger, message, fields; an exception adds its kind and places and no message."""
    logger = logging.getLogger("bot.test")
    logger.warning("job waits", extra={"kind": "wait", "why": "no room"})
    try:
        int(PRIVATE)
    except ValueError:
        logger.exception("turn failed", extra={"flow": ""})
    first, second, *places = lines.getvalue().splitlines()
    assert re.fullmatch(r'\d{4}-\d\d-\d\dT[\d:.]+\+00:00 warning bot\.test "job waits" kind=wait why="no room"', first)
    assert second.endswith('error bot.test "turn failed" flow="" error=ValueError')
    assert any("test_log.py" in place for place in places)
    assert _found("log", lines.getvalue().encode()) == []


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (
            f"POST https://api.telegram.org/bot{TOKEN}/sendMessage",
            "POST https://api.telegram.org/bot[token]/sendMessage",
        ),
        (f"token={TOKEN}.", "token=[token]."),
        (f"/bot1459232241454765289:{'a' * 30}/getMe", "/bot[token]/getMe"),
        ("gọi 0912 345 678 nhé", "gọi [number] nhé"),
        ("mã 481516", "mã [number]"),
        ("001162342315", "[number]"),
        ("4111-1111-1111-1111", "[number]"),
        ("127.0.0.1:36385", "127.0.0.1:36385"),
        ("guides 12, port 8080", "guides 12, port 8080"),
    ],
)
def test_scrubbing_takes_tokens_and_long_numbers_out(text, clean):
    """The last net, for what a library may say."""
    assert log.scrub(text) == clean


def test_the_real_bot_on_all_its_doors_keeps_canaries_and_token_out_of_everything(tmp_path):
    """Telegram by webhook and the web chat, as a process: typed, as captions, as edits, in commands, in groups."""
    root = make_root(tmp_path / "house")
    webhook = f"http://127.0.0.1:{free_port()}/telegram"
    port = webhook.split(":")[2].split("/", maxsplit=1)[0]
    with bot_run(
        root,
        CAM_TAY_PORT=port,
        TELEGRAM_BOT_TOKEN=TOKEN,
        TELEGRAM_API="http://127.0.0.1:9",  # nobody there: every call fails, and failures are what is logged
        TELEGRAM_WEBHOOK=webhook,
        TELEGRAM_SECRET="canary-secret",
    ) as bot:
        for number, text in enumerate(
            [*SECRETS.values(), PRIVATE, f"/start {PRIVATE}", f"/help {SECRETS['otp']}", TOKEN]
        ):
            for kind, update in enumerate(_updates(text)):
                identity = number * 10 + kind
                body = json.dumps({"update_id": identity, **update}).encode()
                headers = {"X-Telegram-Bot-Api-Secret-Token": "canary-secret", "Content-Type": "application/json"}
                assert urlopen(Request(webhook, body, headers)).status == 200
            browser = build_opener(HTTPCookieProcessor())
            browser.addheaders.append(("Origin", bot.url))
            browser.open(bot.url)
            browser.open(bot.url, urlencode({"text": text, "nonce": str(number)}).encode())
        numbers = urlopen(f"{bot.url}/metrics").read()
        health = urlopen(f"{bot.url}/health").read()
        assert "not sent" in bot.log or "cannot be reached" in bot.log
        bot.stop(signal.SIGKILL)  # the write-ahead log stays as it is
        found = _found("log", bot.log.encode()) + _found("metrics", numbers) + _found("health", health)
        files = [path for path in (root / "data").rglob("*") if path.is_file()]
        assert any(path.name.endswith("-wal") for path in files)
        for path in files:
            found += _found(path.name, path.read_bytes())
        assert found == []


def _updates(text):
    who = {"id": 7, "is_bot": False, "first_name": "Nguyệt Quế canary", "username": "canary"}
    chat = {"id": 7, "type": "private", "first_name": "Nguyệt Quế canary"}
    said = {"message_id": 5, "date": 1, "from": who, "chat": chat}
    yield {"message": {**said, "text": text}}
    yield {"edited_message": {**said, "text": text}}
    yield {"message": {**said, "caption": text, "photo": []}}
    yield {"message": {**said, "caption": text, "document": {"file_name": text}}}
    yield {"message": {**said, "contact": {"phone_number": text, "first_name": text}}}
    yield {"message": {**said, "chat": {"id": -9, "type": "group", "title": text}, "text": f"/start {text}"}}
    yield {"poll": {"id": text, "question": text}}
    yield {"message": {"text": text}}
