"""The whole bot on Telegram: guides walked by tapping and by typing, and everything else people do with a chat."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import unicodedata
from functools import partial

import pytest
from sqlalchemy import select

from bot.app import FONTS
from bot.flow.model import INPUTS, Kind
from bot.store import tables
from bot.store.database import open_database
from tests.channel.conftest import ROOT, living

END = {"good", "home"}  # answers that only the last step has: how was it, and the way out
TYPED = {Kind.NUMBER: "20", Kind.TEXT: "Lan", Kind.DATE: "02/01/1990", Kind.PHONE: "0900000000"}
GUIDES = sorted(path.stem for path in (ROOT / "flows").glob("*.toml"))
PICTURES = {"cache": ROOT / "data" / "pictures", "fonts": FONTS}
"""Drawings of the house are drawn once, where its bot keeps them."""


def asks(bot, guide):
    """Whether a message asks something of this guide; a record of what was answered asks nothing."""

    def holds(shown):
        meant = [bot.meanings[button["callback_data"]] for button in shown.buttons if "callback_data" in button]
        return any((m.flow == guide and m.answer != "record") or m.answer in END for m in meant)

    return holds


async def walk(bot, person, guide, *, by_typing=False):
    """Start to end by the first answer, by another where a guide leads back; the steps passed."""
    flow = bot.house.flows[guide]
    await person.starts(guide)
    passed = []
    for _ in range(60):
        shown = await person.waits_for(asks(bot, guide))
        meant = {m.answer: (m, label) for m, label in _answers(bot, shown)}
        if END & meant.keys():
            return passed
        meant = {answer: (m, label) for answer, (m, label) in meant.items() if m.flow == guide}
        step = flow.steps[next(iter(meant.values()))[0].step]
        passed.append(step.name)
        if step.kind in INPUTS:
            await person.says(TYPED[step.kind])
            continue
        choices = ["done"] if step.kind is Kind.DO else list(step.go)
        label = meant[choices[(passed.count(step.name) - 1) % len(choices)]][1]
        await (person.says(label) if by_typing else person.taps_message(shown, label))
    raise AssertionError(f"no end of {guide}: {passed}")


def _answers(bot, shown):
    tapped = [button for button in shown.buttons if "callback_data" in button]  # others pass a guide on
    return [(bot.meanings[button["callback_data"]], button["text"]) for button in tapped]


async def finished(bot, chat, guide):
    """Whether the session is stored as finished."""
    async with bot.app.database.read() as connection:
        row = select(tables.session.c.finished).where(
            tables.session.c.chat == f"telegram:{chat}", tables.session.c.flow == guide
        )
        return (await connection.execute(row)).scalar()


def recorded(person, answers):
    """Whether every answer has left its record on the screen."""
    return len([shown for shown in person.screen if shown.former_keyboards]) >= answers


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_every_guide_is_walked_by_tapping(double, tmp_path, webhook):
    """Each guide of the house leads a stranger to its end; every tap is answered and leaves a record.

    By webhook some guides are enough: only the door is another.
    """
    async with living(double, ROOT, tmp_path, webhook=webhook, **PICTURES) as bot:

        async def one(number, guide):
            person = double.person(number)
            passed = await walk(bot, person, guide)
            assert len(passed) >= 3
            assert await finished(bot, number, guide)
            await double.until(partial(recorded, person, len(passed)))  # the last record follows the last message
            asked = [shown for shown in person.screen if shown.former_keyboards]
            assert len(asked) == len(passed)
            assert all(len(shown.buttons) == 1 for shown in asked)

        guides = GUIDES[::5] if webhook else GUIDES
        await asyncio.gather(*(one(number, guide) for number, guide in enumerate(guides, 1)))  # all at once, as in life
        for tap in double.taps:
            await tap.waits_for_answer()
        assert await double.delivery.settled(3)


async def test_every_guide_is_walked_by_typing(double, tmp_path):
    """The same by the words on the buttons."""
    async with living(double, ROOT, tmp_path, **PICTURES) as bot:

        async def one(number, guide):
            await walk(bot, double.person(number), guide, by_typing=True)
            assert await finished(bot, number, guide)

        await asyncio.gather(*(one(number, guide) for number, guide in enumerate(GUIDES, 1)))


async def test_a_picture_is_uploaded_once_for_everybody(double, tea, tmp_path):
    """Ten people at once, and a new bot on the same database: one upload, the rest by its id."""
    async with living(double, tea, tmp_path) as bot:
        people = [double.person(number) for number in range(1, 11)]
        for person in people:
            await person.starts("tea")
        for person in people:
            await person.taps("Pha luôn")
        for person in people:
            shown = await person.waits_for("Đun nước")
            assert shown.photo
        photos = {shown.photo for person in people for shown in person.screen if shown.photo}
        assert len(photos) == 1
        assert double.files[photos.pop()].startswith(b"\x89PNG")
        assert bot.telegram.status == "ok"
    async with living(double, tea, tmp_path):
        await double.person(11).starts("tea")
        await double.person(11).taps("Pha luôn")
        assert (await double.person(11).waits_for("Đun nước")).photo
    assert len([name for name in double.files if name.startswith("photo")]) == 1


async def test_a_picture_is_uploaded_again_when_its_id_is_refused(double, tea, tmp_path):
    """Telegram forgot the file: nobody notices."""
    async with living(double, tea, tmp_path):
        for number in (1, 2, 3):
            await double.person(number).starts("tea")
            await double.person(number).taps("Pha luôn")
            assert (await double.person(number).waits_for("Đun nước")).photo
            if number == 1:
                double.forget_files()
    assert len([name for name in double.files if name.startswith("photo")]) == 2


async def test_a_step_is_heard(double, tea, tmp_path):
    """The recorded voice comes as a voice note, uploaded once."""
    async with living(double, tea, tmp_path) as bot:
        aloud = bot.label("tea", "boil", "aloud")
        for number in (1, 2):
            person = double.person(number)
            await person.starts("tea")
            await person.taps("Pha luôn")
            await person.says(aloud)
            await person.waits_for(lambda shown: "voice" in shown.content)
    assert len([name for name in double.files if name.startswith("voice")]) == 1


async def test_a_step_without_a_recording_is_spoken(double, tea, tmp_path):
    """By a program, as a voice note, uploaded once and named by its id afterwards."""
    async with living(double, tea, tmp_path, speaks=True) as bot:
        aloud = bot.label("tea", "begin", "aloud")
        for number in (1, 2):
            person = double.person(number)
            await person.starts("tea")
            await person.says(aloud)
            await person.waits_for(lambda shown: "voice" in shown.content)
    assert len([name for name in double.files if name.startswith("voice")]) == 1
    assert len(list((tea / "data" / "voice").glob("*.ogg"))) == 1


async def test_who_cannot_speak_sends_the_words(double, tea, tmp_path):
    """The program fails at the last moment: nobody is left without an answer."""
    (tea / "data").mkdir()
    (tea / "data" / "voice").write_text("a file where the folder should be")
    async with living(double, tea, tmp_path, speaks=True) as bot:
        person = double.person(1)
        await person.starts("tea")
        await person.says(bot.label("tea", "begin", "aloud"))
        await person.waits_for("Bắt đầu pha trà. Cần ấm và nước.")


async def test_the_token_is_in_no_log(double, tea, tmp_path, caplog):
    """Not even when everything is logged: start, commands, a picture, a voice, a fault, the end."""
    caplog.set_level(logging.DEBUG)
    async with living(double, tea, tmp_path, commands={"": [("home", "x")]}) as bot:
        person = double.person(1)
        double.fault("sendPhoto", kind="html")
        await person.starts("tea")
        await person.taps("Pha luôn")
        await person.says(bot.label("tea", "boil", "aloud"))
        await person.waits_for(lambda shown: "voice" in shown.content)
    assert caplog.records
    assert double.token.partition(":")[2] not in caplog.text


async def test_a_double_tap_counts_once(double, tea, tmp_path):
    """Two taps on one button: one step on, both spinners end."""
    async with living(double, tea, tmp_path) as bot:
        person = double.person(1)
        await person.starts("tea")
        shown = await person.waits_for("Bắt đầu pha trà")
        double.delivery.hold()
        taps = [await person.taps_message(shown, "Pha luôn") for _ in range(2)]
        double.delivery.release()
        for tap in taps:
            await tap.waits_for_answer()
        await person.waits_for("Đun nước")
        assert await double.delivery.settled(3)
        await double.until(lambda: not bot.app.sender.backlog["telegram"])
        async with bot.app.database.read() as connection:
            rows = await connection.execute(select(tables.journal.c.answer).where(tables.journal.c.answer == "yes"))
            assert len(rows.all()) == 1


async def test_a_message_and_a_tap_at_once_are_both_taken(double, tea, tmp_path):
    """Both arrive in the same instant over two connections; the person is at the next step, nothing is lost."""
    async with living(double, tea, tmp_path, webhook=True) as bot:
        person = double.person(1)
        await person.starts("tea")
        await person.waits_for("Bắt đầu pha trà")
        double.delivery.hold()
        tap = await person.taps("Pha luôn")
        await person.says("alo?")
        double.delivery.release()
        await tap.waits_for_answer()
        assert (await person.waits_for("Đun nước", anywhere=True)).photo
        assert await double.delivery.settled(3)
        assert bot.telegram.status == "ok"


async def test_a_stale_tap_is_understood(double, tea, tmp_path):
    """A button of an earlier step, tapped from an old screen, is answered at once and loses nothing."""
    async with living(double, tea, tmp_path):
        person = double.person(1)
        await person.starts("tea")
        old = await person.waits_for("Bắt đầu pha trà")
        await person.taps("Pha luôn")
        await person.waits_for("Đun nước")
        tap = await person.taps_message(old, "Để sau", stale=True)
        await tap.waits_for_answer()
        await person.waits_for(lambda shown: shown.buttons and not shown.edits)


async def test_a_tap_on_a_message_that_is_gone_is_understood(double, tea, tmp_path):
    """The message cannot be edited any more; the answer comes all the same."""
    async with living(double, tea, tmp_path):
        person = double.person(1)
        await person.starts("tea")
        old = await person.waits_for("Bắt đầu pha trà")
        tap = await person.taps_message(old, "Pha luôn")
        await person.deletes(old)
        await tap.waits_for_answer()
        await person.waits_for("Đun nước", anywhere=True)


async def test_the_same_update_twice_is_one(double, tea, tmp_path):
    """A redelivery, by polling and after a restart, changes nothing."""
    async with living(double, tea, tmp_path):
        person = double.person(1)
        await person.starts("tea")
        await person.taps("Pha luôn")
        await person.waits_for("Đun nước")
        assert await double.delivery.settled(3)
        sent = len(person.screen)
        for update in double.delivery.updates:
            double.delivery.redeliver(update)
        assert await double.delivery.settled(3)
    async with living(double, tea, tmp_path):
        double.delivery.redeliver(double.delivery.updates[0])
        assert await double.delivery.settled(3)
    assert len(person.screen) == sent


async def test_a_restart_in_the_middle_loses_nothing(double, tea, tmp_path):
    """What came while the bot was away is answered when it is back, from where the person was."""
    async with living(double, tea, tmp_path):
        person = double.person(1)
        await person.starts("tea")
        await person.taps("Pha luôn")
        await person.waits_for("Đun nước")
    await person.taps_message(person.screen[-1], "Xong", stale=False)
    async with living(double, tea, tmp_path):
        await person.waits_for("Gõ số cốc")
        await person.says("2")
        await person.waits_for("Gõ tên")
        assert await double.delivery.settled(3)
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")
    async with database.read() as connection:
        states = set((await connection.execute(select(tables.outbox.c.state))).scalars())
    await database.close()
    assert states == {"sent"}


async def test_whoever_blocks_is_left_alone_until_they_are_back(double, tea, tmp_path):
    """Blocked: not reachable, nothing is sent. Back: reachable, the first word is answered."""

    async def reachable(bot):
        async with bot.app.database.read() as connection:
            return (await connection.execute(select(tables.chat.c.reachable))).scalar()

    async with living(double, tea, tmp_path) as bot:
        person = double.person(1)
        await person.starts("tea")
        await person.waits_for("Bắt đầu pha trà")
        await person.blocks()
        assert await double.delivery.settled(3)
        assert not await reachable(bot)
        await person.unblocks()
        assert await double.delivery.settled(3)
        assert await reachable(bot)
        await person.says("Pha luôn")
        await person.waits_for("Đun nước")


async def test_in_a_group_it_speaks_once_and_only_when_asked(double, tea, tmp_path):
    """Talk among people is not even stored; a command or its name is answered with one sentence."""
    async with living(double, tea, tmp_path) as bot:
        group, person = double.group(-5), double.person(1)
        await person.says("chào cả nhà", group)
        await person.says("/start@another_bot", group)
        assert await double.delivery.settled(3)
        async with bot.app.database.read() as connection:
            assert (await connection.execute(select(tables.inbox))).all() == []
        await person.says(f"@{double.bot_user['username']} ơi", group)
        await person.waits_for("", group=group)
        await person.says("/start", group)
        assert await double.delivery.settled(3)
        await double.until(lambda: not bot.app.sender.backlog["telegram"])
    assert len([shown for shown in double.screens[-5] if shown.by_bot]) == 1


async def test_everything_but_text_is_answered_in_words(double, tea, tmp_path):
    """Photo, voice, sticker, place, contact, file: a sentence each, and the step is kept."""
    async with living(double, tea, tmp_path):
        person = double.person(1)
        await person.starts("tea")
        await person.waits_for("Bắt đầu pha trà")
        for sending in (
            person.sends_photo,
            person.sends_voice,
            person.sends_sticker,
            person.sends_location,
            person.sends_contact,
            person.sends_document,
        ):
            await sending()
            shown = await person.waits_for(lambda shown: "Pha luôn" in shown.labels)
            assert shown.plain
        await person.taps("Pha luôn")
        await person.waits_for("Đun nước")


async def test_a_secret_is_taken_away(double, tea, tmp_path):
    """A code in a text, in a caption and in an edited message: the message disappears from the chat."""
    async with living(double, tea, tmp_path):
        person = double.person(1)
        await person.starts()
        await person.waits_for(lambda shown: shown.buttons)
        secret = "mật khẩu của tôi là Abc@12345"
        said = await person.says(secret)
        await double.until(lambda: said.deleted)
        photo = await person.sends_photo(caption=secret)
        await double.until(lambda: photo.deleted)
        harmless = await person.says("chào")
        await person.edits(harmless, secret)
        await double.until(lambda: harmless.deleted)


ODD = {
    "NUL": "a\x00b",
    "decomposed": unicodedata.normalize("NFD", "Pha luôn nhé"),
    "emoji": "🙏🙏🙏",
    "right to left": "\u202eabc\u202d \u200f",
    "html": "<b>Tôi</b> & <script>",
    "long": "dài " * 1024,
    "nothing": "\u200b",
    "controls": "\x01\x02\x1f",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
async def test_odd_texts_are_answered(double, tea, tmp_path, text):
    """Whatever is typed: an answer with a way on, as a step's answer too, and no fault of ours."""
    async with living(double, tea, tmp_path) as bot:
        person = double.person(1, first_name="<i>Lan</i> & \u202e")
        await person.says(text)
        await person.waits_for(lambda shown: shown.buttons)
        await person.starts("tea")
        await person.taps("Pha luôn")
        await person.taps(bot.label("tea", "boil", "done"))
        await person.waits_for("Gõ số cốc")
        await person.says("3")
        await person.waits_for("Gõ tên")
        await person.says(text)
        await person.waits_for(lambda shown: shown.buttons)
        assert await double.delivery.settled(3)
        async with bot.app.database.read() as connection:
            assert (await connection.execute(select(tables.inbox).where(tables.inbox.c.state == "parked"))).all() == []


