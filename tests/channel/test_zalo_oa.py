"""The channel of a Zalo official account alone: its form, its faults, what it hears."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.channel.base import Button, Correction, Deletion, Fault, Message, Photo, Picture, SendFailed, VoiceNote, What
from bot.channel.zalo_oa import ZaloOa, probe
from bot.channel.zalo_oa_api import QUOTA_GONE, TOO_FAST, WINDOW
from bot.channel.zalo_oa_form import TAP, bodies
from bot.channel.zalo_oa_update import read_echo, read_event, sent_at
from bot.channel.zalo_oa_windows import AtOnce
from bot.engine.chat import Chat
from bot.engine.effect import Show
from tests.channel.conftest import ROOT
from tests.channel.test_telegram_listen import Stored
from tests.channel.zalo_oa import HOUR, oa_of
from tests.kit.ready import loaded
from tests.kit.walk import walk
from tests.kit.zalo_oa import LONGEST, OA, SEND, UPLOAD, ZaloOaDouble
from tests.kit.zalo_oa_rules import check_buttons

YES = (Button("yes", "✅ Có"), Button("no", "Không"))
SEVEN = tuple(Button(f"b{n}", f"Nút {n}") for n in range(1, 8))
KETTLE = Picture("tea/kettle.svg", "Một cái ấm")


@pytest.fixture
async def double():
    """A double that must have seen no mistake when the test ends."""
    async with ZaloOaDouble() as made:
        yield made
        assert made.violations == []


@pytest.fixture
async def mouth(double, tea, tmp_path):
    """The channel without a bot behind it."""
    made = oa_of(double, tea, tmp_path, zalo_oa_webhook="https://bot.example/oa")
    yield made
    await made.close()


@asynccontextmanager
async def listens(double, tea, tmp_path, **settings):
    """The channel with a store behind it."""
    mouth, stored = oa_of(double, tea, tmp_path, **settings), Stored()
    await mouth.start(stored)
    try:
        yield mouth, stored
    finally:
        await mouth.stop_listening()
        await mouth.close()


def say(language, block, names):
    """The words of this test."""
    return f"{language} {block} {' '.join(map(str, names.values()))}".strip()


# --- the form


def test_five_answers_are_buttons_and_the_others_keep_their_numbers():
    """What was typed as a number before means the same."""
    (body,) = bodies(Message("Đầu", "Thân.", buttons=SEVEN, language="vi"), say)
    assert body["text"] == "Đầu\n\nThân.\n\nvi press 6 Nút 6\nvi press 7 Nút 7"
    buttons = body["attachment"]["payload"]["buttons"]
    assert [(each["title"], each["type"], each["payload"]) for each in buttons[:1]] == [
        ("Nút 1", "oa.query.hide", f"{TAP}b1")
    ]
    assert len(buttons) == 5


def test_a_link_and_a_phone_get_the_room_that_is_left():
    """Answers first; the sentence ends behind the address."""
    message = Message("Gọi 024 3333 4444", "Hoặc xem https://dichvucong.gov.vn/a?b=1.", language="vi")
    (body,) = bodies(message, say, phone="024 3333 4444")
    call, visit = body["attachment"]["payload"]["buttons"]
    assert call == {
        "type": "oa.open.phone",
        "title": "vi call_it 024 3333 4444",
        "payload": {"phone_code": "842433334444"},
    }
    assert visit["payload"] == {"url": "https://dichvucong.gov.vn/a?b=1"}
    full = bodies(Message(message.head, message.body, buttons=SEVEN[:5]), say, phone="024 3333 4444")
    assert [b["type"] for b in full[0]["attachment"]["payload"]["buttons"]] == ["oa.query.hide"] * 5
    short = bodies(Message("Gọi 1022"), say, phone="1022")
    assert short[0]["attachment"]["payload"]["buttons"][0]["payload"] == {"phone_code": "1022"}


@given(st.text(), st.text(), st.integers(0, 9), st.booleans(), st.booleans())
def test_any_message_fits_and_nothing_is_lost(head, body, answers, picture, together):
    """Texts within the limit however they are counted, in composed letters; buttons on the last one."""
    message = Message(head, body * 40, buttons=SEVEN[:answers])
    made = bodies(message, say, picture="p" if picture else "", together=together)
    texts = [each["text"] for each in made if "text" in each]
    assert all(0 < len(text.encode("utf-16-le", "surrogatepass")) // 2 <= LONGEST for text in texts)
    assert all(text == unicodedata.normalize("NFC", text) for text in texts)
    for each in made:
        payload = each.get("attachment", {}).get("payload", {})
        check_buttons(payload.get("buttons", ()), "buttons" in payload)
    for letter in set(unicodedata.normalize("NFC", head)) - set(" \t\r\n\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029"):
        assert letter.isspace() or letter in "".join(texts)


def test_every_step_of_every_guide_is_one_call():
    """Everything a person can be shown on any way to any end, in both forms of a message."""
    house = loaded(ROOT, {})
    speaker = house.speaker(Chat("", "", "", "vi", 0, 0))
    seen = set()
    for flow in house.flows.values():
        for turn in walk(flow):
            for effect in turn.turn.effects:
                if not isinstance(effect, Show) or (key := (flow.name, effect)) in seen:
                    continue
                seen.add(key)
                message = speaker.show(flow, turn.turn.session, effect, 0)
                (body,) = bodies(message, say, picture="p" if message.picture else "", phone="1900 1234")
                assert len(body["text"]) <= LONGEST
                payload = body.get("attachment", {}).get("payload", {})
                check_buttons(payload.get("buttons", ()), "buttons" in payload)
    assert len(seen) > 500


async def test_a_step_is_one_call_and_its_picture_is_uploaded_once(double, mouth):
    """Also when many people come to it at once."""
    people = [double.person(f"a{n}", started=True) for n in range(8)]
    message = Message("Đun nước", "Đợi sôi.", "Bước 1/2", KETTLE, YES)
    await asyncio.gather(*(mouth.send(person.id, message) for person in people))
    assert (len(double.calls_of(UPLOAD)), len(double.calls_of(SEND))) == (1, 8)
    (shown,) = people[0].screen
    assert (shown.text, shown.labels) == ("Bước 1/2\nĐun nước\n\nĐợi sôi.", ["✅ Có", "Không"])
    assert shown.picture[:4] == b"\x89PNG"


async def test_a_photo_of_a_person_is_shown_again_by_its_address(double, mouth):
    """Without being fetched or uploaded by us."""
    person = double.person("a", started=True)
    heard = await person.sends("image", "Đây cháu")
    got = read_event(heard.body, 1)
    assert (got.detail, got.text, got.photo) == ("photo", "Đây cháu", "https://zalo.example/1")
    assert read_event((await person.sends("file")).body, 1).photo == ""
    await mouth.send("a", Photo(got.photo, "Bác gửi ảnh này."))
    shown = person.screen[-1]
    assert (shown.picture, shown.text) == (b"https://zalo.example/1", "Bác gửi ảnh này.")
    assert double.calls_of(UPLOAD) == []


async def test_a_picture_that_zalo_has_forgotten_is_uploaded_again(double, mouth):
    """Before its seven days are over."""
    person = double.person("a", started=True)
    await mouth.send("a", Message("Một", picture=KETTLE, buttons=YES))
    double.pictures.clear()
    await mouth.send("a", Message("Hai", picture=KETTLE, buttons=YES))
    assert [bool(shown.picture) for shown in person.screen] == [True, True]
    assert len(double.calls_of(UPLOAD)) == 2


async def test_where_picture_and_buttons_do_not_go_together_the_picture_goes_ahead(tea, tmp_path, caplog):
    """Found out once; the setting spares even that."""
    async with ZaloOaDouble(together=False) as double:
        person = double.person("a", started=True)
        for together, calls in ((True, 3 + 2), (False, 2 + 2)):
            mouth, before = oa_of(double, tea, tmp_path, zalo_oa_together=together), len(double.calls_of(SEND))
            for head in ("Một", "Hai"):
                await mouth.send("a", Message(head, picture=KETTLE, buttons=YES))
            await mouth.close()
            assert len(double.calls_of(SEND)) - before == calls
        assert [(bool(shown.picture), shown.text, len(shown.labels)) for shown in person.screen] == [
            *((True, "", 0), (False, "Một", 2), (True, "", 0), (False, "Hai", 2)),
        ] * 2
        assert caplog.text.count("zalo_oa.together") == 1
        assert double.violations == []


@pytest.mark.parametrize("drawing", ["tea/kettle.svg", "tea/none.svg"])
async def test_a_picture_that_is_refused_is_told_in_words(double, mouth, drawing):
    """A fault there, or no such drawing: headline, what it shows, the rest, and the buttons."""
    person = double.person("a", started=True)
    double.fault(UPLOAD, -201, times=None)
    await mouth.send("a", Message("Đun nước", "Đợi sôi.", picture=Picture(drawing, "Một cái ấm"), buttons=YES))
    (shown,) = person.screen
    assert (shown.text, len(shown.labels)) == ("Đun nước\n\n🖼 Một cái ấm\n\nĐợi sôi.", 2)


async def test_a_long_text_is_never_cut_inside_a_sentence(double, mouth):
    """In letters that came decomposed as well; the buttons stand under the last part."""
    person = double.person("a", started=True)
    body = unicodedata.normalize("NFD", "Đọc kỹ câu này rồi làm. " * 200)
    await mouth.send("a", Message("Đọc kỹ", body, buttons=YES))
    texts = [shown.text for shown in person.screen]
    assert len(texts) > 1
    assert all(text.rstrip().endswith(".") for text in texts)
    assert [len(shown.labels) for shown in person.screen] == [0] * (len(texts) - 1) + [2]


async def test_every_further_call_waits_for_a_turn(double, mouth):
    """The first has been waited for by whoever sends."""
    double.person("a", started=True)
    waited = []

    class Turns(AtOnce):
        async def wait(self):
            waited.append(len(double.calls))

    mouth._post.turns = Turns()
    await mouth.send("a", Message("x"))
    assert waited == []
    await mouth.send("a", Message("x", picture=KETTLE))  # an upload and a message
    assert len(waited) == 1
    await mouth.send("a", Message("Đọc", "Một câu. " * 400))
    assert len(waited) == 2


async def test_what_cannot_be_changed_is_said_or_let_be(double, mouth):
    """A correction is refused; a message that should disappear costs no call; a voice without a way is a fault."""
    with pytest.raises(SendFailed, match="cannot be changed"):
        await mouth.send("a", Correction("m1", Message("x")))
    assert (await mouth.send("a", Deletion("m1"))).message == "m1"
    with pytest.raises(SendFailed, match=r"vi/none\.ogg.*web\.public_url"):
        await mouth.send("a", VoiceNote("vi/none.ogg"))
    assert double.calls == []


# --- faults

TABLE = {
    -32: (Fault.WAIT, TOO_FAST),
    -211: (Fault.WAIT, QUOTA_GONE),
    **dict.fromkeys((-320, -321), (Fault.WAIT, QUOTA_GONE)),
    **dict.fromkeys((-100, -218), (Fault.PASSING, "ok")),
    **dict.fromkeys((-200, -201, -210, -248, -999, 17), (Fault.REFUSED, "ok")),
    **dict.fromkeys((-213, -227, -244), (Fault.GONE, "ok")),
    **dict.fromkeys((-217, -230, -232, -234), (Fault.CLOSED, "ok")),
    **dict.fromkeys((-204, -205, -209, -212, -219, -221, -223, -224, -235, -240, -242), (Fault.SETUP, "")),
    "html": (Fault.PASSING, "unreachable: 502 without JSON"),
    "cloudflare": (Fault.PASSING, "unreachable: 403 without JSON"),
    "server_error": (Fault.PASSING, "unreachable: 500"),
}
"""What Zalo answers -> our class, and the status of the channel ("": what has to be done)."""


@pytest.mark.parametrize("kind", TABLE, ids=str)
async def test_every_fault_has_its_class_and_its_status(double, mouth, kind):
    """And the next message goes through; the tokens are in no reason."""
    person = double.person("a", started=True)
    await mouth._post.windows.open("a", time.time_ns() // 1_000_000)
    fault, status = TABLE[kind]
    double.fault(SEND, kind, times=2 if kind == -200 else 1)
    with pytest.raises(SendFailed) as failed:
        await mouth.send("a", Message("", "x"))
    assert failed.value.fault is fault
    assert mouth.status == (status or failed.value.reason)
    assert double.access not in failed.value.reason
    if kind == -32:
        assert 0 < failed.value.retry_after <= 61
    if kind in {-217, -230, -232}:
        assert failed.value.reason == WINDOW
        assert (await mouth._post.windows.find("a")).opened_at == 0
    await mouth.send("a", Message("", "y"))
    assert person.screen[-1].text == "y"


async def test_sending_that_failed_is_tried_once_more(double, mouth):
    """-200, and no more than that."""
    person = double.person("a", started=True)
    double.fault(SEND, -200)
    await mouth.send("a", Message("x"))
    assert (len(person.screen), len(double.calls_of(SEND))) == (1, 2)


@pytest.mark.parametrize("kind", ["cut", "cut_after"])
async def test_what_may_have_arrived_is_unknown(double, mouth, kind):
    """Nobody answered: it is not sent again blindly."""
    double.person("a", started=True)
    double.fault(SEND, kind)
    with pytest.raises(SendFailed) as failed:
        await mouth.send("a", Message("", "x"))
    assert failed.value.fault is Fault.UNKNOWN


async def test_a_plan_that_is_used_up_stops_what_costs_and_nothing_else(double, mouth):
    """Who wrote lately is answered; the others hear nothing, with the reason."""
    late, fresh = double.person("late"), double.person("fresh", started=True)
    at = time.time_ns() // 1_000_000
    late.acted_at = at - 60 * HOUR
    for person in (late, fresh):
        await mouth._post.windows.open(person.id, int(person.acted_at))
    double.quota = 0
    with pytest.raises(SendFailed) as failed:
        await mouth.send("late", Message("x"))
    assert (failed.value.fault, failed.value.reason) == (Fault.CLOSED, "quota")
    assert mouth.status == QUOTA_GONE
    await mouth.send("fresh", Message("y"))
    assert (len(late.screen), len(fresh.screen), mouth.status) == (0, 1, "ok")


async def test_after_seven_days_nobody_is_even_tried(double, mouth):
    """Zalo would refuse it."""
    await mouth._post.windows.open("a", time.time_ns() // 1_000_000 - 169 * HOUR)
    with pytest.raises(SendFailed) as failed:
        await mouth.send("a", Message("x"))
    assert (failed.value.fault, failed.value.reason, double.calls) == (Fault.CLOSED, "window", [])


async def test_a_proxy_of_its_own_is_used(double, tea, tmp_path):
    """For calls and for tokens."""
    asked = []

    async def forward(request):
        asked.append(str(request.url))
        return web.json_response({"error": 0, "data": {"message_id": "1"}})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", forward)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    proxy = f"http://127.0.0.1:{runner.addresses[0][1]}"
    mouth = oa_of(double, tea, tmp_path, zalo_oa_api="http://zalo.example", zalo_oa_proxy=proxy)
    await mouth.send("a", Message("x"))
    await mouth.close()
    await runner.cleanup()
    assert (asked, double.calls) == ([f"http://zalo.example/{SEND}"], [])


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"zalo_oa_app": "nonsense"}, "ZALO_OA_APP_ID"), ({"zalo_oa_api": "http://["}, "ZALO_OA_API is no address")],
)
async def test_what_cannot_work_is_said_with_its_setting(double, tea, tmp_path, settings, words):
    """Without a call, and without the value."""
    mouth = oa_of(double, tea, tmp_path, **settings)
    assert words in await probe(mouth._api)
    assert "nonsense" not in mouth.status
    assert double.calls == []


async def test_the_doctor_hears_how_the_account_is(double, mouth):
    """Its name; access that was taken back; nobody there."""
    assert await probe(mouth._api) == "ok: Cầm Tay"
    double.revoke()
    assert "bot zalo login" in await probe(mouth._api)


# --- what comes in


def test_events_are_read():
    """Ids are strings of digits, or numbers; without an id of its own an event is known by what it says."""
    event = {"event_name": "follow", "follower": {"id": 7}, "timestamp": "1794000000000"}
    first, again = read_event(event, 1), read_event({**event}, 2)
    assert (first.chat, first.what) == ("7", What.UNBLOCKED)
    assert first.external == again.external != read_event({**event, "timestamp": "1794000000001"}, 1).external
    link = {"type": "link", "payload": {"url": "https://x.vn"}}
    shared = {"msg_id": "m", "text": "xem", "attachments": [link]}
    read = read_event({"event_name": "user_send_link", "sender": {"id": "a"}, "message": shared}, 1)
    assert (read.what, read.text) == (What.TEXT, "xem\nhttps://x.vn")
    tapped = {"event_name": "user_send_text", "sender": {"id": "a"}, "message": {"msg_id": "m", "text": f"{TAP}aB-_9"}}
    assert (read_event(tapped, 1).what, read_event(tapped, 1).tap) == (What.TAP, "aB-_9")
    assert sent_at({"timeStamp": 1794000000000}) == 1794000000000
    assert sent_at({"timestamp": "soon"}) == 0


def test_consent_that_is_withdrawn_by_way_of_zalo_is_told_to_the_operator(caplog):
    """It is stored, and the log asks for a human."""
    event = {"event_name": "user_withdraw", "user_id": "7", "oa_id": OA, "timestamp": "1794000000000"}
    assert read_event(event, 1).what is What.OTHER
    assert "takes their consent back" in caplog.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda x: (
        st.lists(x)
        | st.dictionaries(
            st.sampled_from(
                ["event_name", "message", "sender", "recipient", "follower", "id", "text", "msg_id", "attachments"]
            ),
            x | st.sampled_from(["follow", "user_send_text", "oa_send_text", "user_send_link"]),
        )
    ),
)


@given(JSON)
def test_no_event_however_odd_raises(event):
    """What is not understood is nobody's."""
    if isinstance(event, dict):
        read_event(event, 1)
        read_echo(event)
        sent_at(event)


