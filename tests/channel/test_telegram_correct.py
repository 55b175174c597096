"""Other words for a message already sent: text, caption, buttons that stay, and what a picture could not show."""

from __future__ import annotations

import pytest

from bot.channel.base import Button, Correction, Deletion, Message, Picture
from bot.channel.telegram import Telegram

KETTLE = Picture("tea/kettle.svg", "Một cái ấm")
ONE = (Button("abc", "🔕 Bớt tin", "small"),)


@pytest.fixture
async def mouth(double, tea, tmp_path):
    """The channel alone; Lan (7) has written before."""
    double.person(7, started=True)
    made = Telegram(double.token, media=tea / "content" / "media", cache=tmp_path / "png", api=double.url)
    yield made
    await made.close()


def _labels(shown):
    return [button["text"] for row in shown.keyboard["inline_keyboard"] for button in row]


@pytest.mark.parametrize("picture", [None, KETTLE])
async def test_new_words_take_the_place_of_the_old_ones(mouth, double, picture):
    """The picture stays, the buttons stay; the same once more is no fault; then it is taken away."""
    sent = await mouth.send("7", Message("Nhớ nhé", "Cũ <1>", picture=picture, buttons=ONE))
    words = Message("Nhớ nhé", "Mới & <2>", picture=picture, buttons=ONE)
    for _ in range(2):
        await mouth.send("7", Correction(sent.message, words))
    (shown,) = double.screens[7]
    assert shown.plain == "Nhớ nhé\n\nMới & <2>"
    assert _labels(shown) == ["🔕 Bớt tin"]
    assert (shown.photo is not None) == (picture is not None)
    await mouth.send("7", Deletion(sent.message))
    assert double.screens[7][0].deleted


async def test_where_the_picture_could_not_be_shown_its_words_are_corrected(mouth, double):
    """A message that has no caption has a text."""
    sent = await mouth.send("7", Message("Nhớ nhé", "Cũ", buttons=ONE))
    await mouth.send("7", Correction(sent.message, Message("Nhớ nhé", "Mới", picture=KETTLE, buttons=ONE)))
    (shown,) = double.screens[7]
    assert shown.plain == "Nhớ nhé\n\nMới"
    assert [note.partition(":")[0] for note in double.violations] == ["editMessageCaption"]
    double.violations.clear()


async def test_a_message_that_the_person_has_deleted_needs_no_correction(mouth, double):
    """Nothing wrong is left to be seen: that is no fault."""
    await mouth.send("7", Correction("999", Message("Nhớ nhé")))
    assert double.screens[7] == []
    double.violations.clear()
