"""Typed words find the answer that is meant, and never a neighbour of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.meaning.choose import Offer, choose
from bot.meaning.fold import fold

OFFERS = (
    Offer("done", "✅ Xong rồi", ("xong", "được rồi", "ok")),
    Offer("not_yet", "⏳ Chưa được", ("chưa", "đợi chút")),
    Offer("stuck", "🆘 Bác bị vướng", ("bị kẹt", "không được")),
)
FORMS = (Offer("call:ba", "Bà"), Offer("call:bac", "Bác"), Offer("call:ban", "Bạn"), Offer("call:co", "Cô"))


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("1", "done"),
        ("2", "not_yet"),
        ("số 3", "stuck"),
        ("nút 2", "not_yet"),
        ("chọn 1", "done"),
        ("1.", "done"),
        ("4", None),
        ("0", None),
        ("99", None),
        ("✅ Xong rồi", "done"),
        ("Xong rồi", "done"),
        ("XONG RỒI!!!", "done"),
        ("xong roi", "done"),
        ("xongr rồi", "done"),
        ("xong rôì", "done"),
        ("OK", "done"),
        ("chua", "not_yet"),
        ("chua dc", "not_yet"),
        ("khong duoc", "stuck"),
        ("bac bi vuong", "stuck"),
        ("bac bi vuongs", "stuck"),
        ("✅", "done"),
        ("🆘", "stuck"),
        ("🙂", None),
        ("", None),
        ("   ", None),
        ("thời tiết hôm nay", None),
    ],
)
def test_choosing(typed: str, answer: str | None) -> None:
    """By number, label, words, without accents, with one slip of the finger, or by the emoji alone."""
    assert choose(typed, OFFERS) == answer


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("Bà", "call:ba"),
        ("ba", "call:ba"),
        ("bác", "call:bac"),
        ("bạn", "call:ban"),
        ("ban", "call:ban"),
        ("bá", "call:ba"),
        ("cô", "call:co"),
        ("có", "call:co"),
        ("bam", None),
        ("bax", None),
    ],
)
def test_short_words_are_exact(typed: str, answer: str | None) -> None:
    """Words of two or three letters are too near each other for guessing."""
    assert choose(typed, FORMS) == answer


def test_accents_decide_between_words_that_fold_alike() -> None:
    """With its accents a word is clear; without them it means two answers, and nobody guesses."""
    offers = (Offer("horse", "Con má"), Offer("ghost", "Con ma"))
    assert choose("con má", offers) == "horse"
    assert choose("con ma", offers) == "ghost"
    assert choose("con mà", offers) is None


def test_near_labels_are_not_guessed() -> None:
    """A typo that stands between two labels chooses neither."""
    offers = (Offer("receive", "Không nhận mã"), Offer("recognise", "Không nhập mã"))
    assert choose("khong nhap ma", offers) == "recognise"
    assert choose("khong nhan ma", offers) == "receive"
    assert choose("khong nhat ma", offers) is None


def test_a_step_answered_by_typing_takes_only_the_very_words() -> None:
    """Where a number or a name is asked, neither a bare number nor a typo is a button."""
    assert choose("1", OFFERS, freely=False) is None
    assert choose("xongr rồi", OFFERS, freely=False) is None
    assert choose("xong roi", OFFERS, freely=False) == "done"


def test_numbers_can_be_left_out() -> None:
    """Answers that do not stand on the screen have no number."""
    assert choose("1", OFFERS, numbered=False) is None


def test_a_number_as_it_is_asked_for() -> None:
    """The words “Bấm số 1: …” stand on the screen; some type them back."""
    for typed in ("1", "số 1", "Bấm số 1", "bấm 1", "gõ số 1", "chọn số 1", "1."):
        assert choose(typed, OFFERS) == OFFERS[0].answer, typed


def test_no_offers_no_answer() -> None:
    """Nothing is chosen from nothing."""
    assert choose("xong", ()) is None
    assert choose("1", ()) is None


WORDS = st.text(st.sampled_from("aăâeêioôơuưđbcdghklmnrstvx "), min_size=1, max_size=20).filter(lambda w: fold(w) != "")


@given(labels=st.lists(WORDS, min_size=1, max_size=5, unique_by=fold), at=st.integers(0, 4))
def test_a_label_always_means_its_own_button(labels: list[str], at: int) -> None:
    """Typed as it stands, in capitals or without accents."""
    offers = tuple(Offer(str(index), label) for index, label in enumerate(labels))
    index = at % len(labels)
    for typed in (labels[index], labels[index].upper(), fold(labels[index])):
        assert choose(typed, offers) == str(index)
        assert choose(typed, offers, freely=False) == str(index)


@given(text=st.text(max_size=200), labels=st.lists(st.text(max_size=30), max_size=5))
def test_any_text_is_survived(text: str, labels: list[str]) -> None:
    """An answer that is offered, or none."""
    offers = tuple(Offer(str(index), label) for index, label in enumerate(labels))
    assert choose(text, offers) in {None, *(o.answer for o in offers)}
