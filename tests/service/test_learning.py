"""What somebody has learnt: marks, the skills card, certificates, the family. Nobody sees another's."""

from __future__ import annotations

import json
import re

import pytest

from bot.channel.base import Document, Message
from bot.people.role import Role
from bot.store import audit, certificates, marks, tables
from bot.store.marks import Mark
from tests.kit.shell import a_bot, make_root, write_guide
from tests.kit.teams import joins, make_team

HEAD = """
start = "first"
topics = ["{topic}"]
menu = {menu}
pass = 1
review_by = 2090-01-01

[[source]]
url = "https://baochinhphu.vn"
checked = 2026-11-01

[steps.first]
ask = "quiz"
right = ["hang_up"]
[steps.first.go]
hang_up = "ready"
wait = "ready"

[steps.ready]
end = "done"
"""

WORDS = {
    "first": {"text": "Ai gọi?", "hang_up": "Tắt máy", "wait": "Chờ máy", "right": "Đúng rồi", "why": "Nên tắt máy"},
    "ready": {"text": "Xong bài"},
}

SKILLS = """
[[source]]
title = "Khung"
url = "https://baochinhphu.vn"
checked = 2026-11-01

[groups.kitchen]
name = { vi = "Bếp núc" }
guides = ["rice", "tea"]

[groups.safety]
name = { vi = "An toàn", en = "Safety" }
guides = ["calls"]

[certificates.safety]
name = { vi = "An toàn trên mạng", en = "Safety online" }
passed = ["calls"]

[certificates.volunteer]
name = { vi = "Tình nguyện viên" }
passed = ["volunteer-first-day"]
team = true
"""

CERTIFICATE, VOLUNTEER = "🎓 Lấy giấy: An toàn trên mạng", "🎓 Lấy giấy: Tình nguyện viên"
CARD = "thẻ kỹ năng"
SERIAL = re.compile(r"[BCDFGHJKLMNPQRSTVWXZ]{4}(?:-[BCDFGHJKLMNPQRSTVWXZ]{4}){3}")


@pytest.fixture
def root(tmp_path):
    """A house with two guides that have a quiz, and a skills file."""
    made = make_root(tmp_path)
    for number, (name, title) in enumerate((("calls", "📞 Gọi lạ"), ("volunteer-first-day", "🧡 Ngày đầu")), 3):
        card = {"_guide": {"title": title, "goal": "Biết làm gì.", "words": name.replace("-", " ")}}
        write_guide(made, name, HEAD.format(topic=name, menu=number), card | WORDS)
    (made / "skills.toml").write_text(SKILLS, encoding="utf-8")
    return made


def labels(bot, chat):
    """The newest buttons."""
    return [button.label for button in bot.channel.buttons(chat)]


def said(bot, chat):
    """The newest message, as one text."""
    message = [each for each in bot.channel.to(chat) if isinstance(each, Message)][-1]
    return f"{message.head}\n{message.body}".strip()


async def walks(bot, chat, guide="calls", answer="Tắt máy"):
    """Somebody walks a guide with a quiz to its end."""
    await bot.says(chat, f"/start {guide}")
    await bot.taps(chat, answer)


async def certified(bot, chat, name="Nguyễn Thị Hoa", label=CERTIFICATE):
    """Somebody who may have a certificate asks for it; its serial and what its links carry."""
    await bot.says(chat, CARD)
    await bot.taps(chat, label)
    await bot.says(chat, name)
    text = said(bot, chat)
    return SERIAL.search(text)[0], re.search(r"/c/([\w-]+)\.pdf", text)[1]


async def learnt(bot, chat):
    """The marks of a chat's person."""
    async with bot.app.database.read() as connection:
        return await marks.of_person(connection, f"paper:{chat}/1")


# --- marks


@pytest.mark.usefixtures("both_databases")
async def test_a_mark_is_written_at_the_end_and_stays(root):
    """Finished or passed: begun again, or failed later, nothing is lost."""
    async with a_bot(root) as bot:
        await walks(bot, "1", answer="Chờ máy")
        first = (await learnt(bot, "1"))["calls"]
        assert (first.done_at > 0, first.passed_at, first.asked) == (True, 0, 0)
        await bot.says("1", "/start calls")
        await bot.taps("1", "Tắt máy")
        passed = (await learnt(bot, "1"))["calls"]
        assert (passed.done_at, passed.right, passed.asked) == (first.done_at, 1, 1)
        assert passed.passed_at > first.done_at
        await walks(bot, "1", answer="Chờ máy")
        assert (await learnt(bot, "1"))["calls"] == passed


