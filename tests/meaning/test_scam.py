"""The scam check: its numbers on two sets of messages, each of its signs, and whatever text people may paste."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.scam import is_right, read
from bot.flow.check.tree import official
from bot.meaning.scam import Level, check, is_of_others, is_own_trouble
from bot.meaning.scam_rules import DATA, load_rules, rules_of

SETS = Path(__file__).parent / "scams"
MOST_WRONG = 0.05
RULES = load_rules(official()["sites"])


def signs(text):
    """The names of the signs that are found."""
    return {reason.sign for reason in check(text, RULES).reasons}


@pytest.mark.parametrize("name", ["tune", "held-out"])
def test_few_frauds_pass_and_few_honest_messages_are_doubted(name):
    """At most one in twenty of each, even "careful" on an honest message counted as a false alarm."""
    rows = list(read((SETS / f"{name}.tsv").read_text(encoding="utf-8")))
    for label in ("scam", "honest"):
        texts = [text for of, _, text in rows if of == label]
        wrong = [text for text in texts if not is_right(label, text, RULES)]
        assert len(texts) >= 50
        assert len(wrong) <= MOST_WRONG * len(texts), "\n".join(wrong)


def test_the_two_sets_share_no_message():
    """What is held out was not tuned on."""
    sets = [{text for _, _, text in read((SETS / f"{name}.tsv").read_text("utf-8"))} for name in ("tune", "held-out")]
    assert not sets[0] & sets[1]
    assert sum(map(len, sets)) >= 170


LOOK_ALIKES = [
    "dichvucong-gov.vn",
    "https://dichvucong.gov.vn.dang-nhap.top/a?b=1",
    "http://vietcombanl.com",
    "vietc0mbank.com",
    "https://vіetcombank.com.vn",  # a Cyrillic і
    "bidv-doidiem.com",
    "vneid.gov.vn.com",
    "dich-vu-cong.info",
    "evnhoantien.site",
    "Mở hotro@vietcombank-vn.com",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_an_address_that_only_looks_like_a_known_one_is_a_reason_to_stop(text):
    """The name in another's domain, with a typo, with digits, with foreign letters, cut by hyphens, as a mail address."""
    verdict = check(f"Xem {text} nhé", RULES)
    assert verdict.level is Level.STOP
    assert {"look_alike", "odd_letters"} & {reason.sign for reason in verdict.reasons}


@pytest.mark.parametrize(
    "text",
    [
        "https://dichvucong.gov.vn/p/home/dvc-trang-chu.html",
        "Tra cứu tại thanhhoa.gov.vn",
        "https://www.vietcombank.com.vn",
        "cskh.npc.com.vn",
        "xem baothanhhoa.vn nhé",
        "trang pineapple.vn bán dứa",
        "vibrant.vn",
    ],
)
def test_a_real_address_is_no_sign(text):
    """Those of the state, of banks and papers, and names that only hold the letters of one."""
    assert check(text, RULES).level is Level.NO_SIGN


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("vào http://103.45.67.89/vnpost", "bare_ip"),
        ("tải VssID.apk về", "apk"),
        ("xem bit.ly/3abc", "short_link"),
        ("trang qua-tang.icu", "odd_ending"),
        ("binhchon.weebly.com", "free_host"),
        ("https://xn--vietcmbank-0db.com", "odd_letters"),
        ("https://vietcombank.com.vn@dang-nhap.info/x", "link_hides"),
        ("[vietcombank.com.vn](https://la.example.com/x)", "link_hides"),
        ('<a href="https://la.example.com/x">dichvucong.gov.vn</a>', "link_hides"),
        ("VlETCOMBANK thông báo", "odd_sender"),
        ("Vіetcombаnk thông báo", "odd_sender"),
        ("gọi lại +375 29 123 4567", "foreign_number"),
    ],
)
def test_each_sign_of_an_address_is_found(text, sign):
    """Where nothing else is wrong, too."""
    assert sign in signs(text)


@pytest.mark.parametrize(
    "text",
    [
        "KHÔNG cung cấp mã OTP cho bất kỳ ai, kể cả nhân viên ngân hàng.",
        "Tuyet doi khong doc ma OTP cho nguoi khac",
        "Ngân hàng không yêu cầu cài đặt ứng dụng qua link, không cho mượn, không chia sẻ màn hình.",
        "Cảnh báo: đối tượng giả danh công an yêu cầu chuyển tiền vào tài khoản an toàn, xin mã OTP.",
    ],
)
def test_a_warning_against_fraud_is_no_fraud(text):
    """It says what not to do, or tells what others do."""
    assert check(text, RULES).level is Level.NO_SIGN


@pytest.mark.parametrize(
    "text",
    [
        "Nếu không cung cấp mã OTP tài khoản sẽ bị khóa",
        "Cảnh báo: bác đang bị lừa đảo, gọi ngay 0912 345 678 và đọc mã OTP để được giúp",
        "bac doc ma otp cho chau",
    ],
)
def test_a_denial_elsewhere_helps_no_fraud(text):
    """Such as “if you do not”, and a warning that gives a private number."""
    assert check(text, RULES).level is Level.STOP


