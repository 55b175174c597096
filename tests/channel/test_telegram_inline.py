"""Telegram's inline mode: cards to pass on, from any chat, without a conversation."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bot.app import FONTS
from bot.channel.base import Card
from bot.channel.telegram_inline import PAGE, answer
from bot.people.role import Grant, Role
from bot.people.team import Team
from bot.store import audit, chats, links, roles, tables, teams
from tests.channel.conftest import ROOT, living

PICTURES = {"cache": ROOT / "data" / "pictures", "fonts": FONTS}


async def joins(bot, person, code="doan-xa"):
    """Somebody who has talked with the bot is a volunteer from now on."""
    async with bot.app.database.batch() as batch:
        await teams.save(batch, [Team(code, "Đoàn xã", "youth", "thanh-hoa/ngoc-lac", 1)])
        await roles.give(batch, f"telegram:{person.id}/1", Grant(Role.VOLUNTEER, code), 1)


async def stored(bot):
    """How many chats there are."""
    async with bot.app.database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(tables.chat))).scalar()


def link_of(card):
    """Where the card's button leads."""
    [[button]] = card["reply_markup"]["inline_keyboard"]
    return button["url"]


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_what_is_typed_finds_its_guide(double, tmp_path, webhook):
    """The first card is the guide that is meant; tapped by who gets it, it opens there. Nobody's chat is touched."""
    async with living(double, ROOT, tmp_path, webhook=webhook, **PICTURES) as bot:
        sender, other = double.person(1), double.person(2)
        asked = await sender.asks_inline("kich hoat vneid")
        await asked.waits_for_answer()
        card = asked.cards[0]
        assert card["id"] == "eid-activate"
        assert "VNeID" in card["title"]
        assert card["description"]
        assert "<b>" in card["input_message_content"]["message_text"]
        assert card["reply_markup"]["inline_keyboard"][0][0]["text"] == "Mở hướng dẫn"
        assert await stored(bot) == 0
        await other.follows(link_of(card))
        await other.waits_for(lambda shown: "1/" in shown.plain or shown.buttons)
        async with bot.app.database.read() as connection:
            found, _ = await chats.load(connection, ["telegram:2"])
        assert found["telegram:2"].flow == "eid-activate"


async def test_nothing_typed_gives_everything_by_pages(double, tmp_path):
    """The menu, ten at a time, each guide once; what means nothing gives the same."""
    async with living(double, ROOT, tmp_path, **PICTURES) as bot:
        person, offset, found = double.person(1), "", []
        while True:
            asked = await person.asks_inline("", offset)
            answered = await asked.waits_for_answer()
            assert len(asked.cards) <= PAGE
            assert answered["is_personal"]
            assert answered["cache_time"] > 0
            found += [card["id"] for card in asked.cards]
            offset = answered["next_offset"]
            if not offset:
                break
        listed = {flow.name for flow in bot.house.flows.values() if flow.menu is not None}
        assert sorted(found) == sorted(listed)
        unknown = await person.asks_inline("xyzzy")
        await unknown.waits_for_answer()
        assert [card["id"] for card in unknown.cards] == found[:PAGE]


async def test_a_volunteer_s_card_counts_for_the_team(double, tmp_path):
    """Their code is in the link, others' links have none; the use of the right is written down once, not by letter."""
    async with living(double, ROOT, tmp_path, **PICTURES) as bot:
        lan, other = double.person(1), double.person(2)
        await joins(bot, lan)
        for letters in ("sim", "xac thuc sim", "otp"):
            asked = await lan.asks_inline(letters)
            await asked.waits_for_answer()
        plain = await other.asks_inline("otp")
        await plain.waits_for_answer()
        assert link_of(plain.cards[0]).endswith("?start=otp-problem")
        assert "doan-xa" in link_of(asked.cards[0])
        await other.follows(link_of(asked.cards[0]))
        await other.waits_for(lambda shown: shown.buttons)
        async with bot.app.database.read() as connection:
            [counted] = await links.of_team(connection, "doan-xa", "2000", "3000")
            used = [each.what for each in await audit.listed(connection) if each.right == "forward"]
        assert (counted.guide, counted.kind.value, counted.what, counted.count) == ("otp-problem", "card", "opened", 1)
        assert used == ["cards"]
        async with bot.app.database.batch() as batch:
            await roles.leave(batch, "telegram:1/1", "doan-xa", 2)
        again = await lan.asks_inline("otp")
        await again.waits_for_answer()
        assert link_of(again.cards[0]).endswith("?start=otp-problem")


