"""Tips written in the chat: typed, seen, aimed, counted, confirmed by the number; who may do what; nothing twice."""

from __future__ import annotations

import asyncio
import shutil
from datetime import datetime

import pytest

from bot.channel.base import Message, What
from bot.engine.chat import Chat
from bot.engine.event import VIETNAM
from bot.people.role import Grant, Role
from bot.service.tip.words import LONGEST
from bot.service.tip.work import DAY
from bot.store import audit, broadcasts, chats, optouts, roles, tables
from tests.kit.shell import MORNING, REPOSITORY, a_bot, make_root
from tests.kit.teams import COMMUNE, joins, make_team

OTHER = "thanh-hoa/kien-tho"
TEXT = "Công an không làm việc qua điện thoại.\n\nAi bảo thế thì cúp máy. Rồi hỏi người nhà."
NEW, ALL, NOW, DROP = "✍️ Soạn mẹo", "Mọi người ở đó", "Gửi ngay", "Thôi, bỏ mẹo này"


BOTH = pytest.mark.usefixtures("both_databases")


def a_root(folder):
    """A project that knows the places."""
    root = make_root(folder)
    (root / "places").mkdir()
    shutil.copy(REPOSITORY / "places/thanh-hoa.toml", root / "places")
    return root


def labels(bot, chat):
    """The newest buttons."""
    return [button.label for button in bot.channel.buttons(chat)]


def said(bot, chat):
    """All that a chat was told, as one text."""
    return "\n".join(f"{m.head}\n{m.body}" for m in bot.channel.to(chat) if isinstance(m, Message))


def newest(bot, chat):
    """The newest message, as one text."""
    message = [each for each in bot.channel.to(chat) if isinstance(each, Message)][-1]
    return f"{message.head}\n{message.body}".strip()


async def worked(bot):
    """The bot's own work that is due is done, and its notices have come in."""
    for _ in range(2):
        await bot.app.clock.chores(bot.now)
        for _ in range(3):
            await asyncio.sleep(0.01)
            await bot.look(1)


async def people(bot, numbers, place=COMMUNE, **about):
    """Chats of people who live there."""
    base = {"channel": "paper", "language": "vi", "created_at": MORNING - 90 * DAY, "seen_at": MORNING - DAY}
    made = [Chat(f"paper:{n}", external=str(n), **{**base, "place": place, **about}) for n in numbers]
    async with bot.app.database.write() as connection:
        await chats.save(connection, made)


async def holds(bot, chat, *held):
    """Somebody holds these roles, as (role, place)."""
    await bot.says(chat, "/start tea")
    await bot.says(chat, "/home")
    async with bot.app.database.batch() as batch:
        for role, place in held:
            await roles.give(batch, f"paper:{chat}/1", Grant(role, "", place), bot.now)


async def counted(bot, chat, text=TEXT, whom=ALL):
    """A tip up to its number of people."""
    await bot.says(chat, "/tip")
    await bot.taps(chat, NEW)
    await bot.says(chat, text)
    await bot.taps(chat, whom)
    await worked(bot)


async def confirmed(bot, chat, number, **about):
    """A tip up to the typed number."""
    await counted(bot, chat, **about)
    await bot.taps(chat, NOW)
    await bot.says(chat, str(number))
    await worked(bot)


async def sent(bot):
    """Until nothing more is sent: the broadcasts."""
    bot.app.broadcasts.lane.now = lambda: bot.now
    for _ in range(400):
        rows = await bot.rows(tables.broadcast)
        if all(row["state"] in {"done", "stopped", "asked", "paused"} for row in rows):
            return rows
        bot.app.broadcasts.wake()
        bot.later(0.02)
        await asyncio.sleep(0.02)
    raise AssertionError([(row["state"], row["reason"]) for row in rows])


async def uses(bot):
    """(right, what, allowed) of the audit log, oldest first."""
    async with bot.app.database.read() as connection:
        return [(each.right, each.what, each.allowed) for each in reversed(await audit.listed(connection))]


