"""Messages of others, pasted or forwarded: the verdict, the way back, and that nothing of them is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.channel.base import Message, What
from bot.channel.telegram_update import Me, read_update
from bot.service.scam import LONGEST_QUOTE, quoted
from bot.store import tables
from bot.store.tables import metadata
from tests.kit.shell import OPEN, RICE, RICE_WORDS, Recorder, a_bot, make_root, write_guide

FRAUD = "Tai khoan bi khoa, bam https://bidv-vn.top xac minh ngay"
LOST_WORDS = {
    **RICE_WORDS,
    "_guide": {"title": "Mất tiền", "goal": "Cứu tiền.", "words": "mất tiền", "alarm": "bị lừa rồi"},
}


def _with_lost(root):
    """A guide for somebody who has already done what a fraud says."""
    write_guide(root, "scam-report", RICE.replace("menu = 2", "menu = 3\nalarm = true"), LOST_WORDS)
    return root


def _labels(bot, chat):
    return [button.label for button in bot.channel.buttons(chat)]


def _newest(bot, chat):
    return [each for each in bot.channel.to(chat) if isinstance(each, Message)][-1]


async def test_a_pasted_fraud_gets_its_verdict_and_the_step_is_kept(tmp_path):
    """The reasons quote the message; the way back shows the step again."""
    async with a_bot(_with_lost(make_root(tmp_path))) as bot:
        await bot.says("1", "/start tea")
        await bot.taps("1", "Trà xanh")
        await bot.says("1", FRAUD)
        message = _newest(bot, "1")
        assert message.head.startswith("🛑")
        assert message.body.startswith("• Địa chỉ “bidv-vn.top” chỉ nhái tên “bidv”")
        assert message.body.count("•") == 3
        assert "nút đầu tiên" in message.body
        assert _labels(bot, "1") == ["Mất tiền", "Ở lại bước đang làm"]
        assert await bot.step("1") == "tea/boil"
        await bot.taps("1", "Ở lại bước đang làm")
        assert bot.last("1") == "Đun nước"


async def test_no_button_is_spoken_of_that_is_not_there(tmp_path):
    """Where the guide for those who lost money is not in service."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", FRAUD)
        assert "nút đầu tiên" not in _newest(bot, "1").body
        assert _labels(bot, "1") == ["🏠 Về đầu"]


@pytest.mark.parametrize("wish", ["kiem tra tin nhan", "/check", "tin này có phải lừa đảo không?"])
async def test_after_the_wish_the_next_message_is_looked_at(tmp_path, wish):
    """Even one that nothing is wrong with; after that, words mean what they always mean."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", wish)
        assert _labels(bot, "1") == ["Thôi, không kiểm tra nữa"]
        await bot.says("1", "mai 8h họp thôn ở nhà văn hoá, các bác nhớ ra đông đủ nhé")
        assert "không thấy dấu hiệu lừa đảo, nhưng" in bot.last("1")
        await bot.says("1", "pha trà")
        assert "Trà xanh" in _labels(bot, "1")


async def test_the_wish_can_be_taken_back(tmp_path):
    """By its button, its words or its number; the step is shown again."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start tea")
        for word in ("thôi", "1", "Thôi, không kiểm tra nữa"):
            await bot.says("1", "kiểm tra tin nhắn")
            await bot.says("1", word)
            assert bot.last("1") == "Chọn loại trà", word


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        ("gặp người", "Bạn muốn gặp người thật"),
        ("bị lừa rồi", "Có phải bạn đang gặp chuyện này"),
        ("tôi bị lừa rồi, cứu với", "Có phải bạn đang gặp chuyện này"),
    ],
)
async def test_while_it_waits_for_a_message_help_and_the_way_out_are_heard(tmp_path, said, begins):
    """A cry for help and the words of what is always there are no message of somebody else's."""
    async with a_bot(_with_lost(make_root(tmp_path))) as bot:
        await bot.says("1", "/home")
        home = bot.last("1")
        await bot.says("1", "/check")
        await bot.says("1", said)
        assert bot.last("1").startswith(begins)
        assert "Thôi, không kiểm tra nữa" not in _labels(bot, "1")
        await bot.says("1", "/check")
        await bot.says("1", "về đầu")
        assert bot.last("1") == home


async def test_a_few_words_are_no_message(tmp_path):
    """It is asked for again, twice; a third time whatever comes is looked at, so that nobody is held."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/check")
        asked = bot.last("1")
        for said in ("alo", "bà không biết dán"):
            await bot.says("1", said)
            assert bot.last("1") == asked
            assert _labels(bot, "1") == ["Thôi, không kiểm tra nữa"]
        await bot.says("1", "mai họp thôn")
        assert "không thấy dấu hiệu lừa đảo, nhưng" in bot.last("1")


@pytest.mark.parametrize("word", ["hủy", "không có", "thôi không"])
async def test_the_check_is_called_off_in_other_words(tmp_path, word):
    """The step is shown again."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start tea")
        await bot.says("1", "/check")
        await bot.says("1", word)
        assert bot.last("1") == "Chọn loại trà"


