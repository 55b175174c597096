"""What a message sounds like: only words and pauses, every word one that a voice knows."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel.base import Button, Message
from bot.wording.speech import FILE, Lexicon, spoken

CONTENT = Path(__file__).parents[2] / "content"


def lexicon(language: str) -> Lexicon:
    """The one that is shipped."""
    return Lexicon.of(language, tomllib.loads((CONTENT / language / "_bot" / FILE).read_text(encoding="utf-8")))


VI = lexicon("vi")

SAID = {
    "Mở VNeID rồi bấm “Kích hoạt”": "Mở vi en i đi rồi bấm Kích hoạt.",
    "Mã OTP, mã QR": "Mã ô tê pê, mã quy rờ.",
    "Vào dichvucong.gov.vn": "Vào dịch vụ công chấm gốp chấm vê nờ.",
    "Gọi 113, 115.": "Gọi một một ba, một một năm.",
    "Trả 113.000 đồng": "Trả một trăm mười ba nghìn đồng.",
    "☎️ Gặp người giúp": "Gặp người giúp.",
    "ℹ️ Máy này là gì?": "Máy này là gì?",
    "👨‍👩‍👧 Gia đình": "Gia đình.",
    "Bấm !#1 rồi ?123.": "Bấm dấu than thăng một rồi hỏi một hai ba.",
    "Một; hai (ba)…": "Một, hai, ba.",
    "ai@vneid.gov.vn": "ai a còng vi en i đi chấm gốp chấm vê nờ.",
    "OTPs": "OTPs.",
    "👉": "",
    "Dòng một\n\nDòng hai.": "Dòng một. Dòng hai.",
}


@pytest.mark.parametrize(("written", "said"), SAID.items())
def test_words_as_they_are_spoken(written, said):
    """By the lexicon; signs are not spoken, quotes and brackets are pauses or nothing."""
    assert VI.say(written) == said


def test_a_message_is_read_with_its_large_buttons():
    """Somebody who cannot read hears which button is which; the small row is known by heart."""
    buttons = (Button("a", "✅ Xong rồi"), Button("b", "⏳ Chưa được"), Button("c", "◀ Lùi", "small"))
    message = Message("Đun nước", "Đợi sôi.", "Bước 1/3", buttons=buttons)
    assert spoken(message, VI) == "Đun nước. Đợi sôi. Nút thứ nhất: Xong rồi. Nút thứ hai: Chưa được."
    one = Message("Đun nước", buttons=buttons[:1])
    assert spoken(one, VI) == "Đun nước. Bấm nút: Xong rồi."
    assert spoken(one, lexicon("en")) == "Đun nước. The button: Xong rồi."


def test_a_language_without_a_lexicon_is_read_as_it_is_written():
    """Without its buttons: nobody has said how they are called there."""
    message = Message("Open VNeID", "Call 1900 0368", buttons=(Button("a", "Done"),))
    assert spoken(message, Lexicon("xx")) == "Open VNeID. Call 1 9 0 0, 0 3 6 8."


@given(st.text(max_size=80))
def test_any_text_can_be_spoken(text):
    """One line, without signs that are only seen, and no figure is left."""
    said = VI.say(text)
    assert "\n" not in said
    assert not re.search(r"[0-9“”\"()\[\]]", said)
    assert not any(unicodedata.category(sign) in {"So", "Co", "Cn", "Cs"} for sign in said)


def test_spoken_forms_need_no_lexicon_themselves():
    """They are words alone: no figures, no capitals in a row, no signs."""
    for written, said in VI.words.items():
        assert re.fullmatch(r"[^\W\d_]+(?: [^\W\d_]+)*", said), written
        assert not re.search(r"[A-ZĐ]{2}", said), written
        assert unicodedata.is_normalized("NFC", said)