async def test_who_gives_up_has_no_mark(root):
    """Only an end at which the work is done counts."""
    async with a_bot(root) as bot:
        await bot.says("1", "/start rice")
        await bot.says("1", "về đầu")
        assert await learnt(bot, "1") == {}


@pytest.mark.parametrize("first_done", [0, 5])
@pytest.mark.parametrize("first_passed", [0, 6])
def test_what_was_reached_first_counts(first_done, first_passed):
    """Two marks of one guide are one, whatever each of them knows."""
    first = Mark("p", "g", first_done, first_passed, 1, 2)
    both = first.joined(Mark("p", "g", 8, 9, 2, 2))
    assert both.done_at == (first_done or 8)
    assert (both.passed_at, both.right) == ((first_passed, 1) if first_passed else (9, 2))


async def test_the_queue_opens_by_a_mark_and_not_by_the_session(root):
    """Who has passed the first day may go on duty, also after beginning the guide again."""
    async with a_bot(root) as bot:
        await make_team(bot)
        await joins(bot, "1")
        await bot.says("1", "/team")
        await bot.taps("1", "🟢 Trực")
        assert "xem bài bên dưới" in bot.last("1")
        await walks(bot, "1", "volunteer-first-day")
        await bot.says("1", "/start volunteer-first-day")
        await bot.says("1", "/team")
        await bot.taps("1", "🟢 Trực")
        assert bot.last("1") == "Bạn đang trực."


# --- the card


@pytest.mark.usefixtures("both_databases")
async def test_the_card_tells_done_from_passed_and_makes_no_claim(root):
    """Group by group, in the order of the file; it says where the state confirms skills."""
    async with a_bot(root) as bot:
        await bot.says("1", CARD)
        assert bot.last("1") == "Thẻ kỹ năng của bạn còn trống"
        await bot.says("1", "/start rice")
        await bot.says("1", "xong rồi")
        await bot.says("1", "xong rồi")
        await walks(bot, "1")
        await bot.says("1", CARD)
        body = said(bot, "1")
        assert "Bếp núc: đã làm “🍚 Nấu cơm”." in body
        assert "An toàn: đã trả lời đúng “📞 Gọi lạ”." in body
        assert body.index("Bếp núc") < body.index("An toàn")
        assert "không phải giấy xác nhận của Nhà nước" in body
        assert "VNeID" in body
        assert CERTIFICATE in labels(bot, "1")
        assert VOLUNTEER not in labels(bot, "1")


@pytest.mark.usefixtures("both_databases")
async def test_joined_chats_show_what_was_learnt_in_either(root):
    """The card, and the certificate under its one serial; parted again, each shows its own."""
    async with a_bot(root) as bot:
        await walks(bot, "1")
        await bot.says("1", "nối máy khác")
        code = re.search(r"[A-Z]{3} [A-Z]{3}", bot.last("1"))[0]
        await bot.says("2", "nối máy khác")
        await bot.taps("2", "Có mã rồi")
        await bot.says("2", code)
        await bot.says("2", "/start rice")
        for _ in range(2):
            await bot.says("2", "xong rồi")
        for chat in ("1", "2"):
            await bot.says(chat, CARD)
            assert "đã trả lời đúng “📞 Gọi lạ”" in said(bot, chat)
            assert "Bếp núc" in said(bot, chat)
        assert await marks_of(bot, "2") == {"rice"}
        serial, _ = await certified(bot, "2")
        assert (await certified(bot, "1"))[0] == serial
        assert [row["person"] for row in await bot.rows(tables.certificate)] == ["paper:2/1"]
        await bot.says("1", "nối máy khác")
        await bot.taps("1", "Thôi nối")
        await bot.says("1", CARD)
        assert "Bếp núc" not in said(bot, "1")
        assert (await certified(bot, "1"))[0] != serial