async def test_a_button_typed_in_decomposed_letters_counts(double, tea, tmp_path):
    """Some phones send accents as letters of their own."""
    async with living(double, tea, tmp_path):
        person = double.person(1)
        await person.starts("tea")
        await person.waits_for("Bắt đầu pha trà")
        await person.says(unicodedata.normalize("NFD", "Pha luôn"))
        await person.waits_for("Đun nước")


async def test_names_with_markup_are_shown_as_they_are(double, tea, tmp_path):
    """What a person typed comes back letter by letter."""
    async with living(double, tea, tmp_path) as bot:
        person = double.person(1)
        await person.starts("tea")
        await person.taps("Pha luôn")
        await person.taps(bot.label("tea", "boil", "done"))
        await person.waits_for("Gõ số cốc")
        await person.says("3")
        await person.waits_for("Gõ tên")
        await person.says("<b>Lan</b> & Minh")
        await person.waits_for("Mời <b>Lan</b> & Minh uống trà")


async def test_the_first_screen_has_the_keyboard_that_stays(double, tea, tmp_path):
    """Persistent, resized, with a hint where to type."""
    async with living(double, tea, tmp_path, placeholder="Gõ ở đây"):
        person = double.person(1)
        await person.starts("tea")
        await person.waits_for("Bắt đầu pha trà")
        keyboard = double.reply_keyboards[1]
        assert keyboard["is_persistent"]
        assert keyboard["resize_keyboard"]
        assert keyboard["input_field_placeholder"] == "Gõ ở đây"
        assert sum(map(len, keyboard["keyboard"])) == 3