@BOTH
async def test_a_tip_from_the_first_word_to_everybody_there(tmp_path):
    """Seen as people will see it, counted with reasons, sent to the commune alone, once; each right is written down."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await people(bot, range(10, 15))
        await people(bot, [20, 21], OTHER)
        await people(bot, [30], reachable=False)
        async with bot.app.database.write() as connection:
            await optouts.add(connection, "paper:14", "tips", 1)
        await bot.says("1", "/tip")
        await bot.taps("1", NEW)
        await bot.says("1", TEXT)
        preview = bot.channel.to("1")[-2]
        assert (preview.progress, preview.head) == ("🧪 Tin thử", "Công an không làm việc qua điện thoại.")
        assert [button.label for button in preview.buttons] == ["🔕 Bớt tin"]
        assert "xã Ngọc Lặc" in newest(bot, "1")
        await bot.taps("1", ALL)
        assert "đang đếm" in bot.last("1")
        await worked(bot)
        assert bot.last("1") == "Có 4 người sẽ nhận mẹo này."
        assert "1 người đã xin bớt tin" in newest(bot, "1")
        assert "1 người đã chặn máy này" in newest(bot, "1")
        await bot.taps("1", NOW)
        assert "gõ số người: 4" in bot.last("1")
        await bot.says("1", "4")
        await worked(bot)
        assert bot.last("1") == "Mẹo đã được gửi đi cho 4 người."
        [row] = await sent(bot)
        assert (row["state"], row["sender"], row["expected"]) == ("done", "người gửi của xã Ngọc Lặc", 4)
        got = {chat for chat, outgoing in bot.channel.sent if getattr(outgoing, "head", "") == preview.head}
        assert got == {"1", "10", "11", "12", "13"}
        message = bot.channel.to("10")[0]
        assert message.body == "Ai bảo thế thì cúp máy. Rồi hỏi người nhà."
        done = [(right, allowed) for right, what, allowed in await uses(bot) if "tip" in what]
        assert done == [("write_tip", True), ("write_tip", True), ("send_tip", True)]
        [tip] = await bot.rows(tables.tip)
        assert (tip["state"], tip["broadcast"]) == ("sent", row["id"])
        await bot.says("1", "soạn mẹo")
        await bot.taps("1", "đã gửi xong · Công an không làm việc qua…")
        await worked(bot)
        assert newest(bot, "1").splitlines() == [
            "Mẹo này: đã gửi xong.",
            "Đã gửi: 4 người.",
            "Còn chờ: 0 người.",
            "Không gửi: 2 người.",
        ]


async def test_a_wrong_number_sends_nothing(tmp_path):
    """It is counted again; words are no number; the very number sends."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.ADMIN, ""))
        await people(bot, range(10, 13))
        await bot.says("1", "/tip")
        await bot.taps("1", NEW)
        await bot.says("1", TEXT)
        await bot.says("1", "xã Ngọc Lặc")
        await bot.taps("1", ALL)
        await worked(bot)
        await bot.taps("1", NOW)
        await bot.says("1", "ba người")
        assert "gõ đúng số người" in bot.last("1")
        await people(bot, range(13, 15))
        await bot.says("1", "5")
        assert "5 không phải" in bot.last("1")
        assert await bot.rows(tables.broadcast) == []
        await worked(bot)
        assert "gõ số người: 5" in bot.last("1")
        await bot.says("1", "5")
        await worked(bot)
        [row] = await bot.rows(tables.broadcast)
        assert (row["expected"], row["sender"]) == (5, "người quản trị, gửi cho xã Ngọc Lặc")