async def test_an_event_that_is_not_stored_in_time_is_tried_on(double, tea, tmp_path, monkeypatch, caplog):
    """Zalo is told so, and does not come again: nothing is lost all the same."""
    monkeypatch.setattr("bot.channel.zalo_oa.ACKNOWLEDGE", 0.02)
    async with listens(double, tea, tmp_path) as (mouth, stored):
        stored.refuse = 2
        with pytest.raises(SendFailed, match="tried on"):
            await mouth.take(double.person("a").event("user_send_text", {"text": "x"}))
        for _ in range(100):
            if stored:
                break
            await asyncio.sleep(0.02)
    assert [incoming.text for incoming in stored] == ["x"]
    assert "not stored, tried again" in caplog.text


async def test_without_listening_nothing_is_taken(double, mouth):
    """503: who posts may come again."""
    with pytest.raises(SendFailed, match="not listening"):
        await mouth.take(double.person("a").event("user_send_text", {"text": "x"}))


@pytest.mark.parametrize(("by_name", "admin", "silent"), [(True, "99", True), (True, "", False), (False, "", True)])
async def test_what_counts_as_the_staffs_own_is_a_setting(double, tea, tmp_path, *, by_name, admin, silent):
    """A message that names somebody, or any that is not ours."""
    async with listens(double, tea, tmp_path, zalo_oa_by_name=by_name) as (mouth, stored):
        double.person("a", started=True)
        sent = await mouth.send("a", Message("x"))
        more = {"admin_id": admin} if admin else {}
        await mouth.take(double.echo_of("a", sent.message, "x", **more))
        await mouth.take(double.person("a").event("user_send_text", {"text": "một"}))
        await mouth.take(double.echo_of("a", "another", "y", **more))
        await mouth.take(double.person("a").event("user_send_text", {"text": "hai"}))
    assert [incoming.what for incoming in stored] == [What.TEXT, What.OTHER if silent else What.TEXT]


async def test_without_a_webhook_it_says_that_it_hears_nothing(double, tea, tmp_path):
    """An operator reads it; sending works."""
    mouth = oa_of(double, tea, tmp_path)
    double.person("a", started=True)
    await mouth.send("a", Message("x"))
    assert isinstance(mouth, ZaloOa)
    assert "zalo_oa.webhook" in mouth.status
    await mouth.close()
