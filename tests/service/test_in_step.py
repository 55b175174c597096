"""What people type in the middle of a guide is about the step they are at, in the guides and words as they are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.kit.house import guides
from tests.kit.talk import Person

if TYPE_CHECKING:
    from bot.service.house import House

STEP, NEXT, BEFORE = "type_numbers", "type_code", "open_app"
QUESTION = {"vi": "Nhập số định danh và số điện thoại", "en": "Enter the ID number and the phone number"}
STUCK = {"vi": "Bạn đang gặp chuyện gì?", "en": "What went wrong?"}
YES = {"vi": "Dạ, bạn làm xong việc ở bước này chưa?", "en": "Is this step done?"}


@cache
def house() -> House:
    """The guides and words as they are."""
    return guides()


def at_a_step(language: str = "vi") -> Person:
    """Somebody at a step where numbers are typed into another app."""
    person = Person(house(), language)
    for words in ("/start eid-activate", "begin" if language == "en" else "bắt đầu", "1"):
        person.type(words)
    assert person.place == STEP
    return person


ABOUT_IT = (
    "bấm vào đâu|bấm chỗ nào vậy cháu|nút nào|ở đâu|chữ gì|số gì|nhập ở đâu|bà không biết bấm gì|rồi sao nữa|giờ sao"
    "|tiếp theo làm gì|rồi bấm gì nữa|xong chưa|còn mấy bước nữa|bao giờ xong|nói lại đi|là sao|bam vao dau"
    "|where do I press|which button|what now|how many steps are left"
)
IN_TROUBLE = (
    "không thấy nút|không thấy chỗ đó|không có nút đó|nó không chạy|máy tôi không có|máy bác không có cái đó"
    "|tìm không thấy|bấm không được|không giống hình|I do not see the button|nothing happens"
)
DONE = "bác làm rồi mà|bà xong rồi cháu ạ|dạ rồi|tôi bấm rồi|làm rồi|rồi|already done"
BACK = "quay lại bước trước|quay lại bước trước cháu ơi|lùi một bước|go back one step"
YESES = "dạ|ok|vâng ạ|ok cháu|ừ|đúng rồi|yes|okay"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_question_in_a_step_is_about_the_step(language: str) -> None:
    """The step again, its known problems, the next one or the one before; in either language, whichever is open."""
    for typed in ABOUT_IT.split("|"):
        person = at_a_step(language)
        assert (person.type(typed)[0].head, person.place) == (QUESTION[language], STEP), typed
    for typed in IN_TROUBLE.split("|"):
        person = at_a_step(language)
        assert (person.type(typed)[0].head, person.place) == (STUCK[language], STEP), typed
    for words, place in ((DONE, NEXT), (BACK, BEFORE)):
        for typed in words.split("|"):
            person = at_a_step(language)
            person.type(typed)
            assert person.place == place, typed


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_mere_yes_skips_no_step(language: str) -> None:
    """It is asked whether the step is done, with its buttons; elsewhere what stands on the screen is shown again."""
    person = at_a_step(language)
    for typed in YESES.split("|"):
        [said] = person.type(typed)
        assert (said.head, len(said.buttons), person.place) == (YES[language], 5, STEP), typed
    [found] = person.type("đóng tiền điện")
    [said] = person.type("vâng")
    assert [button.label for button in said.buttons] == [button.label for button in found.buttons]
    assert person.place == STEP


def test_accents_tell_yes_from_stop() -> None:
    """“Dừng” without its accent is “đúng”."""
    assert at_a_step().type("dừng")[0].head == "Vâng, bạn nghỉ nhé."
    assert at_a_step().type("đúng")[0].head == YES["vi"]


@pytest.mark.parametrize(
    ("typed", "head"),
    [
        ("con tôi mất rồi", "Mình xin chia buồn cùng bạn."),
        ("con trai toi mat roi chau oi", "Mình xin chia buồn cùng bạn."),
        ("my mother died", "Mình xin chia buồn cùng bạn."),
    ],
)
def test_who_mourns_is_not_urged_on(typed: str, head: str) -> None:
    """Condolence without the buttons of the step, also as the first words of all."""
    person = at_a_step()
    [said] = person.type(typed)
    assert (said.head, [button.label for button in said.buttons]) == (head, ["☎️ Gặp người giúp", "Ở lại bước đang làm"])
    assert "một người thân" in said.body
    newcomer = Person(house())
    assert newcomer.type(typed)[-1].head == head


@pytest.mark.parametrize("typed", ["ví tôi mất rồi", "tiền tôi mất rồi", "điện thoại con tôi mất rồi"])
def test_what_is_lost_is_not_mourned(typed: str) -> None:
    """A purse is “mất rồi” as well."""
    assert "chia buồn" not in at_a_step().type(typed)[0].head


def test_who_wants_to_die_hears_a_warm_word_before_the_numbers() -> None:
    """In both languages; a cry about money alone has the bare question."""
    assert at_a_step().type("tôi không muốn sống nữa")[0].head.startswith("Mình ở đây với bạn.")
    assert at_a_step("en").type("I do not want to live")[0].head.startswith("I am here with you.")
    assert at_a_step().type("con tôi mất tiền rồi")[0].head == "Có phải bạn đang gặp chuyện này không?"


def test_a_number_alone_is_nobody_known() -> None:
    """No word of fraud; where a guide is open it may be the person's own."""
    person = at_a_step()
    [said] = person.type("0912 345 678")
    assert said.head == "Mình không biết số này của ai, bạn ạ."
    assert "Đây là số của bạn" in said.body
    person.type("/home")
    [said] = person.type("0912345678 là số của ai")
    assert said.head == "Mình không biết số này của ai, bạn ạ."
    assert "Đây là số của bạn" not in said.body
    assert at_a_step("en").type("0912345678")[0].head == "I do not know whose number this is."


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("gọi tôi là bác", "bac"),
        ("xưng bác cháu", "bac"),
        ("kêu bằng cô", "co"),
        ("gọi tôi là bà nhé cháu", "ba"),
        ("goi toi la ong", "ong"),
        ("cháu gọi bác là cô", "co"),
        ("xưng chị em", "chi"),
    ],
)
def test_how_to_be_called_is_said_in_a_sentence(typed: str, form: str) -> None:
    """At once and at any time; who only says what is wrong is asked."""
    person = at_a_step()
    person.type(typed)
    assert (person.chat.address, person.place) == (form, STEP)
    asked = person.type("đừng gọi tôi là bác")[0]
    assert [button.label for button in asked.buttons][:2] == ["Bác", "Cô"]


def test_words_of_another_language_are_understood() -> None:
    """After a wrong tap the words that were known still work, and a miss offers the way back."""
    person = at_a_step("en")
    for typed, place in (("đã xong", NEXT), ("lùi lại", STEP), ("dạ rồi", NEXT), ("về đầu", "home")):
        person.type(typed)
        assert person.place == place, typed
    person = at_a_step("en")
    person.type("đổi cách xưng hô")
    assert person.place == STEP
    assert [button.label for button in person.type("zzzz qqqq")[0].buttons] == ["Tiếng Việt"]
    assert person.place == STEP
    person = at_a_step()
    person.type("speak english")
    assert person.chat.language == "en"
    assert at_a_step().type("zzzz qqqq")[0].buttons == ()