async def marks_of(bot, chat):
    """The guides of which this very chat has a mark."""
    return {row["guide"] for row in await bot.rows(tables.mark) if row["person"] == f"paper:{chat}/1"}


async def test_nobody_sees_the_card_of_another(root):
    """Neither another chat, nor who shares the phone."""
    async with a_bot(root) as bot:
        await walks(bot, "1")
        await bot.says("2", CARD)
        assert bot.last("2") == "Thẻ kỹ năng của bạn còn trống"
        await bot.says("1", "/people")
        await bot.taps("1", "➕ Thêm người")
        await bot.taps("1", "Bà")
        await bot.says("1", CARD)
        assert bot.last("1") == "Thẻ kỹ năng của bà còn trống"


async def test_the_card_is_among_what_is_kept_and_goes_with_it(root):
    """Seen in the file, deleted with everything."""
    async with a_bot(root) as bot:
        await walks(bot, "1")
        await bot.says("1", "/data")
        assert "🎓 Thẻ kỹ năng" in labels(bot, "1")
        file = next(each for each in bot.channel.to("1") if isinstance(each, Document))
        assert [row["guide"] for row in json.loads(file.text)["mark"]] == ["calls"]
        await bot.taps("1", "🎓 Thẻ kỹ năng")
        await bot.says("1", "/delete")
        await bot.taps("1", "🗑 Xóa hết về bạn")
        assert await bot.rows(tables.mark) == []


async def test_without_a_skills_file_the_card_still_tells(tmp_path):
    """What was done stands there without groups."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start rice")
        await bot.says("1", "xong rồi")
        await bot.says("1", "xong rồi")
        await bot.says("1", CARD)
        assert "đã làm “🍚 Nấu cơm”." in said(bot, "1")


# --- certificates


async def test_whoever_has_earned_one_hears_so_once(root):
    """At the end of the guide, with the button for it; not when the guide is walked again, nor without a team."""
    async with a_bot(root) as bot:
        await make_team(bot)
        await walks(bot, "1", answer="Chờ máy")
        assert CERTIFICATE not in labels(bot, "1")
        await walks(bot, "1")
        assert bot.last("1").startswith("Bạn có giấy ghi nhận rồi.")
        assert CERTIFICATE in labels(bot, "1")
        await walks(bot, "1")
        assert CERTIFICATE not in labels(bot, "1")
        await walks(bot, "1", "volunteer-first-day")
        assert VOLUNTEER not in labels(bot, "1")
        await joins(bot, "2")
        await walks(bot, "2", "volunteer-first-day")
        assert bot.last("2") == "Bạn nhận ca giúp được rồi. Chúc mừng bạn!"
        assert labels(bot, "2") == ["🟢 Trực", VOLUNTEER, "🏠 Về đầu"]
        await bot.taps("2", "🟢 Trực")
        assert bot.last("2") == "Bạn đang trực."


@pytest.mark.usefixtures("both_databases")
async def test_a_learner_gets_a_certificate_and_the_name_goes_after_a_day(root):
    """Only initials are kept; lost, it is printed again under the same serial."""
    async with a_bot(root) as bot:
        await walks(bot, "1")
        serial, token = await certified(bot, "1")
        [row] = await bot.rows(tables.certificate)
        assert (row["serial"], row["kind"], row["initials"], row["team"]) == (serial, "safety", "N. T. H.", "")
        [paper] = await bot.rows(tables.paper)
        assert (paper["serial"], paper["name"]) == (serial, "Nguyễn Thị Hoa")
        assert token not in str(paper)
        await bot.app.clock.sweep(bot.now + 25 * 3_600_000)
        assert await bot.rows(tables.paper) == []
        for table in tables.metadata.tables.values():
            assert "Hoa" not in str(await bot.rows(table)), table.name
        again, other = await certified(bot, "1", "nguyen thi hoa")
        assert (again, len(await bot.rows(tables.certificate))) == (serial, 1)
        assert other != token


async def test_a_volunteers_certificate_names_the_team(root):
    """It takes the quiz and the team, both."""
    async with a_bot(root) as bot:
        await make_team(bot)
        await walks(bot, "1", "volunteer-first-day")
        await bot.says("1", CARD)
        assert VOLUNTEER not in labels(bot, "1")
        await joins(bot, "1")
        await certified(bot, "1", label=VOLUNTEER)
        [row] = await bot.rows(tables.certificate)
        assert (row["kind"], row["team"]) == ("volunteer", "doan-xa")
        async with bot.app.database.read() as connection:
            assert [e.what for e in await audit.listed(connection) if e.right == "certificate"] == ["volunteer"]


async def test_another_name_later_is_refused(root):
    """Within a day a slip can be mended; then the paper is that person's, with or without accents."""
    async with a_bot(root) as bot:
        await walks(bot, "1")
        serial, _ = await certified(bot, "1", "Đỗ Thị Hoa")
        assert (await certified(bot, "1", "Đỗ Thị Lan"))[0] == serial
        assert [row["initials"] for row in await bot.rows(tables.certificate)] == ["Đ. T. L."]
        bot.later(2 * 86_400)
        await bot.says("1", CARD)
        await bot.taps("1", CERTIFICATE)
        await bot.says("1", "Trần Văn Ba")
        assert bot.last("1") == "Giấy này đã cấp cho tên có chữ đầu là Đ. T. L."
        assert (await certified(bot, "1", "do thi lan"))[0] == serial


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("<b>Hoa</b>", "Trong tên có dấu lạ"),
        ("#import Hoa", "Trong tên có dấu lạ"),
        ("H" * 200, "Tên này dài quá"),
        ("một hai ba bốn năm sáu bảy tám chín", "Tên này dài quá"),
        ("Hoa 12", "Trong tên có chữ số"),
        ("12", "Trong tên có chữ số"),
        ("…", "chưa đọc được tên"),
        ("Хоа", "Trong tên có dấu lạ"),
    ],
)
async def test_what_is_no_name_is_refused_kindly(root, name, heard):
    """And asked for again: the next words are the name."""
    async with a_bot(root) as bot:
        await walks(bot, "1")
        await bot.says("1", CARD)
        await bot.taps("1", CERTIFICATE)
        await bot.says("1", name)
        assert heard in bot.last("1")
        assert await bot.rows(tables.certificate) == []
        await bot.says("1", "Hoa")
        assert [row["initials"] for row in await bot.rows(tables.certificate)] == ["H."]


