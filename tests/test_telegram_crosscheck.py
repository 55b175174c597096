"""The same conversations against a double that others wrote, lo-bot-api-emulator.

What the two doubles answer differently. "ours" is `TelegramDouble`; right is whoever answers as the Bot API does by its
documentation and by the sources of its server (tdlib/telegram-bot-api); the real server was not asked. Tests below hold
every row but "updates of many people" and the last.

| what                          | ours               | the emulator       | right, and why                                    |
|-------------------------------|--------------------|--------------------|---------------------------------------------------|
| getMe                         | id of the token    | id 7, no username  | ours: a bot has both; the fixture gives them      |
| method in small letters       | taken              | 404                | ours: names of methods know no case               |
| wrong token                   | 401                | taken              | ours                                              |
| link preview switched off     | taken              | "not supported"    | ours: since Bot API 7.0; the fixture hides it     |
| parameter nobody knows        | taken, a violation | "not supported"    | ours takes as the server does, and tells the test |
| HTML                          | text and entities  | left as it came    | ours: a message comes back as it is shown         |
| broken HTML                   | "can't parse"      | taken              | ours                                              |
| 4096 letters and their markup | taken              | too long           | ours: the limit counts after parsing              |
| caption of 1024 and markup    | taken              | too long           | ours: the same                                    |
| 4096 emoji                    | taken              | too long           | open: "characters" say the docs; we send far less |
| nothing but blanks            | text must be       | message text is    | both refuse; which words are today's is open      |
| a zero-width space            | refused            | taken              | ours                                              |
| a chat that never wrote       | chat not found     | taken              | ours: a bot cannot begin                          |
| edit of no message            | not found          | taken              | ours; it keeps no messages                        |
| edit that changes nothing     | not modified       | taken              | ours; the same                                    |
| deletion of no message        | not found          | taken              | ours; the same                                    |
| answer to no tap              | query is too old   | taken              | ours; the same                                    |
| edited message                | as it now is       | its keyboard only  | ours: the whole message comes back                |
| 65 bytes in a button          | BUTTON_DATA_INVALID| invalid markup     | ours, in the words; both refuse                   |
| nine buttons in a row         | too long           | invalid markup     | both refuse, in words of their own                |
| a row without buttons         | dropped            | refused            | ours: the server drops it                         |
| keyboard button as a string   | refused            | taken              | the emulator: the docs allow it; we send objects  |
| keyboard below, with a photo  | taken              | "only inline"      | ours: any reply_markup goes with any message      |
| photo that is none            | refused            | taken, 1x1         | ours; it looks into no file                       |
| photo's id for a voice        | refused            | taken              | ours                                              |
| voice with a caption          | taken              | "not supported"    | ours; we send none                                |
| command with an accent        | refused            | taken              | ours                                              |
| commands, read again          | as they were set   | none               | ours                                              |
| empty webhook secret          | taken as none      | refused            | ours: the setting is optional                     |
| webhook info                  | max_connections    | without            | ours                                              |
| limit of a thousand           | taken as a hundred | refused            | ours: the server clamps                           |
| kind of update nobody knows   | left out           | refused            | ours                                              |
| poll beside a webhook         | 409, "can't use …" | 409, "… is active" | ours, in the words; the number is what counts     |
| second poller                 | ends the first     | is refused         | ours: the newest request wins                     |
| update of an unwanted kind    | never made         | kept for later     | ours: the filter holds for what comes after it    |
| webhook answers 503           | tries again        | waits for the next | ours; a new update or setWebhook pushes it again  |
| a call in the webhook's answer| carried out        | left out           | ours: the docs promise it                         |
| updates of many people        | many at a time     | one at a time      | ours: up to max_connections                       |
| edited, blocked, unblocked    | delivered          | cannot be queued   | ours; only on our double these are walked         |
| the same update once more     | delivered          | cannot be queued   | ours: only a lost confirmation repeats it         |
| faults, floods, blocking      | on demand          | none               | ours; only on our double these are walked         |

Both take all four kinds we ask for in `allowed_updates`: the limit to three is one of what the emulator hands out.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from functools import partial

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from lo_bot_api_emulator import LoBotApiEmulator
from lo_bot_api_emulator.updates import UpdateError
from sqlalchemy import select

from bot.channel.telegram_update import WANTED
from bot.store import tables
from tests.channel.conftest import OPUS, ROOT, SECRET, living
from tests.channel.test_telegram_walk import finished, recorded, walk
from tests.kit.emulator import KINDS, Emulator
from tests.kit.telegram import TelegramDouble
from tests.kit.telegram_world import PIXEL

TWO = ("vietqr-pay", "scam-fake-police")
PAY = "vietqr-pay"
PASSWORD = "mật khẩu của tôi là Abc@12345"


@pytest.fixture
async def emulator():
    """The emulator; it must have refused nothing when the test ends, but a poll beside one that has just ended."""
    async with Emulator() as running:
        yield running
        assert [each for each in running.refusals if not each.startswith("getUpdates: 409")] == []


async def at_step(bot, person, step):
    """The message that asks something of this step of PAY."""

    def holds(shown):
        meant = [bot.meanings[button["callback_data"]] for button in shown.buttons]
        return any(m.flow == PAY and m.step == step and m.answer != "record" for m in meant)

    return await person.waits_for(holds)


async def first_steps(bot, person):
    """From a link to the first action of PAY; the question that was answered, and the action."""
    await person.starts(PAY)
    asked = await at_step(bot, person, "before_you_start")
    await person.taps_message(asked, bot.label(PAY, "before_you_start", "begin"))
    return asked, await at_step(bot, person, "open_bank_app")


# --- conversations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_guides_are_walked_by_tapping(emulator, tmp_path, webhook):
    """Two guides to their end: every tap is answered and leaves a record, every picture is a PNG."""
    async with living(emulator, ROOT, tmp_path, webhook=webhook) as bot:
        for number, guide in enumerate(TWO, 1):
            person = emulator.person(number)
            passed = await walk(bot, person, guide)
            assert len(passed) > 3
            assert await finished(bot, number, guide)
            await emulator.until(partial(recorded, person, len(passed)))  # the last record follows the last message
            asked = [shown for shown in person.screen if shown.former_keyboards]
            assert len(asked) == len(passed)
            assert all(len(shown.buttons) == 1 for shown in asked)
            drawn = [step for step in passed if bot.house.flows[guide].steps[step].picture]
            photos = [shown.photo for shown in person.screen if shown.photo]
            assert len(photos) == len(drawn) > 0
            assert all(emulator.file(photo).startswith(b"\x89PNG") for photo in photos)
        for tap in emulator.taps if not webhook else ():  # it carries out no call that stands in a webhook's answer
            await tap.waits_for_answer()
        assert await emulator.delivery.settled(3)


async def test_guides_are_walked_by_typing(emulator, tmp_path):
    """The same by the words on the buttons."""
    async with living(emulator, ROOT, tmp_path) as bot:
        for number, guide in enumerate(TWO, 1):
            await walk(bot, emulator.person(number), guide, by_typing=True)
            assert await finished(bot, number, guide)


async def test_both_doubles_see_the_same_conversation(emulator, tmp_path):
    """One conversation with both: the same words, buttons, pictures, records and deletions, by the same requests."""
    seen = []
    async with TelegramDouble() as ours:
        for double, folder in ((ours, tmp_path / "ours"), (emulator, tmp_path / "theirs")):
            folder.mkdir()
            async with living(double, ROOT, folder, commands={"": [("home", "Về đầu")]}) as bot:
                person = double.person(1)
                await first_steps(bot, person)
                await person.says(PASSWORD)
                await person.waits_for(lambda shown: shown.buttons)
                await double.until(lambda person=person: any(shown.deleted for shown in person.screen))
                await walk(bot, double.person(2), PAY)
                for tap in double.taps:
                    await tap.waits_for_answer()
                await double.until(lambda bot=bot: not bot.app.sender.backlog["telegram"])
            seen.append([_looks(shown) for number in (1, 2) for shown in double.person(number).screen])
        assert ours.violations == []
        calls = Counter(call.method for call in ours.calls if call.method != "getUpdates")
    assert seen[0] == seen[1]
    assert calls == Counter(sent.method for sent in emulator.sent) + Counter(["getMe"])


def _looks(shown):
    """A message without what each double numbers in its own way, and without the time on a record."""
    former = [[button["text"] for row in each["inline_keyboard"] for button in row] for each in shown.former_keyboards]
    labels = [re.sub(r"\d\d:\d\d", "", label) for label in shown.labels]
    return shown.by_bot, shown.plain, labels, former, bool(shown.photo), shown.edits, shown.deleted


async def test_a_link_opens_its_guide(emulator, tmp_path):
    """/start with a payload leads to the guide; a payload nobody knows, and none, to how to be called and to the list."""
    async with living(emulator, ROOT, tmp_path) as bot:
        person = emulator.person(1)
        await person.starts(PAY)
        await at_step(bot, person, "before_you_start")
        title = bot.label("", "", "chapter:money")
        for number, payload in ((2, "no-such-guide"), (3, "")):
            person = emulator.person(number)
            await person.starts(payload)
            await person.taps("Bác")
            await person.waits_for(lambda shown: title in shown.labels)


async def test_a_picture_is_uploaded_once(emulator, tmp_path):
    """The second person gets it by its id, also from a new bot on the same database."""
    for number in (1, 2):
        async with living(emulator, ROOT, tmp_path) as bot:
            assert (await first_steps(bot, emulator.person(number)))[1].photo
    photos = [sent.fields.get("photo") for sent in emulator.sent if sent.method == "sendPhoto"]
    assert photos == [None, emulator.person(1).screen[-1].photo]


async def test_back_leads_to_the_step_before(emulator, tmp_path):
    """By the button and by the word, and on again."""
    async with living(emulator, ROOT, tmp_path) as bot:
        person = emulator.person(1)
        _, action = await first_steps(bot, person)
        await person.taps_message(action, bot.label(PAY, "open_bank_app", "back"))
        asked = await at_step(bot, person, "before_you_start")
        await person.taps_message(asked, bot.label(PAY, "before_you_start", "begin"))
        await at_step(bot, person, "open_bank_app")
        await person.says("lùi lại")
        await at_step(bot, person, "before_you_start")


async def test_a_stale_tap_is_understood(emulator, tmp_path):
    """A button of an earlier step, tapped from an old screen, is answered at once and loses nothing."""
    async with living(emulator, ROOT, tmp_path) as bot:
        person = emulator.person(1)
        asked, _ = await first_steps(bot, person)
        await emulator.until(lambda: asked.former_keyboards)
        tap = await person.taps_message(asked, bot.label(PAY, "before_you_start", "later"), stale=True)
        await tap.waits_for_answer()
        await person.taps(bot.label("", "", "stay"))
        await at_step(bot, person, "open_bank_app")
        assert not await finished(bot, 1, PAY)


async def test_a_double_tap_counts_once(emulator, tmp_path):
    """Two taps on one button: both spinners end, one step on."""
    async with living(emulator, ROOT, tmp_path) as bot:
        person = emulator.person(1)
        await person.starts(PAY)
        asked = await at_step(bot, person, "before_you_start")
        begin = bot.label(PAY, "before_you_start", "begin")
        taps = [await person.taps_message(asked, begin) for _ in range(2)]
        for tap in taps:
            await tap.waits_for_answer()
        action = await at_step(bot, person, "open_bank_app")
        assert await emulator.delivery.settled(3)
        await emulator.until(lambda: not bot.app.sender.backlog["telegram"])
        await person.taps_message(action, bot.label(PAY, "open_bank_app", "done"))
        await at_step(bot, person, "look_at_code")
        async with bot.app.database.read() as connection:
            rows = await connection.execute(select(tables.journal.c.answer).where(tables.journal.c.answer == "begin"))
            assert len(rows.all()) == 1


async def test_a_secret_is_taken_away(emulator, tmp_path):
    """A password in a text: the message disappears, the step is kept."""
    async with living(emulator, ROOT, tmp_path) as bot:
        person = emulator.person(1)
        await first_steps(bot, person)
        said = await person.says(PASSWORD)
        await emulator.until(lambda: said.deleted)
        await person.taps(bot.label("", "", "understood"))
        await at_step(bot, person, "open_bank_app")
        deletions = [sent.fields for sent in emulator.sent if sent.method == "deleteMessage"]
        assert deletions == [{"chat_id": 1, "message_id": said.id}]


async def test_a_restart_in_the_middle_loses_nothing(emulator, tmp_path):
    """What came while the bot was away is answered when it is back, from where the person was, and only once."""
    person = emulator.person(1)
    async with living(emulator, ROOT, tmp_path) as bot:
        _, action = await first_steps(bot, person)
        done = bot.label(PAY, "open_bank_app", "done")
    tap = await person.taps_message(action, done)
    async with living(emulator, ROOT, tmp_path) as bot:
        await tap.waits_for_answer()
        await at_step(bot, person, "look_at_code")
        assert await emulator.delivery.settled(3)
        await emulator.until(lambda: not bot.app.sender.backlog["telegram"])
    before = len(person.screen)
    async with living(emulator, ROOT, tmp_path) as bot:
        assert await emulator.delivery.settled(3)
        await emulator.until(lambda: not bot.app.sender.backlog["telegram"])
    assert len(person.screen) == before


async def test_a_webhook_needs_its_secret(emulator, tmp_path):
    """What is pushed with the secret is taken; without it, or with another, it is refused and nothing is answered."""
    async with living(emulator, ROOT, tmp_path, webhook=True) as bot, aiohttp.ClientSession() as stranger:
        (asked,) = [sent.fields for sent in emulator.sent if sent.method == "setWebhook"]
        assert (asked["secret_token"], asked["allowed_updates"]) == (SECRET, list(WANTED))
        person = emulator.person(1)
        chat = {"id": 1, "type": "private"}
        forged = {"update_id": 5, "message": {"message_id": 5, "date": 1, "chat": chat, "text": "/start"}}
        for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guessed"}):
            async with stranger.post(emulator.delivery.webhook, json=forged, headers=headers) as answer:
                assert answer.status == 401
        async with bot.app.database.read() as connection:
            assert (await connection.execute(select(tables.inbox))).all() == []
        await first_steps(bot, person)


async def test_what_the_webhook_could_not_store_comes_again(emulator, tmp_path):
    """An update that was refused with 503 stays, and is answered when the bot is back and sets its webhook."""
    person = emulator.person(1)
    async with living(emulator, ROOT, tmp_path, webhook=True) as bot:
        await bot.telegram.stop_listening()
        await person.starts(PAY)
        assert not await emulator.delivery.settled(0.3)
        await bot.telegram.start(bot.app.conversation.accept)
        await at_step(bot, person, "before_you_start")
        assert await emulator.delivery.settled(3)


async def test_a_webhook_is_dropped_by_a_bot_that_polls(emulator, tmp_path):
    """A bot that pushed before polls now: it takes the webhook away and hears what was said in between."""
    async with living(emulator, ROOT, tmp_path, webhook=True):
        assert emulator.delivery.webhook
    async with living(emulator, ROOT, tmp_path) as bot:
        assert not emulator.delivery.webhook
        await first_steps(bot, emulator.person(1))


async def test_waiting_in_vain_tells_what_came(emulator, tmp_path):
    """The failure shows the messages there are, a missing button is named, and so is an update that cannot be had."""
    async with living(emulator, ROOT, tmp_path) as bot:
        person = emulator.person(1)
        await person.starts(PAY)
        asked = await at_step(bot, person, "before_you_start")
        with pytest.raises(AssertionError, match=asked.plain[:20]):
            await person.waits_for("no such words", within=0.05)
        with pytest.raises(AssertionError, match="no button 'Nope'"):
            await person.taps("Nope", within=0.05)
        with pytest.raises(AssertionError, match="cannot hand out edited_message"):
            await person.edits(person.screen[0], "x")


# --- where the doubles differ -----------------------------------------------------------------------------------------


def keyboard(*rows):
    """An inline keyboard of rows of callback data."""
    return {"inline_keyboard": [[{"text": "Xong", "callback_data": data} for data in row] for row in rows]}


TAKEN = {}
INVALID = "invalid reply_markup"
PREVIEW = {"link_preview_options": {"is_disabled": True}}
HTML = {"parse_mode": "HTML"}
BELOW = {"reply_markup": {"keyboard": [[{"text": "Về đầu"}]]}}
DIFFERENCES = {  # what is asked -> what ours answers and what the emulator does: words of a refusal or part of a result
    "getMe": ("getMe", {}, {"id": 1000000001, "username": "cam_tay_double_bot"}, {"id": 7, "first_name": "Fixture"}),
    "method in small letters": ("getme", {}, TAKEN, "method not found"),
    "link preview switched off": (
        "sendMessage",
        {"text": "x", **PREVIEW},
        TAKEN,
        "link_preview_options is not supported",
    ),
    "parameter nobody knows": ("sendMessage", {"text": "x", "nobody": 1}, TAKEN, "nobody is not supported"),
    "HTML": ("sendMessage", {"text": "<b>x</b>", **HTML}, {"text": "x"}, {"text": "<b>x</b>"}),
    "broken HTML": ("sendMessage", {"text": "<b>x", **HTML}, "can't parse entities", TAKEN),
    "4096 letters and their markup": ("sendMessage", {"text": f"<b>{'x' * 4096}</b>", **HTML}, TAKEN, "too long"),
    "caption of 1024 and markup": (
        "sendPhoto",
        {"photo": PIXEL, "caption": f"<b>{'x' * 1024}</b>", **HTML},
        TAKEN,
        "too long",
    ),
    "4096 emoji": ("sendMessage", {"text": "🙏" * 4096}, TAKEN, "too long"),
    "nothing but blanks": ("sendMessage", {"text": " \n"}, "text must be non-empty", "message text is empty"),
    "a zero-width space": ("sendMessage", {"text": "\u200b"}, "text must be non-empty", TAKEN),
    "a chat that never wrote": ("sendMessage", {"chat_id": 999, "text": "x"}, "chat not found", TAKEN),
    "edit of no message": ("editMessageReplyMarkup", {"message_id": 999}, "message to edit not found", TAKEN),
    "edit that changes nothing": (
        "editMessageReplyMarkup",
        {"message_id": "{message}", "reply_markup": keyboard("a")},
        "message is not modified",
        TAKEN,
    ),
    "deletion of no message": ("deleteMessage", {"message_id": 999}, "message to delete not found", TAKEN),
    "answer to no tap": ("answerCallbackQuery", {"callback_query_id": "x"}, "query is too old", TAKEN),
    "65 bytes in a button": (
        "sendMessage",
        {"text": "x", "reply_markup": keyboard(["x" * 65])},
        "BUTTON_DATA_INVALID",
        INVALID,
    ),
    "nine buttons in a row": (
        "sendMessage",
        {"text": "x", "reply_markup": keyboard("x" * 9)},
        "markup is too long",
        INVALID,
    ),
    "a row without buttons": ("sendMessage", {"text": "x", "reply_markup": keyboard("")}, TAKEN, INVALID),
    "keyboard button as a string": (
        "sendMessage",
        {"text": "x", "reply_markup": {"keyboard": [["Về đầu"]]}},
        "KeyboardButton",
        TAKEN,
    ),
    "keyboard below, with a photo": ("sendPhoto", {"photo": "{photo}", **BELOW}, TAKEN, "only inline keyboard"),
    "photo that is none": ("sendPhoto", {"photo": b"no picture"}, "IMAGE_PROCESS_FAILED", TAKEN),
    "photo's id for a voice": ("sendVoice", {"voice": "{photo}"}, "can't use file of type Photo as Voice", TAKEN),
    "voice with a caption": (
        "sendVoice",
        {"voice": OPUS, "caption": "x"},
        {"caption": "x"},
        "caption is not supported",
    ),
    "command with an accent": (
        "setMyCommands",
        {"commands": [{"command": "về", "description": "x"}]},
        "BOT_COMMAND_INVALID",
        TAKEN,
    ),
    "empty webhook secret": ("setWebhook", {"url": "", "secret_token": ""}, TAKEN, "Invalid webhook secret"),
    "limit of a thousand": ("getUpdates", {"limit": 1000}, TAKEN, "Invalid update polling parameter"),
    "kind of update nobody knows": ("getUpdates", {"allowed_updates": ["wish"]}, TAKEN, "Invalid allowed_updates"),
}


@pytest.fixture
async def both():
    """Our double and the emulator as it is, each as a coroutine: method, body -> answer."""
    theirs = LoBotApiEmulator(allow_insecure_loopback_webhooks=True)
    async with TelegramDouble() as ours, TestServer(theirs.app()) as server, aiohttp.ClientSession() as client:
        ours.person(7, started=True)

        def asking(base):
            async def ask(method, body=None):
                async with client.post(f"{base}/{method}", **_encoded(body or {})) as answer:
                    return await answer.json()

            return ask

        yield asking(f"{ours.url}/bot{ours.token}"), asking(f"http://127.0.0.1:{server.port}/bot{ours.token}")


def _encoded(body):
    """JSON; a form where a file is in it."""
    if not any(isinstance(value, bytes) for value in body.values()):
        return {"json": body}
    form = aiohttp.FormData()
    for name, value in body.items():
        form.add_field(name, value if isinstance(value, bytes) else str(value), **_file(value))
    return {"data": form}


def _file(value):
    return {"filename": "file"} if isinstance(value, bytes) else {}


@pytest.mark.parametrize("what", DIFFERENCES)
async def test_the_doubles_differ_as_told(both, what):
    """Each row of the table: what one and the other answer to the same request."""
    assert f"| {what} " in __doc__
    method, body, *expected = DIFFERENCES[what]
    for ask, told in zip(both, expected, strict=True):
        message = (await ask("sendMessage", {"chat_id": 7, "text": "x", "reply_markup": keyboard("a")}))["result"]
        photo = (await ask("sendPhoto", {"chat_id": 7, "photo": PIXEL}))["result"]["photo"][0]["file_id"]
        known = {"{message}": message["message_id"], "{photo}": photo}
        given = {name: known.get(value, value) if isinstance(value, str) else value for name, value in body.items()}
        where = {"chat_id": 7} if method.startswith(("send", "edit", "delete")) else {}
        answer = await ask(method, where | given)
        if isinstance(told, str):
            assert told in answer["description"]
        else:
            assert answer["ok"], answer
            assert not told or told.items() <= answer["result"].items()


async def test_the_doubles_differ_in_what_they_remember(both):
    """Tokens, edited messages, commands and webhooks: ours knows them afterwards, the emulator but in part."""
    ours, theirs = both
    sent = [await ask("sendMessage", {"chat_id": 7, "text": "x"}) for ask in both]
    where = [{"chat_id": 7, "message_id": each["result"]["message_id"]} for each in sent]
    edited = [
        await ask("editMessageReplyMarkup", place | {"reply_markup": keyboard("a")})
        for ask, place in zip(both, where, strict=True)
    ]
    assert ["text" in each["result"] for each in edited] == [True, False]
    commands = {"commands": [{"command": "home", "description": "x"}]}
    assert [(await ask("setMyCommands", commands))["ok"] for ask in both] == [True, True]
    assert (await ours("getMyCommands"))["result"] == commands["commands"]
    assert (await theirs("getMyCommands"))["result"] == []
    hook = {"url": "http://127.0.0.1:1/hook", "max_connections": 7, "allowed_updates": WANTED}
    assert [(await ask("setWebhook", hook))["ok"] for ask in both] == [True, True]
    told = [(await ask("getWebhookInfo"))["result"] for ask in both]
    assert [each.get("max_connections") for each in told] == [7, None]
    assert [sorted(each["allowed_updates"]) for each in told] == [sorted(WANTED)] * 2
    polled = [await ask("getUpdates") for ask in both]
    assert [each["error_code"] for each in polled] == [409, 409]
    assert ["can't use getUpdates" in each["description"] for each in polled] == [True, False]


async def test_the_doubles_differ_in_whom_they_believe(emulator):
    """A token of somebody else: 401 by ours, an account of its own on the emulator."""
    async with TelegramDouble() as ours, aiohttp.ClientSession() as client:
        for double, status in ((ours, 401), (emulator, 200)):
            async with client.post(f"{double.url}/bot5:abc/getMe") as answer:
                assert answer.status == status


async def test_the_doubles_differ_in_who_may_poll(both):
    """Two pollers: ours ends the first, as the real server does, the emulator refuses the second."""
    ended = []
    for ask in both:
        first = asyncio.create_task(ask("getUpdates", {"timeout": 1}))
        await asyncio.sleep(0.2)
        second = await ask("getUpdates", {"timeout": 0})
        ended.append(((await first)["ok"], second["ok"]))
    assert ended == [(False, True), (True, False)]


async def test_the_doubles_differ_in_unwanted_updates(emulator):
    """A kind that was not asked for: ours never makes the update, the emulator hands it out when it is asked for."""
    async with TelegramDouble() as ours, aiohttp.ClientSession() as client:
        given = []
        for double in (ours, emulator):
            for kinds in (["callback_query"], ["message"]):
                body = {"allowed_updates": kinds}
                async with client.post(f"{double.url}/bot{double.token}/getUpdates", json=body) as answer:
                    found = (await answer.json())["result"]
                if kinds == ["callback_query"]:
                    assert found == []
                    await double.person(7).says("x")
            given.append(len(found))
        assert given == [0, 1]


async def test_the_emulator_takes_every_kind_and_hands_out_three(emulator, both):
    """Both take what the bot asks for; the emulator can queue no edited message, no blocking and no update twice."""
    assert [(await ask("getUpdates", {"allowed_updates": WANTED}))["ok"] for ask in both] == [True, True]
    assert set(WANTED) - KINDS == {"edited_message", "my_chat_member"}
    bare = LoBotApiEmulator()
    for kind in KINDS:
        assert await bare.enqueue_update({kind: {}}, token=emulator.token)
    for kind in set(WANTED) - KINDS:
        with pytest.raises(UpdateError, match="support message, callback_query or inline_query"):
            await bare.enqueue_update({kind: {}}, token=emulator.token)
    with pytest.raises(UpdateError):
        await bare.enqueue_update({"update_id": 1, "message": {}}, token=emulator.token)
