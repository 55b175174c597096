"""Effects in words: texts, labels, records, and what each step may know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.engine.button import ButtonMeaning, button_id
from bot.engine.effect import Record, Show, Tell
from bot.engine.session import Session, Visit
from bot.flow.own import needs_no_guide, weight
from bot.wording.library import Address, Language, Library
from bot.wording.render import Speaker
from tests.kit.clock import MORNING
from tests.kit.flows import flow_of

if TYPE_CHECKING:
    from bot.channel.base import Message

FLOW = flow_of(
    """
    start = "card"
    [steps.card]
    ask = "choice"
    [steps.card.go]
    begin = "name"
    [steps.name]
    ask = "text"
    save = "name"
    next = "born"
    [steps.born]
    ask = "date"
    save = "born"
    next = "sum"
    [steps.sum]
    ask = "number"
    save = "sum"
    min = 0
    max = 2000000
    next = "secret"
    [steps.secret]
    ask = "text"
    private = true
    next = "act"
    [steps.act]
    do = true
    picture = "act.svg"
    next = "pay"
    [steps.act.stuck]
    lost = "pay"
    [steps.pay]
    enter = "pay"
    next = "over"
    [steps.over]
    end = "done"
    suggest = "pay"
    """,
    pay="""
    start = "name"
    [steps.name]
    ask = "text"
    save = "name"
    next = "thanks"
    [steps.thanks]
    do = true
    next = "done"
    [steps.done]
    end = "done"
    """,
)

SOURCES = {
    "probe/card": "{% block text %}Thẻ{% endblock %}{% block begin %}👉 {{ You }} bắt đầu{% endblock %}",
    "probe/name": "{% block text %}Tên gì?{% endblock %}{% block refused %}Tên ngắn thôi{% endblock %}",
    "probe/born": "{% block text %}Chào {{ name }}\n\n{{ You }} sinh ngày nào?{% endblock %}",
    "probe/sum": "{% block text %}{{ years_since(born) }} tuổi, sinh {{ born }}{% endblock %}",
    "probe/secret": "{% block text %}Bí mật?{% endblock %}",
    "probe/act": "{% block text %}Làm đi\n\nMột.\n\nHai.{% endblock %}{% block alt %}Hình của {{ you }}{% endblock %}"
    "{% block lost %}Không thấy{% endblock %}{% block words_lost %}mất\nlạc{% endblock %}",
    "probe/over": "{% block text %}Xong, {{ name }}{% endblock %}",
    "probe/_guide": "{% block title %}Bài thử{% endblock %}",
    "pay/_guide": "{% block title %}Trả tiền{% endblock %}",
    "pay/name": "{% block text %}Ai nhận?{% endblock %}",
    "pay/thanks": "{% block text %}Trả cho {{ name }}{% endblock %}",
    "_bot/buttons": "".join(
        f"{{% block {name} %}}{label}{{% endblock %}}"
        for name, label in {
            "done": "✅ Xong rồi",
            "not_yet": "⏳ Chưa được",
            "stuck": "🆘 {{ You }} bị vướng",
            "words_stuck": "kẹt",
            "other": "Chuyện khác",
            "stay": "Ở lại",
            "back": "◀ Bước trước",
            "again": "🔁 Xem lại",
            "home": "🏠 Về đầu",
            "aloud": "🔊 Đọc to",
            "human": "☎️ Gặp người giúp",
            "resume": "▶️ Làm tiếp",
            "language_name": "Tiếng Việt",
        }.items()
    ),
    "_bot/record": "{% block text %}{{ label }} · {{ time }}{% endblock %}",
    "_bot/progress": "{% block text %}Bước {{ step }}/{{ total }}{% endblock %}",
    "_bot/stuck": "{% block text %}Vướng chỗ nào?{% endblock %}",
    "_bot/refused_text": "{% block text %}Không quá {{ max }} chữ{% endblock %}",
    "_bot/refused_number": "{% block text %}Từ {{ min }} đến {{ max }}{% endblock %}",
    "_bot/refused_date": "{% block text %}Ngày{{ min }}{{ max }}{% endblock %}",
    "_bot/resume": "{% block text %}{{ title }}{% if step is not none %} {{ step }}/{{ total }}{% endif %}, {{ operator }}{% endblock %}",
    "_bot/found": "{% block text %}{{ title }}?{% endblock %}",
    "_bot/no_buttons": "{% block button %}nút{% endblock %}{% block number %}số{% endblock %}",
}
ENGLISH = {"_bot/buttons": "{% block done %}✅ Done{% endblock %}{% block language_name %}English{% endblock %}"}

VI = Language("vi", {"bac": Address("bac", "Bác", "bác", "cháu"), "ba": Address("ba", "Bà", "bà", "cháu")}, "bac")
EN = Language("en", {"you": Address("you", "You", "you", "I")}, "you")
LIBRARY = Library(
    {"vi": VI, "en": EN},
    {("vi", name): text for name, text in SOURCES.items()} | {("en", name): text for name, text in ENGLISH.items()},
)
SPEAKER = Speaker(LIBRARY, {"probe": FLOW}, "vi", VI.address("ba"), {"operator": "nhóm"})
VISITS = (
    Visit("card", "begin", MORNING),
    Visit("name", "Hoa", MORNING),
    Visit("born", "1958-03-05", MORNING),
    Visit("sum", "500000", MORNING),
    Visit("secret", "abc", MORNING),
    Visit("act", "done", MORNING),
    Visit("pay/name", "Lan", MORNING),
)


def at(step: str) -> Session:
    """Somebody who has answered everything."""
    return Session("probe", FLOW.digest, step, MORNING, VISITS)


def shown(step: str, piece: str = "text", *offers: str) -> Message:
    """The message of a step."""
    return SPEAKER.show(FLOW, at(step), Show(step, piece, offers), MORNING)


@pytest.mark.parametrize(
    ("step", "head"),
    [
        ("born", "Chào Hoa"),
        ("sum", "68 tuổi, sinh 05/03/1958"),
        ("pay/name", "Ai nhận?"),
        ("pay/thanks", "Trả cho Lan"),
        ("over", "Xong, Hoa"),
    ],
)
def test_a_step_knows_what_was_saved_in_its_own_scope(step: str, head: str) -> None:
    """What an entered guide saves is seen by its own steps alone; dates are written as people write them."""
    assert shown(step).head == head


def test_an_entered_guide_does_not_see_what_was_saved_outside() -> None:
    """Before it has asked for a name itself, it knows none."""
    session = Session("probe", FLOW.digest, "pay/thanks", MORNING, VISITS[:-1])
    with pytest.raises(Exception, match="name"):
        SPEAKER.show(FLOW, session, Show("pay/thanks"), MORNING)


def test_a_message_has_headline_body_picture_and_progress() -> None:
    """The first paragraph is the headline; the picture comes with its words."""
    message = shown("act", "text", "done", "back")
    assert (message.head, message.body, message.progress) == ("Làm đi", "Một.\n\nHai.", "Bước 5/7")
    assert message.picture is not None
    assert (message.picture.path, message.picture.alt) == ("act.svg", "Hình của bà")
    assert [(b.label, b.weight) for b in message.buttons] == [("✅ Xong rồi", "main"), ("◀ Bước trước", "small")]


def test_what_only_passes_by_has_no_progress() -> None:
    """A message without answers is no step to be counted."""
    assert shown("act").progress == ""


@pytest.mark.parametrize(
    ("step", "piece", "head"),
    [
        ("name", "refused", "Tên ngắn thôi"),
        ("secret", "refused", "Không quá 200 chữ"),
        ("sum", "refused", "Từ 0 đến 2000000"),
        ("born", "refused", "Ngày"),
        ("act", "stuck", "Vướng chỗ nào?"),
    ],
)
def test_a_piece_of_the_step_or_of_the_bot(step: str, piece: str, head: str) -> None:
    """A step's own refusal comes first; the bot's own names the limits in full."""
    message = shown(step, piece)
    assert (message.head, message.progress, message.picture) == (head, "", None)


@pytest.mark.parametrize(
    ("step", "answer", "label"),
    [
        ("card", "begin", "👉 Bà bắt đầu"),
        ("act", "stuck", "🆘 Bà bị vướng"),
        ("act", "stuck:lost", "Không thấy"),
        ("act", "other", "Chuyện khác"),
        ("", "open:pay", "Trả tiền"),
        ("", "call:bac", "Bác"),
        ("", "speak:en", "English"),
        ("", "speak:vi", "Tiếng Việt"),
    ],
)
def test_labels(step: str, answer: str, label: str) -> None:
    """Of the step, of the bot, of a guide, of a form of address, of a language."""
    assert SPEAKER.label(FLOW if step else None, step, answer) == label


def test_a_language_falls_back_label_by_label() -> None:
    """What is not translated is said in Vietnamese, what is translated is not."""
    speaker = Speaker(LIBRARY, {}, "en", EN.address(""))
    labels = [button.label for button in speaker.buttons(FLOW, "act", ("done", "not_yet"))]
    assert labels == ["✅ Done", "⏳ Chưa được"]


@pytest.mark.parametrize(
    ("step", "answer", "words"),
    [("act", "stuck:lost", ("mất", "lạc")), ("act", "stuck", ("kẹt",)), ("card", "begin", ()), ("", "stuck", ("kẹt",))],
)
def test_words(step: str, answer: str, words: tuple[str, ...]) -> None:
    """Other words for an answer: of the step, else of the bot."""
    assert SPEAKER.words(FLOW if step else None, step, answer) == words


@pytest.mark.parametrize(
    ("step", "answer", "label"),
    [
        ("card", "begin", "👉 Bà bắt đầu · 09:00"),
        ("act", "done", "✅ Xong rồi · 09:00"),
        ("act", "stuck:lost", "Không thấy · 09:00"),
        ("name", "Hoa", "Hoa · 09:00"),
        ("name", "x" * 200, "x" * 29 + "… · 09:00"),
        ("born", "1958-03-05", "05/03/1958 · 09:00"),
        ("sum", "500000", "500000 · 09:00"),
        ("secret", "abc", "••• · 09:00"),
    ],
)
def test_a_record_says_what_was_answered_and_when(step: str, answer: str, label: str) -> None:
    """As it was meant, short enough for a button, in Viet Nam's time; a private answer is never shown."""
    button = SPEAKER.record(FLOW, Record(step, answer), MORNING)
    assert (button.label, button.weight) == (label, "small")
    assert button.id == button_id(ButtonMeaning("probe", FLOW.digest, step, "record"))