async def test_a_pasted_fraud_full_of_cries_gets_its_verdict(tmp_path):
    """Its words are somebody else's, though the ear knows them."""
    async with a_bot(_with_lost(make_root(tmp_path))) as bot:
        await bot.says("1", "/check")
        await bot.says("1", "Ban da bi lua roi, bam https://bidv-vn.top de lay lai tien ngay")
        assert bot.last("1").startswith("🛑")


async def test_what_is_forwarded_is_looked_at(tmp_path):
    """Without an address and without many words: the person did not write it."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start tea")
        await bot.says("1", "chiều nay họp tổ", forwarded=True)
        assert "không thấy dấu hiệu lừa đảo, nhưng" in bot.last("1")
        assert await bot.step("1") == "tea/kind"


async def test_a_pasted_message_is_no_answer_to_a_question(tmp_path):
    """A step that asks for words does not take a fraud for the answer, but takes what is short and harmless."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start tea")
        await bot.taps("1", "Trà xanh")
        await bot.says("1", "xong rồi")
        await bot.says("1", "2")
        await bot.says("1", FRAUD)
        assert bot.last("1").startswith("🛑")
        assert await bot.step("1") == "tea/guest"
        await bot.says("1", "bà Năm với chú Sáu nhà bên, cả hai cháu nhỏ, thêm cô giáo cũ của cháu lớn ở đầu làng nữa")
        assert await bot.step("1") == "tea/ready"


async def test_own_trouble_is_no_pasted_message(tmp_path):
    """An address in a cry for help does not keep the help away."""
    async with a_bot(_with_lost(make_root(tmp_path))) as bot:
        await bot.says("1", "bị lừa rồi, tôi bấm bidv-vn.top mất rồi")
        assert not bot.last("1").startswith("🛑")
        assert "Mất tiền" in _labels(bot, "1")


async def test_nothing_of_the_message_is_kept_but_the_quotes(tmp_path):
    """Neither its words nor its numbers, in any table, on a channel that shows its messages from the database."""
    channel = Recorder(capabilities=replace(OPEN, keeps=True))
    async with a_bot(make_root(tmp_path), channel=channel) as bot:
        await bot.says("1", "/check")
        await bot.says(
            "1", "Hoa ơi con đổi số, máy hỏng, gửi gấp con 5 triệu vào stk 0987654321 của bạn Mận, gọi +37529123456"
        )
        assert bot.last("1").startswith("🛑")
        kept = " ".join([str(row) for table in metadata.sorted_tables for row in await bot.rows(table)])
        for canary in ("Hoa", "Mận", "0987654321", "37529123456"):
            assert canary not in kept
        assert [line["answer"] for line in await bot.rows(tables.journal, what="scam")] == ["stop"]


@pytest.mark.parametrize(
    ("piece", "shown"),
    [
        ("gọi 0912 345 678 ngay", "gọi 0912••• ngay"),
        ("ck 500k", "ck 500k"),
        ("bấm https://bidv-vn.top/khach/0912345678?ten=Hoa", "bấm https://bidv-vn.top/…"),
        ("bidv-vn.top/khach", "bidv-vn.top/…"),
        ("bấm http://103.4.5.6:80/khach", "bấm http://103.4.5.6:80/…"),
        ("một\ndòng  thôi", "một dòng thôi"),
        ("a" * 100, "a" * (LONGEST_QUOTE - 1) + "…"),
    ],
)
def test_a_quote_is_short_and_covers_what_is_private(piece, shown):
    """Long numbers and paths; sums of money stay."""
    assert quoted(piece) == shown


async def test_a_photo_is_no_message_to_look_at(tmp_path):
    """While the bot waits for a message, other things get their own answer."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/check")
        await bot.takes(bot.incoming("1", What.MEDIA, detail="photo"))
        assert not bot.last("1").startswith(("🛑", "⚠️"))


@pytest.mark.parametrize(("parts", "forwarded"), [({}, False), ({"forward_origin": {"type": "hidden_user"}}, True)])
def test_telegram_tells_what_was_forwarded(parts, forwarded):
    """By where the message came from first."""
    chat = {"id": 5, "type": "private"}
    message = {"message_id": 7, "date": 1, "chat": chat, "from": {"id": 5}, "text": "chiều nay họp tổ", **parts}
    incoming = read_update({"update_id": 1, "message": message}, Me(1), 0)
    assert incoming is not None
    assert incoming.forwarded is forwarded
