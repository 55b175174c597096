"""Transcripts of real conversations: what a person does, what the bot says, where they stand.

`pytest --write-talks` writes down what the bot says now, and the `=` and `*` lines of steps that were put in or taken
out; read the difference before you keep it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import talk_file
from bot.channel.base import Button, Message, Picture, What
from bot.channel.talk_file import Entry, TalkFault, parse, write
from bot.config import load
from bot.flow.link import digest
from bot.service.house import House
from bot.wording.library import Library
from tests.kit.flows import flow_of
from tests.kit.mend import mend
from tests.kit.ready import loaded
from tests.kit.talk import Person, meanings_of, play

if TYPE_CHECKING:
    from bot.flow.model import Step

ROOT = Path(__file__).parent.parent
TALKS = ROOT / "tests" / "talks"
FILES = sorted(TALKS.rglob("*.talk"))


@cache
def real_house() -> House:
    """The real guides and words."""
    config, _ = load(ROOT, {})
    return loaded(ROOT, config.words)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TALKS).as_posix())
def test_talk(path: Path, request: pytest.FixtureRequest) -> None:
    """The bot says what stands in the transcript, word for word, and the person stands where it says."""
    entries = parse(path.read_text(encoding="utf-8"))
    writes = request.config.getoption("--write-talks")
    played = play(real_house(), mend(real_house(), entries) if writes else entries)
    assert not played.faults
    if writes:
        path.write_text(write(played.entries), encoding="utf-8")
        return
    assert write(played.entries) == write(entries), "if this is meant: pytest --write-talks"


@pytest.mark.parametrize("path", [TALKS / "bill-pay" / "any.talk"], ids=["bill-pay"])
def test_a_talk_is_found_by_what_its_guide_takes_in(path: Path, request: pytest.FixtureRequest) -> None:
    """`-k scam-report` finds the talks of bill-pay, which enters it: they change with it."""
    linked = real_house().flows[path.parent.name]
    spoken = {step.text.rpartition("/")[0] for step in linked.steps.values()} - {path.parent.name}
    assert "scam-report" in spoken
    assert spoken <= request.node.listextrakeywords()


def test_every_guide_has_talks() -> None:
    """Each guide has at least one transcript, and each ends by saying where the person stands."""
    assert {path.parent.name for path in FILES} == set(real_house().flows)
    for path in FILES:
        marks = [entry.mark for entry in parse(path.read_text(encoding="utf-8"))]
        assert "=" in marks, f"{path.name} has no line '= <step>' that says where the person stands"


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ("= age\n> 60\n= end done", "= age\n> 60\n= act\n* Xong rồi\n= end done"),  # a step that was put in
        ("= age\n> 60\n= old\n* Xong rồi\n= end done", "= age\n> 60\n= act\n* Xong rồi\n= end done"),  # renamed
        ("= old\n* Xong rồi\n= age\n> 60\n= act", "= age\n> 60\n= act"),  # taken out
    ],
)
def test_a_transcript_follows_its_guide(was: str, is_now: str) -> None:
    """Steps put in, taken out or renamed: its own lines are mended, and it plays."""
    mended = mend(small_house(), parse(f"> /start probe\n{was}"))
    assert write(mended) == f"> /start probe\n{is_now}\n"
    assert play(small_house(), mended).faults == []


def test_what_cannot_be_mended_is_told() -> None:
    """Where no “Xong rồi” leads on, the lines stay, and the fault has its line."""
    lines = parse("> /start probe\n= act\n* Xong rồi\n= end done")
    assert mend(small_house(), lines) == lines
    assert play(small_house(), lines).faults[0] == "line 2: stands at 'age', not at 'act'"


@pytest.mark.parametrize("first", ["wait", "unblock", "sticker"])
def test_an_edit_is_told_to_who_comes_back(first: str) -> None:
    """Whatever happened meanwhile: the first answer to the person begins with the one sentence."""
    person = Person(real_house())
    for act in ("/start eid-activate", "bắt đầu"):
        person.type(act)
    person.house = edited_house()
    person.meanings = meanings_of(person.house)
    said: list[Message] = []
    if first == "wait":
        person.wait(24 * 3_600_000)
    elif first == "unblock":
        person.do(What.UNBLOCKED)
    else:
        said += person.do(What.MEDIA, detail="sticker")
    said += person.type("xong")
    changed = real_house().library.piece("vi", "_bot/changed", "text", {"you": "bạn", "me": "mình"})
    assert changed.partition("\n")[0] in {message.head for message in said}
    assert [message.head for message in said].count(changed.partition("\n")[0]) == 1


def test_a_guide_that_went_away_leaves_its_button_harmless() -> None:
    """Its button is still on the screen: neither words nor a tap lead into nothing."""
    person = Person(real_house())
    person.type("/home")
    person.type("ngân hàng")
    old = next(b for message in person.heard for b in message.buttons if "QR" in b.label)
    person.house = edited_house()
    assert person.type("xin chào")
    assert person.do(What.TAP, tap=old.id)
    assert person.place == "home"


WORDS = (
    *(
        "xong",
        "1",
        "2",
        "3",
        "xin chào",
        "công an gọi điện",
        "quên mật khẩu vneid",
        "123456",
        "làm tiếp",
        "về đầu",
        "🙂",
    ),
    *(
        "/start",
        "/start eid-activate",
        "/start eid-activate__no_otp-code_came",
        "/start nothing",
        "/delete",
        "/language",
    ),
    *("bước trước", "gặp người giúp", "đọc to", "x" * 5_000, "", "/nothing", "5/3/1958", "bị vướng", "chuyện khác"),
    *("/people", "đổi người", "thêm người", "người 1", "người 2"),
)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("text"), st.integers(0, len(WORDS) - 1)),
        st.tuples(st.just("tap"), st.integers(0, 9)),
        st.tuples(st.just("old tap"), st.integers(0, 40)),
        st.tuples(st.just("wait"), st.sampled_from([1, 13, 30, 60])),
        st.tuples(st.just("thing"), st.integers(0, 8)),
        st.tuples(st.just("house"), st.integers(0, 2)),
    ),
    max_size=25,
)
THINGS = (What.EDITED, What.MEDIA, What.BLOCKED, What.UNBLOCKED, What.GROUP, What.OTHER, What.TIME, What.TAP, What.TEXT)


def small_house() -> House:
    """One guide that asks for a number, in the real bot's own words."""
    flow = flow_of(
        """
        start = "age"
        [steps.age]
        ask = "number"
        max = 120
        next = "act"
        [steps.act]
        do = true
        next = "over"
        [steps.over]
        end = "done"
        """
    )
    library = real_house().library
    words = {step: f"{{% block text %}}{step}{{% endblock %}}" for step in flow.steps} | {
        "_guide": "{% block title %}Probe{% endblock %}"
    }
    sources = library._sources | {("vi", f"probe/{name}"): text for name, text in words.items()}
    return House({"probe": flow}, Library(library.languages, sources), real_house().settings)