@pytest.mark.parametrize("secret", ["482913", "038123004567", "mật khẩu là Hoa123456"])
async def test_a_secret_is_no_name(root, secret):
    """It is recognised before anything is kept."""
    async with a_bot(root) as bot:
        await walks(bot, "1")
        await bot.says("1", CARD)
        await bot.taps("1", CERTIFICATE)
        await bot.says("1", secret)
        assert await bot.rows(tables.certificate) == []
        assert await bot.rows(tables.paper) == []


async def test_words_typed_after_something_else_are_no_name(root):
    """Who went home meanwhile and asks for a guide gets the guide, and no certificate."""
    async with a_bot(root) as bot:
        await walks(bot, "1")
        await bot.says("1", CARD)
        await bot.taps("1", CERTIFICATE)
        await bot.says("1", "về đầu")
        await bot.says("1", "nấu cơm")
        assert await bot.step("1") == "rice/wash"
        await bot.says("1", CARD)
        await bot.taps("1", CERTIFICATE)
        await bot.taps("1", "Thôi, để sau")
        assert bot.last("1") == "Vo gạo"
        await bot.says("1", "Nguyễn Thị Hoa")
        assert await bot.rows(tables.certificate) == []


async def test_an_old_button_gives_nothing_that_is_not_earned(root):
    """A button shared or kept from another chat asks for what is missing."""
    async with a_bot(root) as bot:
        await walks(bot, "1")
        await bot.says("1", CARD)
        button = bot.tap("1", CERTIFICATE)
        await bot.takes(bot.incoming("2", button.what, tap=button.tap))
        assert "trả lời đúng các câu hỏi" in bot.last("2")
        assert await bot.rows(tables.certificate) == []