@BOTH
async def test_an_audience_that_changes_after_the_number_was_typed(tmp_path):
    """What is sent to is what was confirmed: otherwise the number is asked for again."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await people(bot, range(10, 15))
        await counted(bot, "1")
        await bot.taps("1", NOW)
        await bot.says("1", "5")
        await people(bot, range(15, 30))
        await worked(bot)
        assert await bot.rows(tables.broadcast) == []
        assert "gõ số người: 20" in bot.last("1")
        await people(bot, range(10, 30), OTHER)
        await bot.says("1", "20")
        await worked(bot)
        assert bot.last("1") == "Không có ai nhận mẹo này."
        assert await bot.rows(tables.broadcast) == []


@BOTH
async def test_the_time_is_typed(tmp_path):
    """What is not understood, past or far away is said kindly and asked again; then it starts at that very moment."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await people(bot, range(10, 14))
        await counted(bot, "1")
        for words, answer in (
            ("khi nào rảnh thì gửi", "chưa rõ ngày giờ ấy"),
            ("hôm nay 7 giờ", "qua mất rồi: 07:00, 07/05/2040"),
            ("25/12/2040 8:00", "xa quá: 08:00, 25/12/2040"),
        ):
            await bot.says("1", words)
            assert answer in newest(bot, "1")
            assert labels(bot, "1") == [NOW, "8 giờ sáng mai", DROP]
        await bot.says("1", "8h sáng thứ hai")
        assert "Bắt đầu gửi: 08:00, 14/05." in newest(bot, "1")
        await bot.says("1", "4")
        await worked(bot)
        assert "Bắt đầu gửi từ 08:00, 14/05." in newest(bot, "1")
        [row] = await bot.rows(tables.broadcast)
        monday = datetime(2040, 5, 14, 8, 0, tzinfo=VIETNAM)
        assert (row["state"], row["start_at"]) == ("scheduled", int(monday.timestamp() * 1000))
        bot.app.broadcasts.lane.now = lambda: bot.now
        await bot.app.broadcasts.look()
        assert "10" not in {chat for chat, _ in bot.channel.sent}
        bot.now = row["start_at"]
        await sent(bot)
        assert {"10", "11", "12", "13"} <= {chat for chat, _ in bot.channel.sent}


@pytest.mark.parametrize(
    ("words", "then"), [("gửi luôn", "ngay bây giờ"), ("sáng mai gửi", "08:00, 08/05"), ("tối nay", "19:00, 07/05")]
)
async def test_the_buttons_of_the_time_can_be_typed_too(tmp_path, words, then):
    """In their words, and in others that mean the same."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await people(bot, range(10, 14))
        await counted(bot, "1")
        await bot.says("1", words)
        assert f"Bắt đầu gửi: {then}." in newest(bot, "1")


async def test_nobody_there(tmp_path):
    """An empty audience is said, and can be changed."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await counted(bot, "1")
        assert bot.last("1") == "Không có ai nhận mẹo này."
        assert labels(bot, "1") == [ALL, "Người đang dở một bài", "Người đã học xong một bài", DROP]


@BOTH
async def test_writing_and_sending_are_two_rights(tmp_path):
    """Who only writes asks; who may send sees it, types the number, and the writer hears of it."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE))
        await holds(bot, "2", (Role.SENDER, "thanh-hoa"))
        await holds(bot, "3", (Role.SENDER, OTHER))
        await people(bot, range(10, 14))
        await confirmed(bot, "1", 4)
        assert "chuyển cho người có quyền gửi" in said(bot, "1")
        assert await bot.rows(tables.broadcast) == []
        assert "Có người nhờ bạn gửi mẹo" in bot.last("2")
        assert "Công an không làm việc" in said(bot, "2")
        assert "nhờ" not in said(bot, "3")
        await bot.taps("2", "📨 Xem và gửi")
        await worked(bot)
        assert "gõ số người: 4" in bot.last("2")
        await bot.says("2", "4")
        await worked(bot)
        [row] = await sent(bot)
        assert (row["state"], row["sender"]) == ("done", "người gửi của xã Ngọc Lặc")
        assert "Mẹo đã được gửi đi cho 4 người." in said(bot, "1")
        assert "paper:" not in row["sender"] + row["approvals_json"]


async def test_who_may_send_says_no(tmp_path):
    """Nothing of it stays; the writer hears so, and an old button does nothing."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE))
        await holds(bot, "2", (Role.SENDER, COMMUNE))
        await people(bot, range(10, 14))
        await confirmed(bot, "1", 4)
        old = bot.tap("2", "📨 Xem và gửi")
        await bot.taps("2", "Không gửi")
        await worked(bot)
        assert "chưa được đồng ý" in bot.last("1")
        assert await bot.rows(tables.tip) == []
        await bot.takes(old)
        assert "không còn ở đây" in bot.last("2")


