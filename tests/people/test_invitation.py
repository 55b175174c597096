"""What a link says: nobody else can make one or change one, and it fits where it has to."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.people.invitation import LONGEST, RANDOM, Invitation, Outcome, hashed, is_invitation, read, token
from bot.people.role import Grant, Role
from bot.people.sign import MARK, is_marked, mark
from bot.people.team import LONGEST_CODE, is_code

KEY, CHANCE = b"k" * 32, bytes(range(RANDOM))

GRANTS = [
    Grant(Role.VOLUNTEER, "ngoc-lac-01"),
    Grant(Role.LEAD, "a" * LONGEST_CODE),
    Grant(Role.EDITOR, place="thanh-hoa"),
    Grant(Role.SENDER, place="thanh-hoa/ngoc-lac"),
    Grant(Role.COMMUNE_ADMIN, place="thanh-hoa/phuong-dong-tien"),
    Grant(Role.ADMIN),
]


@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: grant.role.value)
def test_a_token_says_its_role_and_fits_a_telegram_link(grant):
    """At most 64 of the letters A-Z a-z 0-9 _ -, and what was put in comes out."""
    made = token(KEY, grant, CHANCE)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", made)
    assert is_invitation(made)
    assert read(KEY, made) == grant


@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: grant.role.value)
def test_no_letter_of_a_token_can_be_changed(grant):
    """Neither its chance, nor the signature, nor role, team or place; another house's key knows none of ours."""
    made = token(KEY, grant, CHANCE)
    for at in range(len(made)):
        for letter in "aZ7_-":
            if letter != made[at]:
                assert read(KEY, made[:at] + letter + made[at + 1 :]) is None, at
    assert read(KEY, made[:-1]) is None
    assert read(KEY, f"{made}a") is None
    assert read(b"j" * 32, made) is None


@given(st.text(max_size=80))
def test_whatever_somebody_sends_is_no_invitation(text):
    """No text makes it fail, or pass."""
    assert read(KEY, text) is None


def test_other_links_are_no_invitations():
    """A guide's name, a guide and step."""
    for payload in ("", "i", "eid-activate", "identity-card-for-old-people-in-the-village", "i" * LONGEST):
        assert read(KEY, payload) is None
    assert not is_invitation("eid-activate")
    assert not is_invitation("i" * (LONGEST + 1))


def test_a_role_needs_what_it_is_held_for():
    """No volunteer without a team, no editor without a place, no admin of one place; nothing longer than a link."""
    for grant in (
        Grant(Role.VOLUNTEER),
        Grant(Role.LEAD, place="thanh-hoa"),
        Grant(Role.EDITOR),
        Grant(Role.COMMUNE_ADMIN, team="a1"),
        Grant(Role.ADMIN, place="thanh-hoa"),
        Grant(Role.SENDER, place="x" * 40),
        Grant(Role.SENDER, place="Thanh Hóa"),
    ):
        with pytest.raises(ValueError, match=r"."):
            token(KEY, grant, CHANCE)


def test_the_hash_does_not_give_the_token_away():
    """What is kept is another text, the same for the same token."""
    made = token(KEY, GRANTS[0], CHANCE)
    assert hashed(made) == hashed(made) != hashed(made[:-1])
    assert made not in hashed(made)


def test_a_signature_is_for_one_purpose():
    """What is signed for one thing cannot be shown for another."""
    signed = mark(KEY, "guide", "tea")
    assert len(signed) == MARK
    assert is_marked(KEY, "guide", "tea", signed)
    assert not is_marked(KEY, "invitation", "tea", signed)
    assert not is_marked(KEY, "guide", "rice", signed)
    assert not is_marked(KEY, "guide", "tea", "chữ có dấu")


def test_a_row_says_what_becomes_of_its_link():
    """Used comes before withdrawn, and that before expired; at its very end it is over."""
    assert Invitation("h", GRANTS[0], "", 100).outcome(99) is Outcome.ACCEPTED
    assert Invitation("h", GRANTS[0], "", 100).outcome(100) is Outcome.EXPIRED
    assert Invitation("h", GRANTS[0], "", 100, withdrawn_at=5).outcome(200) is Outcome.WITHDRAWN
    assert Invitation("h", GRANTS[0], "", 100, "p", 7, 5).outcome(200) is Outcome.USED


@pytest.mark.parametrize("code", ["a1", "ngoc-lac-01", "doan-tn", "k47b", "a" * LONGEST_CODE])
def test_codes_that_can_be(code):
    """Short, small letters, digits, single hyphens."""
    assert is_code(code)


@pytest.mark.parametrize(
    "code", ["", "a", "-a", "a-", "a--b", "A1", "đội-1", "a b", "a_b", "a" * (LONGEST_CODE + 1), "a\n"]
)
def test_codes_that_cannot_be(code):
    """Whatever would not stand in a link."""
    assert not is_code(code)
