"""Recognises what nobody may type to anyone: one-time codes, passwords, identity and card numbers.

Stands before anything is stored or logged. Rules: structure of the personal number (Circular 59/2021/TT-BCA: province,
century and sex, year, six digits), Visa/Mastercard/JCB/Amex with the Luhn check, NAPAS 9704 without it (some issuers do
not use it), checked 2026-11-23.

Every pattern matches a bounded number of characters, so that the work grows no faster than the text.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Secret(StrEnum):
    """Kinds of secrets; the kind is all that is ever kept."""

    OTP = "otp"
    PASSWORD = "password"  # noqa: S105 (the word, not one)
    ID = "id"
    CARD = "card"


LONGEST_NUMBER = 19
"""Digits of the longest number that is looked for."""

_GROUP = re.compile(r"\d+")
_GAPS = frozenset({"", " ", ".", "-", " -", "- ", ". ", "--", ".."})
"""What may stand between two groups of digits of one number."""

_MOBILE = re.compile(r"0(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9\d)\d{7}")
_CARD = re.compile(r"4\d{12}|4\d{15}|4\d{18}|5[1-5]\d{14}|2[2-7]\d{14}|35\d{14}|3[47]\d{13}")
_NAPAS = re.compile(r"9704\d{12}(?:\d{3})?")

_PHONE = re.compile(r"(?<!\d)(?:\+?84|0)[ .\-]?\d(?:[ .\-]?\d){8,9}(?!\d)|(?<!\d)1[89]00[ .\-]?\d{4,6}(?!\d)")
"""Phone numbers and service numbers, mobile or not: taken out before a code is looked for."""
_CODE = re.compile(
    r"(?<!\d)(?<!\d[.,/\-])(?:\d{4,8}|\d{3}[ \-.]\d{3}|\d{2} \d{2} \d{2}|\d(?:[ .\-]\d){5})(?![\d.,/\-]?\d)"
    r"(?! ?(?:mah|dong|vnd|usd|d|k|nghin|ngan|trieu|tr|phut|gio|ngay|thang|nam|tuoi|lan|nguoi|ky tu|%)(?!\w))"
)
_ALONE = re.compile(r"\D{0,4}(?:\d{6}|\d{3}[ \-]\d{3}|\d{2} \d{2} \d{2}|\d(?:[ .\-]\d){5})\D{0,4}")
_CODE_WORDS = re.compile(
    r"\b(?:otp|ma xac (?:thuc|nhan|minh)|ma bao mat|ma kich hoat|ma dang nhap|ma so trong tin|ma 6 so|code|passcode"
    r"|(?:ma )?pin|cvv|cvc)\b"
)
_SIX = r"(?:\d{6}|\d{3}[ \-]\d{3}|\d{2} \d{2} \d{2}|\d(?:[ .\-]\d){5})(?![.,\-]?\d| \d)"
"""Six digits as people write down a code."""
_CODE_SAID = re.compile(
    r"\bma(?! ho so)(?:[ :]{1,2}(?:so|la|cua|moi|nay|do|day|vua|gui|nhan|hien|bao|trong|tin|ve|den|duoc|cho|vneid|zalo"
    r"|ngan hang|toi|tui|minh|ba|bac|ong|co|chu|anh|chi|em|con|chau|me|bo|vo|chong|cu|no|ho|may)){0,8}"
    rf"[ :]{{1,2}}({_SIX})"
)
"""“Mã của tôi là 482913”. Only behind what was written "mã" or "ma": see `_NO_CODE`."""
_NO_CODE = re.compile(r"\bm[àáảạ]\b")
"""Words that are "ma" without their accents: "mà là" is no "mã là"."""
_POLITE = (
    r"(?:nhe|nha|ne|nay|day|do|a|ah|oi|roi|la|con|chau|ba|bac|ong|co|chu|anh|chi|em|ban|da|vang|u|no|so|"
    r"(?:no|ho|may) (?:vua |moi )?(?:gui|nhan|hien)(?: (?:ve|cho|toi|tui|ba|bac|ong|co|chu|anh|chi|em|so|la|tin)){0,3}|"
    r"(?:vua |moi )?(?:thay|nhan duoc)(?: so)?)"
)
_CODE_TOLD = re.compile(rf"\W{{0,3}}(?:{_POLITE}\b\W{{1,3}}){{0,4}}({_SIX})(?:\W{{1,3}}{_POLITE}\b){{0,4}}\W{{0,3}}")
"""A whole message that is six digits and words that say nothing: "482913 nhé con", "nó gửi 482913"."""
_CARD_CODE = re.compile(r"\bcv[vc]\D{0,8}\d{3}(?!\d)")
_SHORT_NUMBERS = frozenset({"5656", "1414", "1022"})
"""Where people report a fraud."""

_ID_WORDS = re.compile(r"\b(?:cccd|cmnd|cmt|can cuoc|dinh danh|chung minh)\b")
_OLD_ID = re.compile(r"(?<!\d)\d{3}[ .\-]?\d{3}[ .\-]?\d{3}(?:\d{3})?(?!\d)")

_PASSWORD = r"\b(?:mat ?khau|mk|pass ?word|pass|pw|passcode)"  # noqa: S105 (the word, not one)
_PASSWORD_WORDS = re.compile(
    rf"{_PASSWORD}\b(?: (?:cua|vneid|tk|tai khoan|ngan hang|toi|minh|bac|em|con|moi|cu|day|dang nhap|wifi|zalo|facebook"
    r"|app|otp|ba|ong|co|chu|anh|chi|tui|tao|chau|nha|may|me|bo|vo|chong|ho|no|ta|ban)){0,5}"
    r" (?:la|:|=|nay|day) (?:[:=] )?(\S{1,64})",
    re.IGNORECASE,
)
_PASSWORD_BARE = re.compile(rf"{_PASSWORD} (?:[:=] )?(\S{{4,64}})", re.IGNORECASE)
_PASSWORD_LOOK = re.compile(r"(?=\S{0,20}[a-z])(?=\S{0,20}[A-Z])(?=\S{0,20}\d)(?=\S{0,20}[!@#$^*()\-%&?_.+=])\S{8,20}")
"""The rule VNeID gives for a password, as a whole message: 8–20 characters, all four kinds."""
_ADDRESS = re.compile(r"https?:|www\.|\S{1,64}@\w{1,64}\.\w", re.IGNORECASE)
_HARMLESS = frozenset(
    {
        *("gi", "sao", "dau", "nao", "the", "bao", "quen", "khong", "ko", "mat", "nhu", "cai", "mot", "nhung", "co"),
        *("chi", "rang", "loi", "sai", "dung", "vneid", "zalo", "facebook", "otp"),
    }
)
"""Words behind "the password is" that are no password."""


def find_secret(text: str, *, number_asked: bool = False) -> Secret | None:
    """The kind of secret in a cleaned text, or None. Looks only; keeps nothing.

    `number_asked`: the bot has just asked for a number, so that digits alone are no code.
    """
    text = " ".join(text.split())
    bare = _without_accents(text)
    if _has_card(text):
        return Secret.CARD
    if _has_id(text, bare.casefold()):
        return Secret.ID
    if _has_password(text, bare):
        return Secret.PASSWORD
    if _has_code(text, bare.casefold(), number_asked=number_asked):
        return Secret.OTP
    return None


def _numbers(text: str) -> Iterator[tuple[str, ...]]:
    """Every number a person may have written: neighbouring groups of digits, at most `LONGEST_NUMBER` together."""
    groups = list(_GROUP.finditer(text))
    for first, start in enumerate(groups):
        if (
            text[start.start() - 1 : start.start()] in {".", ","}
            and first
            and groups[first - 1].end() == start.start() - 1
        ):
            continue  # the middle of a sum of money
        found: list[str] = []
        length = 0
        end = start.start()
        for group in groups[first : first + LONGEST_NUMBER]:
            length += len(group[0])
            if length > LONGEST_NUMBER or text[end : group.start()] not in _GAPS:
                break
            found.append(group[0])
            end = group.end()
            yield tuple(found)


def _has_card(text: str) -> bool:
    for groups in _numbers(text):
        digits = "".join(groups)
        if _NAPAS.fullmatch(digits) or (_CARD.fullmatch(digits) and _luhn(digits)):
            return True
    return False


def _luhn(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if index % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def _has_id(text: str, folded: str) -> bool:
    if any(_is_personal_number(groups) for groups in _numbers(text)):
        return True
    return bool(_ID_WORDS.search(folded) and _OLD_ID.search(_PHONE.sub(" ", folded)))


def _is_personal_number(groups: tuple[str, ...]) -> bool:
    """Province of birth 001–096 and a century digit 0–3 (born 1900–2099); no phone number with an age behind it."""
    digits = "".join(groups)
    if len(digits) != 12 or not 1 <= int(digits[:3]) <= 96 or digits[3] not in "0123":
        return False
    return not (len(groups[-1]) == 2 and min(map(len, groups[:-1])) > 2 and _MOBILE.fullmatch(digits[:-2]))


def _has_password(text: str, bare: str) -> bool:
    spaced = " ".join(re.sub(r"([:=])", r" \1 ", bare).split())
    found = _PASSWORD_BARE.fullmatch(spaced)
    if found and re.search(r"\d", found[1]):
        return True
    for found in _PASSWORD_WORDS.finditer(spaced):
        if len(found[1]) >= 4 and found[1].casefold().rstrip(".,?!") not in _HARMLESS and _looks_chosen(found[1]):
            return True
    return bool(_PASSWORD_LOOK.fullmatch(text)) and not _ADDRESS.match(text)


def _looks_chosen(word: str) -> bool:
    """A password has a digit, a sign or a capital inside; an ordinary word has none."""
    return bool(re.search(r"\d|[A-Z]|[^\w\s]", word.rstrip(".,?!")))


def _has_code(text: str, folded: str, *, number_asked: bool) -> bool:
    if _ALONE.fullmatch(text) and not _is_round(text) and not number_asked:
        return True
    if _CARD_CODE.search(folded):
        return True
    without_phones = _PHONE.sub(" ", folded)
    said = _without_accents(_NO_CODE.sub(" ", text.casefold()))
    if any(not _is_sum(found[1]) for found in _CODE_SAID.finditer(said)):
        return True
    told = None if number_asked else _CODE_TOLD.fullmatch(folded)
    if told and not _is_sum(told[1]):
        return True
    return bool(_CODE_WORDS.search(folded)) and any(
        not (_is_year(m[0]) or _is_round(m[0]) or m[0] in _SHORT_NUMBERS) for m in _CODE.finditer(without_phones)
    )


def _without_accents(text: str) -> str:
    spread = unicodedata.normalize("NFD", text).replace("đ", "d").replace("Đ", "D")
    return "".join(c for c in spread if not unicodedata.combining(c))


def _is_round(text: str) -> bool:
    """500000 is money, not a code."""
    return re.sub(r"\D", "", text).endswith("000")


def _is_sum(text: str) -> bool:
    """Among words a price is told from a code: no price ends in anything but 00."""
    return re.sub(r"\D", "", text).endswith("00")


def _is_year(digits: str) -> bool:
    return len(digits) == 4 and digits.startswith(("19", "20"))
