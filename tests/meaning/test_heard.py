"""Sentences of people who tried the bot cold, on the guides and words as they are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from bot.meaning.choose import Offer, choose
from bot.meaning.fold import fold
from bot.service.house import House, load_house
from bot.service.phrases import phrases

ROOT = Path(__file__).parents[2]


@cache
def house() -> House:
    """The guides as they are."""
    return load_house(ROOT, {})[0]


@pytest.mark.parametrize(
    ("typed", "guide"),
    [
        ("con bị bắt cóc", "scam-fake-police"),
        ("con trai bà bị bắt cóc đòi tiền chuộc", "scam-fake-police"),
        ("nó bảo bà chuyển tiền nó mới thả con trai bà", "scam-fake-police"),
        ("nó bắt bà ra ngân hàng rút tiền đưa nó", "scam-fake-police"),
        ("no bat ba ra ngan hang rut tien dua no", "scam-fake-police"),
        ("nó đang gọi điện bảo bà đọc mã", "scam-fake-police"),
        ("nó gọi bảo đọc mã otp", "scam-fake-police"),
        ("đang gọi đòi mã", "scam-fake-police"),
        ("họ bảo đọc mã otp cho họ, bà đọc rồi", "scam-report"),
    ],
)
def test_live_extortion_is_a_cry_for_help(typed: str, guide: str) -> None:
    """While it happens, not only afterwards."""
    assert house().ear.hear(typed).alarm == f"open:{guide}"


@pytest.mark.parametrize(
    "typed",
    [
        "tôi muốn chết vì bị lừa hết tiền",
        "mất hết tiền rồi chỉ muốn chết thôi cháu ạ",
        "lo chuyen tien cho no roi toi khong muon song nua",
        "bị lừa đảo xong mẹ em đòi tự tử",
        "công an giả gọi, ông sợ quá đau ngực khó thở",
        "cần tiền trả nợ quá muốn chết cho xong",
    ],
)
def test_a_life_goes_before_money(typed: str) -> None:
    """Who lost everything and wants to die is asked about that first; the guide about the loss may stand beside."""
    heard = house().ear.hear(typed)
    assert (heard.alarm, heard.is_for_life) == ("open:emergency", True)


@pytest.mark.parametrize(
    "typed", ["nóng muốn chết", "cười muốn chết", "cứ từ từ tôi làm", "tư vấn giúp tôi", "ở đâu tìm"]
)
def test_what_is_said_every_day_is_about_no_life(typed: str) -> None:
    """With accents and without."""
    assert not house().ear.hear(typed).is_for_life
    assert not house().ear.hear(fold(typed)).is_for_life


def test_no_phrase_of_another_guide_is_about_a_life() -> None:
    """Typed without accents “tư vấn” is “tự vẫn” and “vợ ơi” is “vỡ ối”: such phrases are too short to alarm."""
    guides = list(house().flows.values())
    for entry in phrases(guides, house().library):
        if entry.answer not in {"open:emergency", "talk:elsewhere"}:
            found = [phrase for phrase in entry.phrases if house().ear.hear(fold(phrase)).is_for_life]
            assert not found, entry.answer


@pytest.mark.parametrize("typed", ["đặt cọc trước có sao không", "nó bảo đọc sách", "ra ngân hàng rút tiền trợ cấp"])
def test_what_is_near_it_is_no_cry(typed: str) -> None:
    """Words of every day."""
    assert house().ear.hear(typed).alarm == ""


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("bac la ba Tu", "talk:name"),
        ("tôi tên là Lan", "talk:name"),
        ("gọi tôi là cụ", "address"),
        ("bà Tư đây", "talk:name"),
        ("my name is Lan", "talk:name"),
        ("mày là ai", "talk:who"),
        ("cháu là ai vậy", "talk:who"),
        ("bấm mãi chẳng thấy gì", "talk:unclear"),
        ("tui quen mat khau cai vneid roi lam sao bay gio", "open:eid-forgot-password"),
        ("chữ nhỏ quá", "talk:eyes"),
        ("chữ to lên", "talk:eyes"),
        ("bà không biết chữ", "talk:eyes"),
        ("mù chữ", "talk:eyes"),
        ("I cannot read", "talk:eyes"),
        ("tai nghe không rõ", "talk:ears"),
        ("bà lãng tai cháu ạ", "talk:ears"),
        ("nghe không rõ", "talk:ears"),
        ("I cannot hear well", "talk:ears"),
        ("có mất tiền không cháu", "talk:cost"),
        ("VNeID là gì", "talk:vneid"),
        ("what is VNeID", "talk:vneid"),
        ("dừng", "talk:stop"),
    ],
)
def test_what_people_say_first_is_understood(typed: str, answer: str) -> None:
    """It comes first, beyond doubt."""
    heard = house().ear.hear(typed)
    assert heard.found[0].answer == answer
    assert heard.is_clear


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "con ơi giúp bà với",
            "giúp tui với",
            "giup toi voi chau oi",
            "giúp choa với",
            "giúp mệ với",
            "giúp em với ạ",
        ),
        *("ai giúp tui với", "bà cần người giúp", "can nguoi giup", "có ai giúp tôi không", "hu hu giúp tôi với"),
        *("cứu tôi", "cuu toi voi", "cứu bà với con ơi", "cứu tui với", "cứu với", "trời ơi cứu tôi với"),
        *("không biết làm sao giờ", "khong biet lam sao bay gio", "tau khong biet mần răng", "mần răng chừ"),
        *("choa nỏ biết mần răng chừ", "bác nỏ biết mần chi", "giờ phải làm sao đây", "ko bik lm sao h", "help me"),
    ],
)
def test_who_cries_for_help_and_names_nothing_gets_a_human(typed: str) -> None:
    """In any dialect, with accents or without: there is nothing to find, and to ask back would only frighten."""
    heard = house().ear.hear(typed)
    assert heard.found[0].answer == "human"
    assert heard.is_clear
    assert heard.alarm == ""


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("cứu mẹ tôi với", "open:emergency"),
        ("cứu tôi với khó thở quá", "open:emergency"),
        ("cứu với có người ngất", "open:emergency"),
        ("cháy nhà rồi cứu tôi với", "open:emergency"),
        ("cứu tôi với nó đánh tôi", "open:emergency"),
        ("nó lừa tôi hết tiền rồi cứu tôi với", "open:scam-report"),
        ("công an gọi đòi bắt tôi, giúp tôi với", "open:scam-fake-police"),
    ],
)
def test_who_cries_for_help_and_names_the_danger_is_led_to_it(typed: str, answer: str) -> None:
    """The alarm goes before the wish for a human."""
    assert house().ear.hear(typed).alarm == answer


def test_who_names_the_thing_is_led_to_the_thing() -> None:
    """To ask for help in front of a wish is only manners."""
    assert house().ear.hear("giúp bà với, quên mật khẩu vneid").found[0].answer == "open:eid-forgot-password"


@pytest.mark.parametrize("typed", ["rồi con", "dạ con", "rồi nha con"])
def test_words_of_manners_lead_to_no_guide(typed: str) -> None:
    """They say nothing."""
    assert not [found for found in house().ear.hear(typed).found if found.answer.startswith("open:")]


STEP = ("done", "not_yet", "stuck", "again", "back", "home", "restart")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("stuck", "khong thay dau het|không thấy nút đó|kẹt rồi|bà bị kẹt|nó báo sai số|giúp bà"),
        ("done", "xong rồi nè con|dạ rồi|rồi con"),
        ("again", "bước mấy rồi|tới đâu rồi|đang ở đâu"),
        ("restart", "bắt đầu lại|trở lại bước 1"),
        ("home", "thôi không làm nữa"),
    ],
)
def test_at_a_step_people_answer_in_their_own_words(answer: str, said: str) -> None:
    """By the very words, among all that can be answered there."""
    library = house().library
    words = library.language("vi").address("").words
    offers = [Offer(each, "", library.lines("vi", "_bot/buttons", f"words_{each}", words)) for each in STEP]
    for typed in said.split("|"):
        assert choose(typed, offers, freely=False) == answer, typed
        assert choose(fold(typed), offers, freely=False) == answer, typed


def test_larger_letters_are_found_on_the_page_and_on_the_phone() -> None:
    """Both languages name the button of the page, which is called so there, and the settings."""
    library = house().library
    page = (ROOT / "bot" / "web" / "templates" / "chat.html").read_text(encoding="utf-8")
    assert ">A+</button>" in page
    for language, settings in (("vi", "Cài đặt"), ("en", "Settings")):
        words = library.language(language).address("").words
        text = " ".join(library.lines(language, "_bot/talk_eyes", "text", words))
        assert "A+" in text
        assert settings in text


def test_who_says_a_name_hears_how_to_be_called_otherwise() -> None:
    """By the label of that answer, as it stands."""
    library = house().library
    for language in ("vi", "en"):
        words = library.language(language).address("").words
        (label,) = library.lines(language, "_bot/buttons", "address", words)
        assert f"“{label}”" in " ".join(library.lines(language, "_bot/talk_name", "text", words))
