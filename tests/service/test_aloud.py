"""Reading aloud: where a person is, in words fit for a file that outlives the chat."""

from __future__ import annotations

import pytest

from bot.channel.base import Message, VoiceNote, What
from bot.config import load
from bot.engine.chat import Chat
from bot.engine.session import Session, Visit
from bot.service.aloud import note
from bot.service.reload import Reload, open_house
from bot.store.tables import outbox
from bot.voice.sound import ENDINGS
from tests.kit.shell import a_bot, make_root, write_words

ALOUD = "đọc to"
GUEST = "Nguyệt Quế"


@pytest.fixture
def root(tmp_path):
    """A small house."""
    return make_root(tmp_path / "house")


def newest(bot, chat="1"):
    """The newest thing that was sent, whatever it is."""
    return bot.channel.to(chat)[-1]


async def at_boil(bot):
    """Somebody in front of the kettle."""
    await bot.says("1", "/start tea")
    await bot.taps("1", "Trà xanh")


async def test_the_open_step_is_read(root):
    """Headline and large buttons in the chat's language; the place is kept."""
    async with a_bot(root) as bot:
        await at_boil(bot)
        await bot.says("1", ALOUD)
        note = newest(bot)
        assert isinstance(note, VoiceNote)
        assert (note.path, note.language) == ("", "vi")
        assert note.words.startswith("Đun nước. Nút thứ nhất: Xong rồi. Nút thứ hai: Chưa được.")
        assert await bot.step("1") == "tea/boil"
        await bot.taps("1", "✅ Xong rồi")
        assert await bot.step("1") == "tea/cups"


async def test_at_home_the_home_screen_is_read(root):
    """No guide is open: its buttons are."""
    async with a_bot(root) as bot:
        await bot.says("1", "/start")
        await bot.says("1", "/home")
        await bot.says("1", ALOUD)
        assert isinstance(newest(bot), VoiceNote)
        assert "Nút thứ nhất: Pha trà. Nút thứ hai: Nấu cơm." in newest(bot).words


async def test_where_nobody_speaks_the_words_come_again(root):
    """A button never lies: the step, or the home screen, with its buttons."""
    async with a_bot(root, voice_provider="none") as bot:
        await bot.says("1", "/home")
        await bot.says("1", ALOUD)
        assert isinstance(newest(bot), Message)
        await at_boil(bot)
        await bot.says("1", ALOUD)
        assert isinstance(newest(bot), Message)
        assert bot.heads("1")[-2:] == ["Đun nước", "Đun nước"]


async def test_a_recording_goes_before_everything(root):
    """It is named, and its words are there in case it is missing."""
    flow = (root / "flows" / "tea.toml").read_text(encoding="utf-8")
    flow = flow.replace("[steps.boil]\ndo = true", '[steps.boil]\ndo = true\nvoice = "boil.ogg"')
    (root / "flows" / "tea.toml").write_text(flow, encoding="utf-8")
    for language in ("vi", "en"):
        folder = root / "content" / "media" / "voice" / language
        folder.mkdir(parents=True)
        (folder / "boil.ogg").write_bytes(b"OggS")
    async with a_bot(root, voice_provider="none") as bot:
        await at_boil(bot)
        await bot.says("1", ALOUD)
        assert newest(bot).path == "vi/boil.ogg"
        assert newest(bot).words.startswith("Đun nước.")


async def test_what_a_person_typed_is_not_spoken(root):
    """Neither a private answer nor another: the file of the voice outlives the chat. No file, no row holds it."""
    async with a_bot(root) as bot:
        await at_boil(bot)
        await bot.taps("1", "✅ Xong rồi")
        await bot.says("1", "7")
        await bot.says("1", GUEST)
        assert bot.last("1") == f"Xong 7 chén mời {GUEST}"
        await bot.says("1", ALOUD)
        note = newest(bot)
        assert isinstance(note, VoiceNote)
        assert note.words.startswith("Xong chén mời.")
        await bot.app.drafts.make(note.language, note.words, *ENDINGS)
        rows = await bot.rows(outbox, kind="voice")
        assert [row["payload"] for row in rows] == [""]  # the words are dropped when they are sent
    kept = list((root / "data" / "voice").iterdir())
    assert len(kept) == 2
    for file in kept:
        data = file.name.encode() + file.read_bytes()
        assert not any(secret.encode() in data for secret in (GUEST, "Nguyet", "chén"))


async def test_a_secret_before_it_is_spoken_nowhere(root):
    """A code typed at the step is not in what is read afterwards."""
    async with a_bot(root) as bot:
        await at_boil(bot)
        await bot.says("1", "mã otp 482913")
        await bot.says("1", ALOUD)
        assert isinstance(newest(bot), VoiceNote)
        assert "482913" not in newest(bot).words
        assert "bốn tám hai" not in newest(bot).words


def test_a_sentence_that_computes_with_an_answer_is_not_spoken(root):
    """Left out, there is nothing to compute with: the words come again."""
    write_words(root, "vi/tea/ready", {"text": "Xong {% if cups > 3 %}nhiều{% endif %} chén"})
    house, _ = open_house(load(root, {})[0])
    assert house is not None
    flow = house.flows["tea"]
    chat = Chat("paper:1", "paper", "1", "vi", 0, 0, flow="tea")
    session = Session("tea", flow.digest, "ready", 0, (Visit("cups", "3", 0),), finished=True)
    assert note(house, chat, session, 0) is None


async def test_edited_words_get_another_file(root):
    """Hot reload: the next tap is read in the new words."""
    async with a_bot(root) as bot:
        await at_boil(bot)
        await bot.says("1", ALOUD)
        before = newest(bot)
        write_words(root, "vi/tea/boil", {"text": "Nấu nước sôi"})
        await Reload(bot.app.config, bot.app.conversation).look()
        await bot.says("1", ALOUD)
        after = newest(bot)
        assert after.words.startswith("Nấu nước sôi.")
        assert bot.app.drafts.key("vi", before.words) != bot.app.drafts.key("vi", after.words)
        lexicon = root / "content" / "vi" / "_bot" / "lexicon.toml"
        lexicon.write_text(lexicon.read_text(encoding="utf-8") + '"sôi" = "xôi"\n', encoding="utf-8")
        await Reload(bot.app.config, bot.app.conversation).look()
        await bot.says("1", ALOUD)
        assert newest(bot).words.startswith("Nấu nước xôi.")


async def test_each_language_has_its_voice(root):
    """The chat's language decides who speaks."""
    async with a_bot(root) as bot:
        await bot.takes(bot.incoming("1", What.TEXT, text="/start rice", language="en"))
        await bot.says("1", "read aloud")
        assert newest(bot).language == "en"
        assert "Button one: Done." in newest(bot).words