@pytest.mark.usefixtures("both_databases")
async def test_a_lead_revokes_and_others_cannot(root):
    """By the team's list or the serial; a foreign lead sees no button, and an old one does nothing for them."""
    async with a_bot(root) as bot:
        await make_team(bot)
        await make_team(bot, "phu-nu", "Hội phụ nữ")
        await joins(bot, "1")
        await joins(bot, "2", Role.LEAD)
        await joins(bot, "3", Role.LEAD, "phu-nu")
        await walks(bot, "1", "volunteer-first-day")
        serial, _ = await certified(bot, "1", label=VOLUNTEER)
        await bot.says("3", serial.lower())
        assert "N. T. H." in said(bot, "3")
        assert "Thu hồi giấy" not in labels(bot, "3")
        await bot.says("2", "/team")
        await bot.taps("2", "☰ Việc khác của đội")
        await bot.taps("2", "🎓 Giấy của đội")
        await bot.taps("2", next(label for label in labels(bot, "2") if label.startswith("N. T. H.")))
        await bot.taps("2", "Thu hồi giấy")
        sure = bot.tap("2", "Vâng, thu hồi")
        await bot.takes(bot.incoming("3", sure.what, tap=sure.tap))
        assert "chưa được giao" in bot.last("3")
        await bot.takes(bot.incoming("1", sure.what, tap=sure.tap))
        assert (await bot.rows(tables.certificate))[0]["revoked_at"] == 0
        await bot.takes(sure)
        assert bot.last("2") == "Giấy đã bị thu hồi."
        assert await bot.rows(tables.paper) == []
        await bot.says("1", serial)
        assert "đã bị thu hồi ngày" in bot.last("1")
        await bot.says("1", CARD)
        assert VOLUNTEER not in labels(bot, "1")
        async with bot.app.database.read() as connection:
            done = [(e.who, e.allowed) for e in await audit.listed(connection) if e.right == "revoke_certificate"]
        assert sorted(done) == [  # who lists uses the right too
            *(("paper:1/1", False), ("paper:2/1", True), ("paper:2/1", True), ("paper:3/1", False))
        ]


async def test_a_learners_certificate_is_for_an_admin_to_revoke(root):
    """It is of no place, so nobody's who looks after one."""
    async with a_bot(root) as bot:
        await joins(bot, "2", Role.COMMUNE_ADMIN, place="thanh-hoa/ngoc-lac")
        await walks(bot, "1")
        serial, _ = await certified(bot, "1")
        await bot.says("2", serial)
        assert "Thu hồi giấy" not in labels(bot, "2")
        await joins(bot, "3", Role.ADMIN, team="")
        await bot.says("3", serial)
        await bot.taps("3", "Thu hồi giấy")
        await bot.taps("3", "Vâng, thu hồi")
        assert (await bot.rows(tables.certificate))[0]["revoked_at"] > 0


async def test_a_forged_serial_is_unknown(root):
    """Whatever it looks like; nothing is written."""
    async with a_bot(root) as bot:
        await bot.says("1", "BCDF-GHJK-LMNP-QRST")
        assert bot.last("1") == "Không có giấy nào mang số ấy."


@pytest.mark.usefixtures("both_databases")
async def test_erased_the_certificate_is_nobodys(root):
    """Serial, date and team stay; initials, name and marks go."""
    async with a_bot(root) as bot:
        await make_team(bot)
        await joins(bot, "1")
        await walks(bot, "1", "volunteer-first-day")
        serial, _ = await certified(bot, "1", label=VOLUNTEER)
        await bot.says("1", "/delete")
        await bot.taps("1", "🗑 Xóa hết về bạn")
        [row] = await bot.rows(tables.certificate)
        assert (row["serial"], row["person"], row["initials"], row["team"]) == (serial, "", "", "doan-xa")
        assert row["issued_at"] > 0
        assert await bot.rows(tables.paper) == []
        await bot.says("2", serial)
        assert "đã xóa theo yêu cầu" in bot.last("2")
        async with bot.app.database.read() as connection:
            found = await certificates.find(connection, serial)
        assert not found.is_valid


# --- the family


async def invites(bot, chat="1"):
    """Somebody invites relatives; the code."""
    await bot.says(chat, "gia đình số")
    await bot.taps(chat, "➕ Mời người nhà")
    return re.search(r"[A-Z]{4}-[A-Z]{4}", bot.last(chat))[0]