async def test_nobody_is_there_who_may_send(tmp_path):
    """Said, and what was written stays."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE))
        await people(bot, range(10, 14))
        await confirmed(bot, "1", 4)
        assert "Chưa có ai được giao gửi" in bot.last("1")
        assert [row["state"] for row in await bot.rows(tables.tip)] == ["written"]


@BOTH
@pytest.mark.parametrize("answer", ["✅ Duyệt", "Không gửi"])
async def test_above_the_threshold_somebody_else_approves(tmp_path, answer):
    """Neither the writer nor the sender; with a no it ends, with a yes it goes out."""
    async with a_bot(a_root(tmp_path), approve_above=3) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await holds(bot, "2", (Role.COMMUNE_ADMIN, COMMUNE))
        await holds(bot, "3", (Role.COMMUNE_ADMIN, OTHER))
        await people(bot, range(10, 14))
        await confirmed(bot, "1", 4)
        [row] = await sent(bot)
        assert row["state"] == "asked"
        assert "chờ một người nữa duyệt" in said(bot, "1")
        assert "Duyệt" not in str(labels(bot, "3"))
        shown = bot.tap("2", "✅ Duyệt")
        own = bot.incoming("1", shown.what, tap=shown.tap)
        await bot.takes(own)
        assert "Phải có một người khác duyệt." in newest(bot, "1")
        stranger = bot.incoming("3", shown.what, tap=shown.tap)
        await bot.takes(stranger)
        assert "chưa được giao" in bot.last("3")
        await bot.taps("2", answer)
        await worked(bot)
        [row] = await sent(bot)
        yes = answer == "✅ Duyệt"
        assert row["state"] == ("done" if yes else "stopped")
        assert row["approvals_json"] == ('["người trông nom xã Ngọc Lặc"]' if yes else "[]")
        assert len([1 for chat, _ in bot.channel.sent if chat in {"10", "11", "12", "13"}]) == (4 if yes else 0)
        await bot.takes(bot.incoming("2", shown.what, tap=shown.tap))
        assert "người khác quyết định" in bot.last("2")


@BOTH
async def test_two_taps_send_once(tmp_path):
    """Both numbers come in at once, and again after it was sent."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await people(bot, range(10, 14))
        await counted(bot, "1")
        await bot.taps("1", NOW)
        await bot.takes(*(bot.incoming("1", What.TEXT, text="4") for _ in range(2)))
        await worked(bot)
        await sent(bot)
        assert len(await bot.rows(tables.broadcast)) == 1
        assert len([1 for chat, _ in bot.channel.sent if chat == "10"]) == 1


@BOTH
async def test_two_who_may_send_at_once(tmp_path):
    """One of them sends it; the other hears that it is gone."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE))
        await holds(bot, "2", (Role.SENDER, COMMUNE))
        await holds(bot, "3", (Role.SENDER, COMMUNE))
        await people(bot, range(10, 14))
        await confirmed(bot, "1", 4)
        for chat in "23":
            await bot.taps(chat, "📨 Xem và gửi")
        await worked(bot)
        for chat in "23":
            await bot.says(chat, "4")
        await worked(bot)
        await sent(bot)
        assert len(await bot.rows(tables.broadcast)) == 1
        assert len([1 for chat, _ in bot.channel.sent if chat == "10"]) == 1
        assert "không còn ở đây" in said(bot, "2") + said(bot, "3")


@BOTH
async def test_a_right_that_was_taken_away_meanwhile(tmp_path):
    """Between writing and sending, and between the number and its being carried out."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await people(bot, range(10, 14))
        await counted(bot, "1")
        await bot.taps("1", NOW)
        await bot.says("1", "4")
        async with bot.app.database.batch() as batch:
            await roles.end(batch, "paper:1/1", Grant(Role.SENDER, "", COMMUNE), bot.now)
        await worked(bot)
        assert "không còn quyền gửi" in bot.last("1")
        async with bot.app.database.batch() as batch:
            await roles.end(batch, "paper:1/1", Grant(Role.EDITOR, "", COMMUNE), bot.now)
        await bot.says("1", "/tip")
        assert "chưa được giao" in bot.last("1")
        assert await bot.rows(tables.broadcast) == []


