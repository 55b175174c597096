"""Small talk gets a warm short answer, wishes are heard in any words, and the person's step stays."""

from __future__ import annotations

import pytest

from tests.kit.shell import a_bot, make_root

START = "/start tea"


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("cảm ơn cháu nhiều lắm", "Dạ, không có gì đâu bạn."),
        ("bác già cả rồi", "Tuổi nào học cũng được, bạn ạ."),
        ("sợ bấm nhầm lắm", "Bạn cẩn thận thế là tốt lắm."),
        ("bực mình quá đi", "Mình xin lỗi vì làm bạn bực."),
        ("cháu là ai vậy", "Mình là Cầm Tay, máy trả lời tự động."),
        ("thời tiết hôm nay", "Việc này mình chưa biết giúp, bạn thông cảm nhé."),
        ("xin chào cháu", "Dạ, mình chào bạn."),
        ("bà mù chữ", "Bạn bấm “Đọc to” để nghe thay vì đọc nhé."),
        ("tai nghe không rõ", "Không cần nghe, bạn đọc chữ trên màn hình là đủ."),
        ("làm cái này có mất tiền không", "Hỏi mình thì không mất tiền, bạn ạ."),
        ("VNeID là gì", "VNeID là ứng dụng của Bộ Công an, giữ giấy tờ trong điện thoại."),
    ],
)
async def test_small_talk_keeps_the_step(tmp_path, typed, answer):
    """A sentence of its own, with the buttons of the step below."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", START)
        labels = [button.label for button in bot.channel.buttons("1")]
        await bot.says("1", typed)
        assert bot.last("1") == answer
        assert [button.label for button in bot.channel.buttons("1")] == labels
        assert await bot.step("1") == "tea/kind"
        await bot.taps("1", "Trà xanh")
        assert await bot.step("1") == "tea/boil"


async def test_who_begins_with_a_greeting_is_asked_how_to_be_called(tmp_path):
    """The welcome was the greeting."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "chào cháu")
        assert bot.last("1") == "Mình nên xưng hô thế nào cho phải?"


@pytest.mark.parametrize(
    ("typed", "begins"),
    [
        ("bác muốn nói chuyện với người thật", "Bạn muốn gặp người thật thì hỏi ở đây."),
        ("xóa dữ liệu về bác đi cháu", "Bạn muốn xóa"),
    ],
)
async def test_a_wish_is_heard_in_any_words(tmp_path, typed, begins):
    """What a button would do; to delete asks first."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/home")
        await bot.says("1", typed)
        assert bot.last("1").startswith(begins)


async def test_an_alarm_has_a_harmless_way_out(tmp_path):
    """What else the sentence may mean stands beside the emergency, and the way back."""
    root = make_root(tmp_path)
    for language in ("vi", "en"):
        path = root / "content" / language / "rice" / "_guide.j2"
        path.write_text(path.read_text(encoding="utf-8") + "{% block alarm %}cháy nhà{% endblock %}", encoding="utf-8")
    flow = root / "flows" / "rice.toml"
    flow.write_text(flow.read_text(encoding="utf-8").replace("menu = 2", "menu = 2\nalarm = true"), encoding="utf-8")
    async with a_bot(root) as bot:
        await bot.says("1", "/home")
        await bot.says("1", "cháy nhà khi pha trà")
        labels = [button.label for button in bot.channel.buttons("1")]
        assert "đang gặp chuyện này" in bot.last("1")
        assert labels == ["🍚 Nấu cơm", "🍵 Pha trà", "🏠 Về đầu"]
        await bot.says("1", "có cháy nhà không")
        assert "đang gặp chuyện này" not in bot.last("1")