@pytest.mark.usefixtures("both_databases")
async def test_a_family_from_the_code_to_leaving(root):
    """The head sees what a relative finished only while they agree; leaving takes one tap."""
    async with a_bot(root) as bot:
        code = await invites(bot)
        assert code not in str(await bot.rows(tables.family))
        await bot.says("2", "chào cháu")
        await bot.taps("2", "Bà")
        await walks(bot, "2")
        await bot.says("2", code.lower().replace("-", " "))
        assert "đã vào gia đình số" in bot.last("2")
        await bot.says("1", "gia đình số")
        assert "1. Bà: chưa cho xem." in said(bot, "1")
        await bot.says("2", "đồng ý")
        await bot.says("1", "gia đình số")
        assert "1. Bà: đã xong “📞 Gọi lạ”." in said(bot, "1")
        await bot.says("2", "gia đình số")
        assert "Gọi lạ" not in said(bot, "2")
        await bot.taps("2", "Không cho xem")
        await bot.says("1", "gia đình số")
        assert "Gọi lạ" not in said(bot, "1")
        said_so = [(row["what"], row["who"]) for row in await bot.rows(tables.audit) if row["right"] == "family_show"]
        person = (await bot.load("2"))[0].person
        assert said_so == [("yes", person), ("no", person)]
        await bot.says("2", "gia đình số")
        await bot.taps("2", "Rời gia đình")
        assert await bot.rows(tables.relative) == []
        await bot.says("1", "gia đình số")
        assert "chưa có ai vào" in bot.last("1")


async def test_ten_people_and_no_more(root):
    """With who invites; when one leaves another may come."""
    async with a_bot(root) as bot:
        code = await invites(bot)
        for number in range(2, 11):
            await bot.says(str(number), code)
        assert len(await bot.rows(tables.relative)) == 9
        await bot.says("11", code)
        assert bot.last("11") == "Gia đình số này đã đủ mười người."
        await bot.says("1", "gia đình số")
        assert "➕ Mời người nhà" not in labels(bot, "1")
        assert "1. Người nhà: chưa cho xem." in said(bot, "1")
        await bot.says("2", "gia đình số")
        await bot.taps("2", "Rời gia đình")
        await bot.says("11", code)
        assert "đã vào gia đình số" in bot.last("11")


async def test_one_family_for_each_and_codes_end(root):
    """One's own code, a second family, an old code, a code replaced: each is told so."""
    async with a_bot(root) as bot:
        code = await invites(bot)
        await bot.says("1", code)
        assert bot.last("1") == "Đây là mã của chính bạn."
        other = await invites(bot, "2")
        await bot.says("2", code)
        assert "đang ở trong một gia đình số rồi" in bot.last("2")
        await bot.says("3", code)
        await bot.says("3", other)
        assert "đang ở trong một gia đình số rồi" in bot.last("3")
        newer = await invites(bot)
        await bot.says("4", code)
        assert "không đúng hoặc đã hết hạn" in bot.last("4")
        bot.later(8 * 86_400)
        await bot.says("4", newer)
        assert "không đúng hoặc đã hết hạn" in bot.last("4")


@pytest.mark.usefixtures("both_databases")
async def test_codes_cannot_be_guessed_all_day(root):
    """After five wrong ones none is looked at for an hour, not even a right one."""
    async with a_bot(root) as bot:
        code = await invites(bot)
        for end in "BCDFG":
            await bot.says("2", f"GDBB-BBB{end}")
        await bot.says("2", code)
        assert "nhiều lần" in bot.last("2")
        assert await bot.rows(tables.relative) == []
        bot.later(3700)
        await bot.says("2", code)
        assert "đã vào gia đình số" in bot.last("2")


async def test_who_is_erased_is_in_no_family(root):
    """A relative is gone from the list; with who invites goes the whole family."""
    async with a_bot(root) as bot:
        code = await invites(bot)
        for chat in ("2", "3"):
            await bot.says(chat, code)
        for chat, left in (("2", 1), ("1", 0)):
            await bot.says(chat, "/delete")
            await bot.taps(chat, "🗑 Xóa hết về bạn")
            assert len(await bot.rows(tables.relative)) == left
        assert await bot.rows(tables.family) == []
        await bot.says("3", "gia đình số")
        assert "Mời người nhà" in said(bot, "3")