HOLDERS = [(role, place) for role in Role if not role.of_team for place in (COMMUNE, OTHER)]


@pytest.mark.parametrize(("role", "place"), HOLDERS, ids=lambda value: getattr(value, "value", value))
async def test_what_each_role_reaches(tmp_path, role, place):
    """Every button of somebody else's tip, tapped by each role of the same place and of another one."""
    place = "" if role is Role.ADMIN else place
    async with a_bot(a_root(tmp_path), approve_above=1) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE))
        await holds(bot, "2", (Role.SENDER, COMMUNE))
        await people(bot, range(10, 14))
        await counted(bot, "1")
        written = [each.id for each in bot.channel.buttons("1")]
        await bot.taps("1", NOW)
        confirms = [each.id for each in bot.channel.buttons("1")]
        await bot.says("1", "4")
        await worked(bot)
        asked = [each.id for each in bot.channel.buttons("2")]
        await holds(bot, "4", (role, place))
        own = place in {COMMUNE, ""}
        what = bot.tap("2", "📨 Xem và gửi").what
        for tap in (*written, *confirms):
            await bot.takes(bot.incoming("4", what, tap=tap))
        [tip] = await bot.rows(tables.tip)
        assert (tip["state"], tip["start_at"]) == ("asked", 0)
        await bot.takes(bot.incoming("4", what, tap=asked[0]))
        await worked(bot)
        sends = own and role in {Role.SENDER, Role.ADMIN}
        assert ("gõ số người: 4" in bot.last("4")) == sends
        await bot.taps("2", "📨 Xem và gửi")
        await worked(bot)
        await bot.says("2", "4")
        await worked(bot)
        await bot.says("4", "/tip")
        seen = any("chờ duyệt" in label for label in labels(bot, "4"))
        assert seen == own
        shown = next((each.id for each in bot.channel.buttons("2")), "")
        assert shown
        await bot.says("2", "/tip")
        await bot.taps("2", next(label for label in labels(bot, "2") if "chờ duyệt" in label))
        await worked(bot)
        stop = bot.tap("2", "⏹ Dừng hẳn")
        await bot.takes(bot.incoming("4", what, tap=stop.tap))
        [row] = await bot.rows(tables.broadcast)
        assert (row["state"] in {"stopping", "stopped"}) == sends


@BOTH
async def test_pause_go_on_and_stop(tmp_path):
    """From the list, each at once in the broadcast's row; a second tap changes nothing."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await people(bot, range(10, 14))
        await counted(bot, "1")
        await bot.taps("1", "8 giờ sáng mai")
        assert "08:00, 08/05" in newest(bot, "1")
        await bot.says("1", "4")
        await worked(bot)
        assert "Bắt đầu gửi từ 08:00, 08/05." in newest(bot, "1")
        await bot.says("1", "/tip")
        await bot.taps("1", next(label for label in labels(bot, "1") if "đã hẹn giờ" in label))
        await worked(bot)
        assert newest(bot, "1") == "Mẹo này: đã hẹn giờ.\nSẽ gửi: 4 người."
        pause = bot.tap("1", "⏸ Tạm dừng")
        for label, state in (("⏸ Tạm dừng", "paused"), ("▶️ Gửi tiếp", "scheduled"), ("⏹ Dừng hẳn", "stopping")):
            await bot.taps("1", label)
            [row] = await bot.rows(tables.broadcast)
            assert row["state"] == state
            await bot.taps("1", "🔄 Xem tình hình")
            await worked(bot)
        await bot.takes(pause)
        assert "người khác quyết định" in bot.last("1")
        [row] = await sent(bot)
        assert row["state"] == "stopped"


@pytest.mark.parametrize(
    ("text", "hears"),
    [
        ("x" * (LONGEST + 1), "dài quá"),
        ("Vào trang nhan-qua.top nhé.", "trang chưa được công nhận: nhan-qua.top"),
        ("Gọi ngay số 0912345678 nhé.", "số điện thoại lạ: 0912345678"),
        ("Gửi mã OTP cho đội để được giúp.", "đưa điều bí mật"),
    ],
)
async def test_what_must_not_be_sent(tmp_path, text, hears):
    """Said kindly with the reason, nothing is kept; other words are taken."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE))
        await bot.says("1", "/tip")
        await bot.taps("1", NEW)
        await bot.says("1", text)
        assert hears in bot.last("1")
        assert await bot.rows(tables.tip) == []
        await bot.says("1", TEXT)
        assert [row["text"] for row in await bot.rows(tables.tip)] == [TEXT]