async def test_the_button_of_a_guide_asks_for_its_card(double, tmp_path):
    """“Gửi cho…” at a step lets one choose a chat; there stands the very step, and it opens for who gets it."""
    async with living(double, ROOT, tmp_path, **PICTURES) as bot:
        person, other = double.person(1), double.person(2)
        await person.starts("eid-activate")
        shown = await person.waits_for(lambda shown: shown.buttons)
        await person.taps_message(shown, shown.labels[0])
        await person.waits_for(lambda each: each.id != shown.id and bool(each.buttons))
        await person.says("gửi cho con")
        offered = await person.waits_for(lambda each: any("Gửi cho" in label for label in each.labels))
        query = person.chooses(offered, "📤 Gửi cho…")
        assert query.startswith("eid-activate__")
        asked = await person.asks_inline(query)
        await asked.waits_for_answer()
        [card] = asked.cards
        await other.follows(link_of(card))
        await other.waits_for(lambda each: each.buttons)
        async with bot.app.database.read() as connection:
            _, sessions = await chats.load(connection, ["telegram:1", "telegram:2"])
        assert sessions["telegram:1"]["eid-activate"].step == sessions["telegram:2"]["eid-activate"].step


async def test_a_bot_without_inline_mode_shows_a_plain_button(double, tea, tmp_path):
    """Telegram would refuse the whole message else; tapped, it makes the message that can be passed on."""
    get_me = double._answers["getme"]

    async def without(arguments):
        return {**await get_me(arguments), "supports_inline_queries": False}

    double._answers["getme"] = without
    async with living(double, tea, tmp_path) as bot:
        person = double.person(1)
        await person.starts("tea")
        for label in ("Pha luôn", "✅ Xong rồi"):
            await person.taps(label)
        for words in ("2", "Lan"):
            await asyncio.sleep(0.1)
            await person.says(words)
        await person.waits_for("Mời Lan uống trà")
        await person.taps("📤 Gửi cho…")
        await person.waits_for("/go/tea")
        assert bot.telegram.username == "cam_tay_double_bot"


async def test_a_code_typed_by_mistake_finds_nothing_and_is_not_kept(double, tmp_path, caplog):
    """A one-time code behind @bot gives the menu; it is in no log."""
    async with living(double, ROOT, tmp_path, **PICTURES):
        asked = await double.person(1).asks_inline("mã OTP của tôi là 482913")
        await asked.waits_for_answer()
        assert len(asked.cards) == PAGE
    assert "482913" not in caplog.text


async def test_a_slow_or_refused_answer_stops_nothing(double, tmp_path, caplog):
    """A query that cannot be answered is let go; messages go on."""
    async with living(double, ROOT, tmp_path, **PICTURES):
        double.fault("answerInlineQuery", kind="server_error", times=None)
        person = double.person(1)
        await person.asks_inline("vneid")
        await person.starts()
        await person.waits_for(lambda shown: shown.buttons)
        await double.until(lambda: double.calls_of("answerInlineQuery"))
    assert "482913" not in caplog.text


def test_a_card_as_telegram_takes_it():
    """With a picture the preview shows it above the words; signs of markup are words; odd offsets begin anew."""
    card = Card("tea", "<Trà>", "Uống & nghỉ", "Pha trà < 5 phút", "tea", "Mở", "https://bot.example/p.png")
    said = answer({"id": 7, "offset": "²"}, [card, replace(card, place="x" * 99, picture="")], "b")
    first, second = said["results"]
    assert first["input_message_content"]["message_text"] == "<b>&lt;Trà&gt;</b>\n\nPha trà &lt; 5 phút"
    assert first["thumbnail_url"] == "https://bot.example/p.png"
    assert first["input_message_content"]["link_preview_options"]["show_above_text"]
    assert second["input_message_content"]["link_preview_options"] == {"is_disabled": True}
    assert len(second["id"]) == 64
    assert said["next_offset"] == ""
