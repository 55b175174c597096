"""What Telegram says happened, read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel.base import Incoming, What
from bot.channel.telegram_update import MEDIA, Me, read_update, tap_id

ME = Me(5, "Cam_Tay_Bot")
LAN = {"id": 7, "is_bot": False, "first_name": "Lan", "language_code": "vi"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Lan"}
GROUP = {"id": -7, "type": "supergroup", "title": "Tổ"}


def message(**what):
    """A message of a person in the private chat."""
    return {"message_id": 3, "date": 1, "chat": PRIVATE, "from": LAN} | what


def read(**update):
    """What the update means."""
    return read_update({"update_id": 9} | update, ME, 1000)


def test_a_text():
    """Everything an Incoming can tell of it."""
    expected = Incoming("telegram", "7", "9", 1000, What.TEXT, text="chào", message="3", language="vi")
    assert read(message=message(text="chào")) == expected


def test_a_text_with_anything_in_it_is_taken_as_it_is():
    """Cleaning is done further in."""
    assert read(message=message(text="a\x00\u202e<b>")).text == "a\x00\u202e<b>"


@pytest.mark.parametrize(("key", "detail"), MEDIA.items())
def test_media(key, detail):
    """Each kind has its word, and a caption is read: it may hold a secret."""
    got = read(message=message(**{key: {}, "caption": "mã 123456"}))
    assert (got.what, got.detail, got.text) == (What.MEDIA, detail, "mã 123456")


def test_a_photo_can_be_sent_on_by_the_id_of_its_largest_size():
    """Of anything else there is no id; one that is no photo is still answered."""
    sizes = [{"file_id": "small", "width": 90}, {"file_id": "large", "width": 1280}]
    assert read(message=message(photo=sizes)).photo == "large"
    assert read(message=message(document={"file_id": "x"})).photo == ""
    assert read(edited_message=message(photo=sizes, caption="x")).photo == ""
    for odd in ([], {}, [3], [{"file_id": 3}], None):
        got = read(message=message(photo=odd))
        assert (got.what, got.photo) == (What.MEDIA, "")


def test_an_animation_is_no_document():
    """It carries both keys, in any order."""
    assert read(message=message(document={}, animation={})).detail == "other"


def test_an_edited_text_and_an_edited_place():
    """Words are looked at; a live location moves every few seconds and is no event."""
    assert read(edited_message=message(text="x", edit_date=2)).what is What.EDITED
    assert read(edited_message=message(location={}, edit_date=2)).what is What.OTHER


def test_what_nobody_knows_is_other():
    """Service messages and kinds of the future are taken and not answered."""
    assert read(message=message(pinned_message={})).what is What.OTHER
    assert read(something_new={"chat": PRIVATE}).what is What.OTHER


@pytest.mark.parametrize("update", [{"poll": {"id": "1"}}, {"business": 5}, {"message": {}}, {"message": None}, {}])
def test_what_has_no_chat_is_nothing(update):
    """Nobody to answer."""
    assert read(**update) is None


@pytest.mark.parametrize(("status", "what"), [("kicked", What.BLOCKED), ("member", What.UNBLOCKED)])
def test_blocked_and_back(status, what):
    """Told by my_chat_member in the private chat."""
    change = {"chat": PRIVATE, "from": LAN, "date": 1, "new_chat_member": {"status": status}}
    assert read(my_chat_member=change).what is what
    assert read(my_chat_member=change | {"chat": GROUP}) is None


def test_a_tap():
    """Which button under which message."""
    query = {"id": "77", "from": LAN, "message": message(), "data": "abc"}
    got = read(callback_query=query)
    assert (got.what, got.tap, got.message, got.external, got.chat) == (What.TAP, "abc", "3", "9", "7")
    assert tap_id({"callback_query": query}) == "77"
    assert tap_id({"message": message()}) == ""


def test_a_tap_on_a_message_too_old_to_be_told():
    """With little more than its id, or without the message: the tap still counts."""
    little = {"chat": PRIVATE, "message_id": 3, "date": 0}
    assert read(callback_query={"id": "1", "from": LAN, "message": little, "data": "a"}).message == "3"
    got = read(callback_query={"id": "1", "from": LAN, "data": "a"})
    assert (got.chat, got.message, got.tap) == ("7", "", "a")


def test_a_tap_in_a_group_is_nothing():
    """The bot has no buttons there."""
    assert read(callback_query={"id": "1", "from": LAN, "message": message(chat=GROUP), "data": "a"}) is None


@pytest.mark.parametrize(
    ("what", "ours"),
    [
        ({"text": "/start"}, True),
        ({"text": "/start@cam_tay_bot x"}, True),
        ({"text": "/start@other_bot"}, False),
        ({"text": "ơi @CAM_tay_bot"}, True),
        ({"caption": "@cam_tay_bot", "photo": []}, True),
        ({"text": "Tay ơi", "entities": [{"type": "text_mention", "user": {"id": 5}}]}, True),
        ({"text": "chào cả nhà"}, False),
        ({"new_chat_title": "x"}, False),
    ],
)
def test_in_a_group_only_what_is_meant_for_us(what, ours):
    """And then without its words: what people say there is not ours to keep."""
    got = read(message=message(chat=GROUP, **what))
    assert (got is not None) is ours
    assert got is None or (got.what, got.text, got.chat) == (What.GROUP, "", "-7")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("message", "edited_message", "callback_query", "my_chat_member", "channel_post", "x")
FIELDS = ("chat", "from", "text", "id", "type", "message", "data", "message_id", "new_chat_member", "entities")


@given(st.dictionaries(st.sampled_from(KEYS), st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON))
def test_no_update_raises(update):
    """However odd it is: an update that raised would come again for ever."""
    got = read(**update)
    assert got is None or got.channel == "telegram"
    assert isinstance(tap_id(update), str)