async def test_too_fast_holds_everybody(double, tea, tmp_path):
    """One 429, and nobody is written to until its time has passed; then all get theirs, in order."""
    async with living(double, tea, tmp_path):
        people = [double.person(number) for number in (1, 2, 3)]
        fault = double.fault("sendMessage", kind="flood", retry_after=1)
        await people[0].starts("tea")
        await double.until(lambda: fault.hits)
        await asyncio.sleep(0.15)
        for person in people[1:]:
            await person.starts("tea")
        for person in people:
            await person.waits_for("Bắt đầu pha trà", anywhere=True)
        after = [call.at for call in double.calls_of("sendMessage") if call.status == 200]
        first = double.calls_of("sendMessage")[0].at
        assert min(after) - first >= 0.95


async def test_a_webhook_turn_needs_no_library():
    """python-telegram-bot is slow to import and is not, as long as nothing is uploaded."""
    script = f"""
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
import tempfile
from aiohttp import web
from bot.app import running
from bot.channel.telegram import Telegram
from bot.config import Config
from bot.service.house import load_house

async def answer(request):
    calls.append(request.path.rsplit("/")[-1])
    said.set() if calls[-1] == "sendMessage" else None
    return web.json_response({{"ok": True, "result": {{"message_id": 1, "id": 5, "url": ""}}}})

async def main():
    app = web.Application()
    app.router.add_post("/{{rest:.*}}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{{runner.addresses[0][1]}}"
    root = Path({str(ROOT)!r})
    with tempfile.TemporaryDirectory() as folder:
        config = Config(root=root, database=f"sqlite+aiosqlite:///{{folder}}/bot.db")
        telegram = Telegram("5:abc", media=root, cache=root, api=url, webhook="https://bot.example/hook", secret="x")
        async with running(config, load_house(root, config.words)[0], [telegram]):
            user = {{"id": 1, "is_bot": False, "first_name": "x"}}
            message = {{"message_id": 1, "date": 1, "chat": {{"id": 1, "type": "private"}}, "from": user}}
            await telegram.take({{"update_id": 1, "message": message | {{"text": "/start"}}}})
            await asyncio.wait_for(said.wait(), 10)
    await runner.cleanup()

calls, said = [], asyncio.Event()
asyncio.run(main())
assert "getMe" in calls and "setWebhook" in calls, calls
print("telegram" in sys.modules)
"""
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