async def test_a_secret_is_not_a_tip(tmp_path):
    """The filter stands before."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE))
        await bot.says("1", "/tip")
        await bot.taps("1", NEW)
        await bot.says("1", "mã OTP là 482913 nhé")
        assert await bot.rows(tables.tip) == []
        assert "482913" not in str(bot.channel.sent)


SIGNS = ["{% endblock %}{{ you }}", "{{ 7 * 7 }}", "{# ẩn #}", "a {b} c", "{%", "}} {{", '{{ "{" }}', "\\n {{ x }}"]


async def test_braces_are_braces(tmp_path):
    """Nothing that is typed is a template; what people read is what was typed."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await people(bot, [10])
        text = "\n".join(f"Mẹo {signs} nhé." for signs in SIGNS)
        await confirmed(bot, "1", 1, text=text)
        await sent(bot)
        assert bot.heads("10") == [text]


async def test_a_long_sentence_is_pointed_out(tmp_path):
    """Kindly; it can still be sent."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE))
        await bot.says("1", "/tip")
        await bot.taps("1", NEW)
        await bot.says("1", " ".join(["chữ"] * 30))
        assert "câu hơi dài" in newest(bot, "1")


@BOTH
async def test_who_is_in_the_middle_of_a_guide(tmp_path):
    """The guide is typed as people speak; the message has its button; who finished it is another audience."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        for chat in ("10", "11", "12"):
            await bot.says(chat, "/start rice")
        for _ in range(2):
            await bot.says("12", "xong rồi")
        await bot.says("13", "/start tea")
        async with bot.app.database.write() as connection:
            found, _ = await chats.load(connection, [f"paper:{n}" for n in (10, 11, 12, 13)])
            await chats.save(connection, [_lives(chat) for chat in found.values()])
        bot.later(7200)
        await bot.says("1", "/tip")
        await bot.taps("1", NEW)
        await bot.says("1", TEXT)
        await bot.taps("1", "Người đang dở một bài")
        await bot.says("1", "nấu cơm")
        await worked(bot)
        assert bot.last("1") == "Có 2 người sẽ nhận mẹo này."
        assert "đang dở bài 🍚 Nấu cơm" in newest(bot, "1")
        await bot.taps("1", NOW)
        await bot.says("1", "2")
        await worked(bot)
        await sent(bot)
        [message] = [m for m in bot.channel.to("10") if isinstance(m, Message) and m.head.startswith("Công an")]
        assert [button.label for button in message.buttons] == ["🍚 Nấu cơm", "🔕 Bớt tin"]
        await bot.says("1", "/tip")
        await bot.taps("1", NEW)
        await bot.says("1", "Mẹo khác.")
        await bot.taps("1", "Người đã học xong một bài")
        await bot.taps("1", "🍚 Nấu cơm")
        await worked(bot)
        assert bot.last("1") == "Có 1 người sẽ nhận mẹo này."


def _lives(chat):
    """The chat of somebody who has said where they live."""
    return Chat(**{**{name: getattr(chat, name) for name in chat.__dataclass_fields__}, "place": COMMUNE})