def test_the_piece_is_what_stands_in_the_message():
    """With its accents and capitals, found in text without them."""
    verdict = check("Bác ĐỌC cho cháu Mã OTP vừa gửi về", RULES)
    assert [reason.piece for reason in verdict.reasons if reason.sign == "asks_code"] == ["ĐỌC cho cháu Mã OTP"]


def test_no_verdict_is_safe():
    """The mildest one only says that nothing was found."""
    assert {level.value for level in Level} == {"stop", "careful", "no_sign"}
    assert check("", RULES).level is Level.NO_SIGN


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("vietcombank.com.vn", True),
        ("0912345678", True),
        ("số này +84 912 345 678 của ai", True),
        ("1900 1234", True),
        ("2", False),
        ("công an gọi bảo chuyển tiền", False),
        ("xong.Bác làm tiếp", True),  # may be an address; `check` finds none
        ("a" * 90, True),
    ],
)
def test_what_looks_like_a_message_of_others(text, others):
    """An address, a bare number, many words; not a question in a few words."""
    assert is_of_others(text) is others


def test_a_number_that_was_asked_for_is_an_answer():
    """At a step that is answered by typing."""
    assert not is_of_others("0912345678", asked=True)


@pytest.mark.parametrize(
    "text", ["tôi lỡ đọc mã otp cho họ rồi", "bị lừa rồi cứu tôi với bidv-vn.top", "toi da chuyen tien cho no"]
)
def test_what_happened_to_oneself_is_no_message_of_others(text):
    """Then it is a cry for help."""
    assert is_own_trouble(text, RULES)


def test_every_sign_has_its_words():
    """The signs that are shown have a sentence in the source language, and no sentence is for nothing."""
    words = (Path(__file__).parents[2] / "content" / "vi" / "_bot" / "scam_signs.j2").read_text(encoding="utf-8")
    said = {line.split()[2] for line in words.splitlines() if line.startswith("{% block ")}
    assert said == {sign.name for sign in RULES.signs.values() if sign.weight > 0}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('together = ["org", "strange_link"]', 'together = ["org", "nonsense"]'),
        ('name = "bare_ip"', 'name = "bare"'),
        ('phrases = ["teamviewer"', 'phrases = ["{nobody}"'),
    ],
)
def test_a_fault_in_the_rules_is_told(old, new):
    """An unknown part, a missing sign, an unknown list."""
    text = DATA.read_text(encoding="utf-8")
    assert old in text
    data = tomllib.loads(text.replace(old, new, 1))
    with pytest.raises((KeyError, ValueError)):
        rules_of(data, frozenset())


PIECES = [
    "chuyen tien ",
    "http://",
    "xn--",
    ".vn",
    "bidv",
    "@",
    "[",
    "](",
    "<a href=",
    "0912345678 ",
    "+375 ",
    "%",
    "\n",
    "đ",
    "а",
    "1.",
]


@given(
    st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join), st.text(st.characters(exclude_categories=())))
)
def test_no_text_breaks_it(text):
    """Every plane of Unicode, lone surrogates, and the pieces that the patterns look for in any order."""
    verdict = check(text, RULES)
    assert verdict.points >= 0
    assert all(reason.piece for reason in verdict.reasons)
    assert is_of_others(text) in {True, False}
    assert is_own_trouble(text, RULES) in {True, False}


@pytest.mark.parametrize("piece", ["a", "a.", "0 ", "chuyen tien ", "http://", "xn--", "[a](", "а", "con gui "])
def test_a_long_text_takes_no_longer_than_a_short_one_times_its_length(piece):
    """Ten megabytes of one piece: only the beginning is looked at."""
    started = time.process_time()
    check(piece * (10_000_000 // len(piece)), RULES)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("text", ["Tài khoản vừa nhận +3.000.000đ từ Lan", "TK 1903xxx +12,500,000 VND", "+1.250.000"])
def test_a_sum_is_no_foreign_number(text):
    """A plus and groups of three are money that came in."""
    assert "foreign_number" not in signs(text)
    assert "foreign_number" in signs("gọi +375 29 123 456 ngay")


@pytest.mark.parametrize(
    "text",
    [
        "Điện lực báo nhà bác nợ tiền điện, chuyển vào Momo 0912345678, không thì cắt điện",
        "dien luc nhan: dong tien dien qua momo nay, neu khong se cat dien",
        "điện lực bảo nộp tiền điện vào Momo của nó, không nộp thì cắt điện",
    ],
)
def test_paying_a_threat_into_a_wallet_is_stopped(text):
    """No electricity company collects by a private wallet."""
    assert check(text, RULES).level is Level.STOP


def test_the_electricity_company_may_speak_of_its_work():
    """A cut that is announced asks for nothing."""
    text = "Điện lực thông báo tạm ngừng cấp điện 8h-11h mai để sửa chữa. Trả tiền điện qua ứng dụng EVNNPC hoặc MoMo."
    assert check(text, RULES).level is Level.NO_SIGN