@pytest.mark.parametrize(
    ("typed", "place", "answer"),
    [
        ("1", "act", "1"),
        ("60 tuổi", "act", "60"),
        ("500", "age", None),
        ("sáu mươi", "age", None),
        ("xem lại", "age", None),
        ("xem lai", "age", None),
        ("về đầu", "home", None),
        ("123456", "age", None),
    ],
)
def test_where_a_number_is_asked_a_number_is_an_answer(typed: str, place: str, answer: str | None) -> None:
    """Digits answer the question, the very words of a button are the button, anything else is explained."""
    person = Person(small_house())
    person.type("/start probe")
    said = person.type(typed)
    assert said
    assert person.place == place
    visits = person.sessions["probe"].visits
    assert [visit.answer for visit in visits] == ([answer] if answer else [])


@cache
def edited_house() -> House:
    """The house after hard edits: half of the steps renamed without a word, a guide gone with its words."""
    house = real_house()
    guide, gone = "eid-activate", "vietqr-pay"
    flow = house.flows[guide]
    names = {name: f"{name}_new" for index, name in enumerate(flow.steps) if index % 2 == 0}
    steps = {names.get(name, name): _led(step, names) for name, step in flow.steps.items()}
    renamed = replace(flow, start=names.get(flow.start, flow.start), steps=steps)
    flows = {name: each for name, each in house.flows.items() if name != gone}
    sources = {text: words for text, words in house.library._sources.items() if not text[1].startswith(f"{gone}/")}
    library = Library(house.library.languages, sources)
    return House(flows | {guide: replace(renamed, digest=digest(renamed))}, library, house.settings)


