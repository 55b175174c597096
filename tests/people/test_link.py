"""Codes of links: short enough, taken apart again, and nobody else's can be made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.people.invitation import is_invitation
from bot.people.link import LONGEST, Kind, Link, code, is_code, is_short, place, read, short

KEY = b"k" * 32
GUIDES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,24}", fullmatch=True)
STEPS = st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True), max_size=3).map("/".join)
TEAMS = st.from_regex(r"[a-z0-9](?:-?[a-z0-9]){1,7}", fullmatch=True)
LINKS = st.builds(Link, GUIDES, STEPS, TEAMS, st.sampled_from(Kind))
LINK = Link("eid-activate", "open_app", "doan-xa", Kind.CARD)


@given(LINKS)
def test_a_code_says_what_was_put_into_it(link: Link) -> None:
    """Or it is too long for one; then its short code is always the same, and short enough."""
    made = code(KEY, link)
    if made:
        assert len(made) <= LONGEST
        assert read(KEY, made) == link
        assert is_code(made)
        assert not is_invitation(made)
    assert is_short(short(KEY, link))
    assert short(KEY, link) == short(KEY, link) != short(b"x" * 32, link)
    assert read(KEY, short(KEY, link)) is None


def test_a_usual_step_of_a_usual_team_fits() -> None:
    """The table is for the long ones."""
    assert code(KEY, LINK).endswith("ceid-activate__open_app__doan-xa")
    assert not code(KEY, Link("public-service-submit", "at_portal/log_in/forgot/no_otp", "doan-xa-ngoc-lac"))


@given(st.data())
def test_a_changed_letter_counts_for_nobody(data: st.DataObject) -> None:
    """A code that was forged leads where it says, or nowhere; no team gains by it."""
    made = code(KEY, LINK)
    at = data.draw(st.integers(0, len(made) - 1))
    letter = data.draw(st.sampled_from("aZ0_-gGk").filter(lambda each: each != made[at]))
    found = read(KEY, made[:at] + letter + made[at + 1 :])
    assert found is None or not found.team


@pytest.mark.parametrize("cut", range(len(code(KEY, LINK))))
def test_a_cut_off_code_still_opens_what_can_be_read(cut: int) -> None:
    """Without the end of the team it opens the step, without its step the guide; then nothing that is known."""
    found = read(KEY, code(KEY, LINK)[:cut])
    assert found is None or not found.team
    if "__open_app__" in code(KEY, LINK)[:cut]:
        assert found == Link("eid-activate", "open_app")


def test_another_house_s_link_counts_for_nobody() -> None:
    """Its key is another one."""
    assert read(b"y" * 32, code(KEY, LINK)) == Link("eid-activate", "open_app")


def test_without_a_team_the_code_is_the_place() -> None:
    """Everybody can write such a link: a guide, or a guide and a step."""
    assert code(KEY, Link("eid-activate", "app/open")) == "eid-activate__app-open"
    assert place("eid-activate__app-open") == Link("eid-activate", "app/open")
    assert not is_code("eid-activate")


@pytest.mark.parametrize("text", ["", "G", "K", "Xin chào", "a" * 300, "__", "eid__", "../etc", "Eid", "e d"])
def test_what_is_no_link(text: str) -> None:
    """Is read as nothing, and raises nothing."""
    assert read(KEY, text) is None
