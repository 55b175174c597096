"""Transcripts of real conversations: what a person does, what the bot says, where they stand.

`pytest --write-talks` writes down what the bot says now; read the difference before you keep it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import talk_file
from bot.channel.base import Button, Message, Picture
from bot.channel.talk_file import Entry, TalkFault, parse, write
from bot.config import load
from bot.service.house import House, load_house
from tests.kit.talk import play

ROOT = Path(__file__).parent.parent
TALKS = ROOT / "tests" / "talks"
FILES = sorted(TALKS.rglob("*.talk"))


@pytest.fixture(scope="module")
def house() -> House:
    """The real guides and words."""
    config, _ = load(ROOT, {})
    return load_house(ROOT, config.words)[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TALKS).as_posix())
def test_talk(path: Path, house: House, request: pytest.FixtureRequest) -> None:
    """The bot says what stands in the transcript, word for word, and the person stands where it says."""
    entries = parse(path.read_text(encoding="utf-8"))
    played = play(house, entries)
    assert not played.faults
    if request.config.getoption("--write-talks"):
        path.write_text(write(played.entries), encoding="utf-8")
        return
    assert write(played.entries) == write(entries), "if this is meant: pytest --write-talks"


def test_every_guide_has_talks(house: House) -> None:
    """Each guide has at least one transcript, and each ends by saying where the person stands."""
    assert {path.parent.name for path in FILES} == set(house.flows)
    for path in FILES:
        marks = [entry.mark for entry in parse(path.read_text(encoding="utf-8"))]
        assert "=" in marks, path


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
