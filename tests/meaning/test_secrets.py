"""Secrets are recognised before anything is stored; ordinary numbers are left alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.meaning import secrets
from bot.meaning.fold import clean
from bot.meaning.secrets import Secret, find_secret

OTP = """
123456
Mã 483921
mã là 483921
ma la 483921
mã otp 483921
OTP: 483 921
otp 48 39 21
otp 4 8 3 9 2 1
OTP-483921
G-483921 la ma xac minh
483921 là mã xác thực
Mã xác nhận của cháu: 4839
ma xac thuc 48392107
Mã bảo mật là 483921 nhé
mã số 483921
code 483921
mã PIN 4839
pin của tôi 4839
cvv 123
CVC: 456
"483921"
483 921
4 8 3 9 2 1
Mã kích hoạt 771204
nó gửi otp 771204 bảo đọc cho nó
ma dang nhap 5521
Mã OTP gửi từ 19000368 là 551204
ma la 48 29 13
mã là 482 913
482913 nhé con
con ơi 482913
nó gửi 482913
nó vừa gửi về cho bà số 482 913 nè
mã của tôi là 482913
ma cua bac la 482 913 chau a
Mã mới là 482913
mã nó vừa gửi về cho mẹ là: 482913
mã vneid của bố là 48 29 13
bác vừa nhận được 482913 cháu ạ
bà thấy 482913
"""

PASSWORD = """
mật khẩu là Hoa@1958
mat khau: hoa1958
mật khẩu hoa1958
mk hoa1958
passcode 771204
mk: hoa1958
MK = Hoa1958
pass: abc12345
password abc12345
mật khẩu của tôi là Nam2024!
mat khau vneid la Thanh#38
mật khẩu mới là Thanh38aa
mk tk ngan hang la toi123
pass wifi la 88888888
mật khẩu facebook: Lan-1960
Hoa@1958xyz
Thanh.Hoa38
pw: q1w2e3r4
Mật khẩu cũ là 0369abc
mk cua ba la Tu1953@
mật khẩu của ông là Hoa12345
pass tui la 123456a
mk wifi nhà bà là hoa12345
"""

ID = """
038058012345
cccd 038058012345
số căn cước của tôi là 038 058 012 345
038.058.012.345
038-058-012-345
038058 012345
0380 5801 2345
0 3 8 0 5 8 0 1 2 3 4 5
CCCD:001203004567
Tôi tên Hoa, số 079160001234, ở Thanh Hóa
cmnd 172345678
số cmt 172 345 678
chứng minh thư 172.345.678
định danh 038301234567
038158012345.
"""

CARD = """
9704000000000018
9704 0000 0000 0018
9704-0000-0000-0018
số thẻ 9704 1600 0000 0000 123
thẻ 2 9704 0000 0000 0018
4111111111111111
4111 1111 1111 1111
5500 0000 0000 0004
5500-0000-0000-0004
3530111333300000
378282246310005
97 04 00 00 00 00 00 18
"""

SECRETS = [
    pytest.param(kind, line, id=line)
    for kind, block in ((Secret.OTP, OTP), (Secret.PASSWORD, PASSWORD), (Secret.ID, ID), (Secret.CARD, CARD))
    for line in block.strip().splitlines()
]

HARMLESS = """
Xong rồi
500000
500.000
1.500.000 đồng
2.000.000đ
mất 5000000
nó lừa lấy otp rồi rút mất 50000000
chuyển khoản 350.500 đồng
1500k
2 triệu 500 nghìn
0912345678
0912 345 678
+84 912 345 678
84912345678
02373721150
0237 3721 150
gọi 0912345678 nó xin mã otp
gọi 0912 345 678 15 phút không ai nghe
gọi 0237 3721150 hỏi mã otp
113
gọi 113
gọi 156 báo lừa đảo
nhắn 5656
nó hỏi otp, báo 5656 hay 156
1900 0368
19000368
tổng đài 1900 0368 hỏi về mã otp
18001096
gọi 1800 1096 hỏi mã xác thực
05/03/1958
5-3-1958
5.3.1958
5 3 1958
sinh ngày 05 tháng 03 năm 1958
tôi sinh năm 1958
năm 2024
otp năm 2024
đổi passcode ngày 12/10/2024
Quyết định 757
quyết định 2345/QĐ-TTg
Nghị định 356/2025/NĐ-CP
Luật 91/2025/QH15
Đề án 06
hồ sơ H56.12-240105-0012
H56.12.34-250701-1234
mã hồ sơ H56.12-240105-0012
mã số thuế 2800123456
bhyt 3821234567
HT3382123456789
stk 19001234567
số nhà 123456A đường 4
không phải 500 mà là 5000
pin 5000 mAh
pin yếu còn 20%
pin điện thoại hết rồi
mã otp hết hạn sau 5 phút
gửi lại otp sau 120 giây
mã otp là gì
không nhận được mã xác thực
mật khẩu là gì
quên mật khẩu rồi
mật khẩu vneid quên mất
mật khẩu này VNeID báo sai
mật khẩu phải có 8 ký tự
mật khẩu: phải có chữ hoa
mk là sao
mật khẩu của bà là gì
mật khẩu máy của bà là sao
mk nhà mạng là gì
mật khẩu của ông là quên rồi
500000 nhé con
nó gửi 350500 rồi
nó gửi 2 triệu
nó gửi 0912345678
khong phai 50000 ma la 500000
mã hồ sơ của tôi là 482913
mã bưu điện của bà là 441350
mà tôi nhận được 350512
má con gửi 350512 bữa qua
mã của tôi là gì
không phải 500 mà là 500 000
bà 70 tuổi nhé con
con ơi 1900 0368
mk ko nhớ
pass là cái gì
đổi mật khẩu như thế nào
Hoa.1958@gmail.com
https://vneid.gov.vn/A-1
căn cước của tôi hết hạn năm 2024
cccd làm năm 2021
cmnd cũ 9 số
căn cước 12 số
1
12
2026
"""


@pytest.mark.parametrize(("kind", "text"), SECRETS)
def test_a_secret_is_found(kind: Secret, text: str) -> None:
    """Each of these sentences holds a secret of its kind."""
    assert find_secret(clean(text)) == kind


@pytest.mark.parametrize("text", HARMLESS.strip().splitlines())
def test_an_ordinary_sentence_passes(text: str) -> None:
    """Money, phone numbers, dates, hotlines, decisions and dossiers are no secrets."""
    assert find_secret(clean(text)) is None


def test_the_tables_are_large() -> None:
    """At least sixty sentences stand on each side."""
    assert len(SECRETS) >= 60
    assert len(HARMLESS.strip().splitlines()) >= 60


def test_digits_alone_are_no_code_where_a_number_was_asked() -> None:
    """A person may answer a question about money with six digits; near a code word it stays a secret."""
    assert find_secret("123456", number_asked=True) is None
    assert find_secret("otp 123456", number_asked=True) == Secret.OTP


def spaced(draw: st.DrawFn, digits: str, sizes: list[tuple[int, ...]]) -> str:
    """The digits in groups of one of the `sizes`, joined by one kind of gap."""
    groups = draw(st.sampled_from(sizes))
    gap = draw(st.sampled_from([" ", "-", "."]))
    parts, rest = [], digits
    for size in groups:
        parts.append(rest[:size])
        rest = rest[size:]
    return gap.join([*parts, rest] if rest else parts)


def luhn_digit(digits: str) -> str:
    """The last digit that makes a card number whole."""
    total = sum(
        int(digit) if index % 2 else sum(divmod(int(digit) * 2, 10)) for index, digit in enumerate(reversed(digits))
    )
    return str(-total % 10)


AROUND = st.sampled_from([("", ""), ("số của tôi là ", ""), ("đây nhé: ", " ạ"), ("gửi 2 ", "."), ("", ", xong rồi")])


@st.composite
def personal_numbers(draw: st.DrawFn) -> str:
    """A personal number of anybody born in 1900–2099, in any usual spacing."""
    digits = f"{draw(st.integers(1, 96)):03}{draw(st.integers(0, 3))}{draw(st.integers(0, 99_999_999)):08}"
    return spaced(draw, digits, [(12,), (3, 3, 3, 3), (3, 3, 6), (3, 9), (6, 6), (4, 4, 4), (3, 1, 2, 6), (1,) * 12])


@st.composite
def cards(draw: st.DrawFn) -> str:
    """A NAPAS card of 16 or 19 digits, or an international one with its check digit."""
    prefix, length = draw(
        st.sampled_from([("9704", 16), ("9704", 19), ("4", 16), ("51", 16), ("2221", 16), ("3530", 16)])
    )
    free = length - len(prefix) - 1
    body = prefix + f"{draw(st.integers(0, 10**free - 1)):0{free}}"
    digits = body + (luhn_digit(body) if prefix != "9704" else str(draw(st.integers(0, 9))))
    return spaced(
        draw, digits, [(length,), (4, 4, 4), (4, 4, 4, 4), (6, 6), (8, 8), (4, 12), (2,) * 8, (1,) * (length - 1)]
    )


CODES = st.integers(0, 999_999).filter(lambda n: n % 1000).map(lambda n: f"{n:06}")


@given(number=personal_numbers(), around=AROUND)
def test_any_personal_number_is_found(number: str, around: tuple[str, str]) -> None:
    """However it is spaced and whatever stands around it."""
    assert find_secret(clean(around[0] + number + around[1])) in {Secret.ID, Secret.CARD}


@given(card=cards(), around=AROUND)
def test_any_card_number_is_found(card: str, around: tuple[str, str]) -> None:
    """However it is spaced and whatever stands around it."""
    assert find_secret(clean(around[0] + card + around[1])) == Secret.CARD


@given(
    code=CODES,
    shape=st.sampled_from(["{}", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}", "{0[0]} {0[1]} {0[2]} {0[3]} {0[4]} {0[5]}"]),
    around=st.sampled_from(
        ["{}", '"{}"', "{}.", "otp {}", "mã xác thực: {}", "{} là mã OTP", "ma la {}", "OTP-{}", "mã {}"]
    ),
)
def test_any_code_is_found(code: str, shape: str, around: str) -> None:
    """Six digits alone or near the words for a code."""
    written = around.format(shape.format(code))
    if around in {"ma la {}", "mã {}"} and code.endswith("00"):
        return  # it may be a price
    assert find_secret(clean(written)) is not None


@given(number=st.integers(1, 99_999), around=st.sampled_from(["nó gửi {}", "{} nhé con", "ma la {}", "con ơi {} nè"]))
def test_a_price_among_words_is_no_code(number: int, around: str) -> None:
    """However many digits: prices end in 00."""
    assert find_secret(clean(around.format(f"{number}00"))) is None


RUNS = ["1", "1 ", "0 ", "9704 ", "a", "aA1!", " ", "mk ", "mật khẩu ", "mk: ", "otp ", ". ", "1.", "-1", "038 "]


@pytest.mark.parametrize("unit", RUNS)
def test_long_runs_end(unit: str) -> None:
    """Ten thousand characters of anything repetitive are read through."""
    run = (unit * 10_000)[:10_000]
    for text in (run, f"{run}x", f"mk {run} x", f"mk{' ' * 5_000}{run}"):
        assert find_secret(text) in {None, *Secret}


def test_every_pattern_is_bounded() -> None:
    """No pattern matches more than a few hundred characters, so that the work is linear in the text."""
    patterns = {name: value for name, value in vars(secrets).items() if isinstance(value, re.Pattern)}
    assert len(patterns) > 10
    for name, pattern in patterns.items():
        if name == "_GROUP":  # one class of characters, repeated: linear by itself
            continue
        widest = re._parser.parse(pattern.pattern, pattern.flags & re.IGNORECASE).getwidth()[1]
        assert widest < 300, name


def test_a_number_is_put_together_within_a_bound() -> None:
    """Digits with gaps are joined to at most nineteen per starting point, however many follow."""
    assert sum(1 for _ in secrets._numbers("1 " * 5_000)) <= 5_000 * secrets.LONGEST_NUMBER
    assert sum(1 for _ in secrets._numbers("1" * 10_000)) == 0


@given(text=st.text(max_size=10_000))
def test_any_text_is_survived(text: str) -> None:
    """Whatever is typed, there is an answer and no error."""
    assert find_secret(clean(text)) in {None, *Secret}