def _led(step: Step, names: dict[str, str]) -> Step:
    """The step under its new name, leading to the new names."""

    def to(name: str) -> str:
        return names.get(name, name)

    return replace(
        step,
        name=to(step.name),
        next=to(step.next),
        go={answer: to(name) for answer, name in step.go.items()},
        stuck={answer: to(name) for answer, name in step.stuck.items()},
        branches=tuple(replace(branch, to=to(branch.to)) for branch in step.branches),
        silence=step.silence and replace(step.silence, to=to(step.silence.to)),
    )


@given(acts=ACTS)
def test_any_conversation_is_survived(acts: list[tuple[str, int]]) -> None:
    """Words, taps on new and old buttons, photos, silence, edits of the house: always an answer, never a dead end."""
    house, other = real_house(), edited_house()
    person = Person(house)
    person.meanings = {**meanings_of(house), **meanings_of(other)}
    for act, which in acts:
        buttons = [button for message in person.heard for button in message.buttons]
        match act:
            case "text":
                said = person.type(WORDS[which])
                assert said
            case "tap" | "old tap" if buttons:
                newest = buttons[-(which % 10) - 1 :] if act == "tap" else buttons[which % len(buttons) :]
                person.do(What.TAP, tap=newest[0].id, message="5")
            case "thing":
                person.do(THINGS[which], detail="photo", text="eid-activate" if THINGS[which] is What.TIME else "")
            case "wait":
                person.wait(which * 3_600_000)
            case "house":
                person.house = other if which else house
        for message in person.heard:
            assert message.head
            assert all(button.id in person.meanings for button in message.buttons)
        if act in {"text", "tap"}:  # until then nobody has come back to an edited guide
            assert person.place


LINES = st.builds(
    Entry,
    st.sampled_from([*talk_file.MARKS, talk_file.BUTTON]),
    st.from_regex(r"\A[a-zà-ỹ\[\]>]([a-zà-ỹ \[\]>]{0,20}[a-zà-ỹ\]])?\Z"),
)


@given(st.lists(LINES | st.just(Entry(talk_file.BLANK)), max_size=12))
def test_writing_and_reading_are_inverse(entries: list[Entry]) -> None:
    """What is written is read back, line for line."""
    assert [Entry(entry.mark, entry.text) for entry in parse(write(entries))] == entries


def test_a_line_without_a_mark_is_named() -> None:
    """A slip in a transcript is reported with its line."""
    with pytest.raises(TalkFault, match="line 2"):
        parse("> hello\nhello\n")


def test_a_long_line_is_not_quoted_as_a_whole() -> None:
    """A file of another kind may be one line without an end."""
    with pytest.raises(TalkFault) as fault:
        parse("x" * 5_000)
    assert str(fault.value).startswith(f"line 1: '{'x' * 80}…' begins with none of")


def test_what_the_bot_says_as_lines() -> None:
    """Progress, headline, picture in words, body and buttons, with an empty line between two messages."""
    first = Message(
        "Mở VNeID", "Bấm vào hình.\nChờ.", "Bước 1/7", Picture("a.svg", "Hình app"), (Button("x", "✅ Xong rồi"),)
    )
    assert write(talk_file.spoken([first, Message("Tốt lắm")])) == (
        "< Bước 1/7\n< Mở VNeID\n< [Hình app]\n<\n< Bấm vào hình.\n< Chờ.\n  [✅ Xong rồi]\n\n< Tốt lắm\n"
    )


@pytest.mark.parametrize(
    ("label", "found"), [("xong rồi", "x"), ("✅ XONG RỒI!", "x"), ("Xong roi", None), ("Nghe", "y"), ("", None)]
)
def test_finding_a_button(label: str, found: str | None) -> None:
    """By its label under the newest message that has buttons; emoji and case do not matter, accents do."""
    old = Message("old", buttons=(Button("old", "Xong rồi"),))
    new = Message("new", buttons=(Button("x", "✅ Xong rồi"), Button("y", "🔊 Nghe")))
    button = talk_file.find_button([old, new, Message("said")], label)
    assert (button.id if button else None) == found


def test_no_message_no_button() -> None:
    """Before anything is said there is nothing to tap."""
    assert talk_file.find_button([], "Xong rồi") is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("30 minutes", 1800), ("1 hour", 3600), ("2 days", 172_800), ("1 week", 604_800)]
)
def test_durations(text: str, seconds: int) -> None:
    """Time passes in minutes, hours, days and weeks."""
    assert talk_file.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1 month", "a day"])
def test_no_duration(text: str) -> None:
    """Anything else is refused with an example."""
    with pytest.raises(TalkFault, match="30 minutes"):
        talk_file.duration(text)