@BOTH
async def test_a_restart_in_the_middle(tmp_path):
    """What was written, the buttons and what is to be typed are there; a count that was due is done."""
    root = a_root(tmp_path)
    async with a_bot(root) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await people(bot, range(10, 14))
        await bot.says("1", "/tip")
        await bot.taps("1", NEW)
        await bot.says("1", TEXT)
        await bot.taps("1", ALL)
        now = bot.now
    async with a_bot(root, now=now) as bot:
        await worked(bot)
        assert bot.last("1") == "Có 4 người sẽ nhận mẹo này."
        await bot.taps("1", NOW)
        now = bot.now
    async with a_bot(root, now=now) as bot:
        await bot.says("1", "4")
        now = bot.now
    async with a_bot(root, now=now) as bot:
        await worked(bot)
        [row] = await sent(bot)
        assert row["state"] == "done"


async def test_the_clock_carries_it_out_within_about_a_second(tmp_path):
    """Somebody waits for the number: no need to wait for a slow round."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE))
        await people(bot, range(10, 14))
        await bot.says("1", "/tip")
        await bot.taps("1", NEW)
        await bot.says("1", TEXT)
        begun = asyncio.get_running_loop().time()
        bot.app.clock.now = lambda: bot.now
        await bot.taps("1", ALL)
        while bot.last("1") != "Có 4 người sẽ nhận mẹo này.":
            assert asyncio.get_running_loop().time() - begun < 4
            await asyncio.sleep(0.05)


async def test_who_goes_elsewhere_is_not_taken_by_the_word(tmp_path):
    """After the way home what is typed is no tip any more."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE))
        await bot.says("1", "/tip")
        await bot.taps("1", NEW)
        await bot.says("1", "về đầu")
        await bot.says("1", "nấu cơm")
        assert await bot.rows(tables.tip) == []
        assert await bot.step("1") == "rice/wash"


