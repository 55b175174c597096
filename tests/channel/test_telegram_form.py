"""The form of messages on Telegram."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel.base import Button, Message
from bot.channel.parts import split, units
from bot.channel.telegram_form import below, inline, markup, parts
from tests.kit.telegram_rules import read_text


def rows(fragment, kind="inline_keyboard"):
    """The labels of a keyboard, row by row."""
    return [[button["text"] for button in row] for row in orjson.loads(orjson.dumps(fragment))[kind]]


def test_progress_headline_and_body_are_three_things():
    """A short line, the headline in bold, an empty line, the rest."""
    (part,) = parts(Message("Mở máy", "Bấm <nút> & chờ", "Bước 1/3"), 4096)
    assert part.html == "Bước 1/3\n<b>Mở máy</b>\n\nBấm &lt;nút&gt; &amp; chờ"
    assert part.plain == "Bước 1/3\nMở máy\n\nBấm <nút> & chờ"


@pytest.mark.parametrize(
    ("message", "html"),
    [
        (Message("Chào"), "<b>Chào</b>"),
        (Message("Chào", "bạn"), "<b>Chào</b>\n\nbạn"),
        (Message("", "bạn"), "bạn"),
        (Message("</b>", progress='"1"'), '"1"\n<b>&lt;/b&gt;</b>'),
    ],
)
def test_what_is_missing_leaves_no_trace(message, html):
    """No empty lines, no empty marks; everything is text."""
    assert [part.html for part in parts(message, 4096)] == [html]


def test_nothing_to_say_is_no_part():
    """An empty message is not sent as an empty text."""
    assert parts(Message(" ", "\n"), 4096) == []


def test_a_long_text_is_cut_where_it_ends():
    """At a paragraph if there is one, else at a sentence, else at a word, else anywhere."""
    assert split("a" * 60 + "\n\n" + "b" * 60, 100) == ["a" * 60, "b" * 60]
    assert split("a" * 59 + ". " + "b " * 30, 100)[0] == "a" * 59 + "."
    assert split("a" * 80 + " " + "b" * 60, 100) == ["a" * 80, "b" * 60]
    assert split("a" * 250, 100) == ["a" * 100, "a" * 100, "a" * 50]


def test_a_sentence_is_not_cut_while_one_ends_before():
    """However far in front it ends: better two short texts than half a sentence."""
    first, second = split("Ngắn. " + "từ " * 30 + "hết.", 80)[:2]
    assert first == "Ngắn."
    assert second.startswith("từ")


def test_an_emoji_may_count_twice():
    """Platforms do not say how they count: both readings fit."""
    made = split("🙏 " * 60, 50)
    assert all(units(part) <= 50 for part in made)
    assert "".join(made).replace(" ", "") == "🙏" * 60


def test_the_headline_of_a_long_message_is_bold_in_the_first_part_only():
    """The rest is plain text."""
    first, *rest = parts(Message("Đọc kỹ", "Một câu. " * 1000), 4096)
    assert first.html.startswith("<b>Đọc kỹ</b>\n\nMột câu.")
    assert rest
    assert not any("<b>" in part.html for part in rest)


@given(st.text(), st.text(), st.text(), st.integers(20, 200))
def test_any_message_fits_and_nothing_is_lost(head, body, progress, limit):
    """Each part fits and is read by Telegram's own parser; all words arrive, in order."""
    made = parts(Message(head, body, progress), limit)
    assert all(len(part.plain) <= limit for part in made)
    said = "".join("".join(part.plain.split()) for part in made)
    pieces = (f"{progress}\n" if progress else "") + head, body
    assert said == "".join("".join(piece.split()) for piece in pieces if piece.strip())


@given(st.text(alphabet="<>&;/b\"'ấ \n", min_size=1), st.text(alphabet="<>&;/b\"'ấ \n"))
def test_telegram_reads_back_what_was_written(head, body):
    """Through TDLib's parser the plain text comes out again."""
    for part in parts(Message(head, body), 4096):
        if part.plain.strip():
            assert read_text(part.html, "HTML").plain.split() == part.plain.split()


def test_main_and_plain_buttons_have_a_row_each_and_small_ones_share():
    """The order is kept, for people who type the number."""
    made = inline(
        (
            Button("a", "Xong", "main"),
            Button("b", "Chưa"),
            Button("c", "1", "small"),
            Button("d", "2", "small"),
            Button("e", "Khác"),
        )
    )
    assert rows(made) == [["Xong"], ["Chưa"], ["1", "2"], ["Khác"]]


@pytest.mark.parametrize(("count", "widths"), [(4, [4]), (5, [3, 2]), (7, [4, 3]), (9, [3, 3, 3])])
def test_never_more_than_four_small_buttons_in_a_row(count, widths):
    """More go into rows of about one length."""
    made = inline(tuple(Button(str(n), str(n), "small") for n in range(count)))
    assert [len(row) for row in rows(made)] == widths


def test_the_keyboard_below_stays_and_breaks_into_two_rows_when_long():
    """One row of short words, two of long ones."""
    assert rows(below(("A", "B", "C"), ""), "keyboard") == [["A", "B", "C"]]
    long = ("🏠 Về đầu trang", "🔊 Đọc cho nghe", "🧑 Gặp người giúp")
    assert rows(below(long, ""), "keyboard") == [list(long[:2]), [long[2]]]
    assert "input_field_placeholder" not in orjson.loads(orjson.dumps(below(long, "")))


def test_buttons_come_before_the_keyboard_below():
    """A message carries one keyboard only."""
    both = Message("x", buttons=(Button("a", "A"),), constants=("H",))
    assert rows(markup(both, "")["reply_markup"]) == [["A"]]
    assert markup(Message("x"), "") == {}