def test_a_private_answer_is_in_no_button_id() -> None:
    """Nothing typed can be guessed from an id."""
    ids = {SPEAKER.record(FLOW, Record("secret", answer), MORNING).id for answer in ("abc", "xyz")}
    assert len(ids) == 1


def test_the_bots_own_words_know_the_guide_and_the_settings() -> None:
    """Its title, how far along the person is, who runs the bot."""
    told = SPEAKER.tell(FLOW, at("act"), Tell("resume", "act", ("resume", "home")), MORNING)
    assert told.head == "Bài thử 5/7, nhóm"
    assert [button.label for button in told.buttons] == ["▶️ Làm tiếp", "🏠 Về đầu"]
    assert SPEAKER.tell(FLOW, at("card"), Tell("resume"), MORNING).head == "Bài thử, nhóm"
    assert SPEAKER.tell(None, None, Tell("found", values=(("title", "Trả tiền"),)), MORNING).head == "Trả tiền?"


def test_a_button_means_its_step_or_the_same_everywhere() -> None:
    """Constant answers bear the same id in every guide; the others know their step and its digest."""
    done, home = SPEAKER.buttons(FLOW, "act", ("done", "home"))
    assert done.id == button_id(ButtonMeaning("probe", FLOW.digest, "act", "done"))
    assert home.id == button_id(ButtonMeaning("", "", "", "home"))
    assert len(done.id) == 16


@pytest.mark.parametrize(
    ("answer", "same"), [("home", True), ("open:pay", True), ("call:ba", True), ("done", False), ("stay", False)]
)
def test_what_needs_no_guide(answer: str, same: bool) -> None:
    """Going home does, an answer to a step does not."""
    assert needs_no_guide(answer) == same


@pytest.mark.parametrize(
    ("answer", "look"), [("done", "main"), ("back", "small"), ("call:ba", "small"), ("begin", "main")]
)
def test_how_a_button_looks(answer: str, look: str) -> None:
    """The usual way stands out, the small row does not."""
    assert weight(answer) == look


def test_constants() -> None:
    """What is always there, in words."""
    assert SPEAKER.constants() == ("🏠 Về đầu", "🔊 Đọc to", "☎️ Gặp người giúp")