@BOTH
async def test_who_deletes_themselves_leaves_no_unsent_tip(tmp_path):
    """An unsent tip goes with its writer; of what was sent nobody is known."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await people(bot, range(10, 14))
        await confirmed(bot, "1", 4)
        await counted(bot, "1", text="Mẹo thứ hai.")
        await bot.taps("1", NOW)
        await bot.says("1", "4")
        await bot.says("1", "/delete")
        await bot.taps("1", "🗑 Xóa hết về bạn")
        await worked(bot)
        rows = await bot.rows(tables.tip)
        assert [(row["writer"], row["sender"], row["chat"], row["state"]) for row in rows] == [("", "", "", "sent")]
        assert len(await bot.rows(tables.broadcast)) == 1


@BOTH
async def test_an_unsent_tip_is_given_up_after_a_day(tmp_path):
    """What was sent stays; the button of one that is gone says so."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await people(bot, range(10, 14))
        await confirmed(bot, "1", 4)
        await counted(bot, "1", text="Mẹo thứ hai.")
        later = bot.tap("1", NOW)
        await bot.app.clock.sweep(bot.now + DAY // 2)
        assert len(await bot.rows(tables.tip)) == 2
        await bot.app.clock.sweep(bot.now + DAY + 1)
        assert [row["state"] for row in await bot.rows(tables.tip)] == ["sent"]
        await bot.takes(later)
        assert "không còn ở đây" in bot.last("1")


async def test_the_way_to_it_from_the_team(tmp_path):
    """Who looks after a place without a team finds it there; nobody else does."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE))
        await bot.says("1", "/team")
        assert "📢 Mẹo cho bà con" in labels(bot, "1")
        await bot.says("2", "/team")
        assert "📢 Mẹo cho bà con" not in labels(bot, "2")
        await make_team(bot)
        await joins(bot, "3", Role.LEAD)
        await bot.says("3", "/tip")
        assert "chưa được giao" in bot.last("3")


async def test_a_province_chooses_one_of_its_communes(tmp_path):
    """By its name; a place of others is refused, and the attempt is written down."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.EDITOR, "thanh-hoa/hac-thanh"))
        await bot.says("1", "/tip")
        await bot.taps("1", NEW)
        await bot.says("1", TEXT)
        assert labels(bot, "1")[:2] == ["phường Hạc Thành", "xã Ngọc Lặc"]
        await bot.says("1", "xã Kiên Thọ")
        assert "chưa được giao soạn mẹo" in bot.last("1")
        assert ("write_tip", False) in [(right, allowed) for right, _, allowed in await uses(bot)]
        [row] = await bot.rows(tables.tip)
        assert row["place"] == "?"


def test_states_have_words():
    """Every state of a broadcast is said in the list."""
    states = {value for name, value in vars(broadcasts).items() if name.isupper() and isinstance(value, str)}
    for language in ("vi", "en"):
        words = (REPOSITORY / f"content/{language}/_bot/tip.j2").read_text(encoding="utf-8")
        for state in states - {broadcasts.WAITING}:
            assert f"state_{state} " in words


async def test_the_writer_takes_it_back_before_it_is_sent(tmp_path):
    """Also while it waits for who may send; their button does nothing any more."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE))
        await holds(bot, "2", (Role.SENDER, COMMUNE))
        await people(bot, range(10, 14))
        await confirmed(bot, "1", 4)
        await bot.taps("1", DROP)
        assert "đã bỏ mẹo này" in bot.last("1")
        await bot.taps("2", "📨 Xem và gửi")
        assert "không còn ở đây" in bot.last("2")
        assert await bot.rows(tables.tip) == []


async def test_the_text_can_be_changed(tmp_path):
    """Place stays as it was chosen; it is counted anew before it is sent."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.ADMIN, ""))
        await people(bot, range(10, 14))
        await bot.says("1", "/tip")
        await bot.taps("1", NEW)
        await bot.says("1", TEXT)
        await bot.taps("1", "Mọi nơi")
        await bot.taps("1", "✏️ Sửa lời")
        await bot.says("1", "Lời khác.")
        assert "mọi nơi" in newest(bot, "1")
        [row] = await bot.rows(tables.tip)
        assert (row["text"], row["place"], row["people"]) == ("Lời khác.", "", -1)
        await bot.taps("1", ALL)
        await worked(bot)
        assert bot.last("1") == "Có 5 người sẽ nhận mẹo này."


async def test_what_is_typed_in_a_call_for_help_is_no_tip(tmp_path):
    """It is for the person who is helped: a tip is written afterwards."""
    async with a_bot(a_root(tmp_path)) as bot:
        await make_team(bot)
        await joins(bot, "2")
        await holds(bot, "2", (Role.EDITOR, COMMUNE))
        await bot.says("2", "/team")
        await bot.taps("2", "🟢 Trực")
        await bot.says("1", "/start tea")
        await bot.says("1", "gặp người giúp")
        await bot.taps("1", "🙋 Nhờ người giúp")
        await bot.taps("1", "Không rõ")
        await worked(bot)
        await bot.taps("2", "🙋 Nhận giúp")
        await bot.says("2", "/tip")
        await bot.taps("2", NEW)
        assert "Xong cuộc ấy" in newest(bot, "2")
        await bot.says("2", "bác bấm nút xanh nhé")
        await worked(bot)
        assert "bác bấm nút xanh nhé" in said(bot, "1")
        assert await bot.rows(tables.tip) == []


async def test_words_that_are_changed_while_it_is_counted(tmp_path):
    """What was counted for the old audience is not said of the new one; the text is not lost."""
    async with a_bot(a_root(tmp_path)) as bot:
        await holds(bot, "1", (Role.EDITOR, COMMUNE), (Role.SENDER, COMMUNE))
        await people(bot, range(10, 14))
        await counted(bot, "1")
        await bot.taps("1", NOW)
        await bot.says("1", "4")
        [tip] = await bot.rows(tables.tip)
        async with bot.app.database.write() as connection:  # as another process does, between its two looks
            await connection.execute(tables.tip.update().values(text="Lời khác.", people=-1))
        await worked(bot)
        assert await bot.rows(tables.broadcast) == []
        [row] = await bot.rows(tables.tip)
        assert (row["text"], row["state"], row["people"]) == ("Lời khác.", "written", 4)
        assert "gõ số người: 4" in bot.last("1")
        assert tip["text"] == TEXT
