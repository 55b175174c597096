"""People who walk the guide, and the Bot API as the bot sees it: one side of a conversation each.

A person taps the keyboard that the bot really sent, and reads the step in the text that the bot really wrote. The
crowd therefore knows nothing of the bot but the labels "Next" and "Back" and the words "Step k".

Nobody acts again before `PAUSE` seconds have passed since the last reply. When nobody is ready and the load is not
reached, somebody new joins: a fast bot gets more people, never faster ones. Telegram allows one message a second in
one chat, and a bot that keeps to it must not be punished for it.
"""

import asyncio
import re
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

import orjson
from guide import EXPECT, SCRIPT
from wire import ApiConnection, Hook

if TYPE_CHECKING:
    from collections.abc import Callable

PAUSE = 1.4
PATIENCE = 10.0
"""Seconds until an action without a reply counts as failed."""

STEP = re.compile(r"Step (\d+)")
MESSAGES = {"sendmessage", "editmessagetext", "sendphoto", "editmessagecaption", "editmessagemedia"}
"""The calls that show a person something to read."""

ME = {"id": 4242, "is_bot": True, "first_name": "B", "username": "bench_bot"}
RIGHTS = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
RESULTS: dict[str, Any] = {
    "getme": ME | RIGHTS,
    "getwebhookinfo": {"url": "", "has_custom_certificate": False, "pending_update_count": 0},
    "getmycommands": [],
    "getupdates": [],
}
"""What calls that concern nobody's screen return; the others return true."""

now = time.perf_counter


class Person:
    """One person in one private chat."""

    __slots__ = (
        "accepted", "acting", "answered", "id", "keyboard", "message", "place", "ready_at", "refused", "seen", "shown",
        "since", "text", "turn", "update", "walked",
    )  # fmt: skip

    def __init__(self, number: int) -> None:
        self.id = number
        self.place = 0  # in SCRIPT: what to do next
        self.walked = False  # has been shown anything yet
        self.seen: int | None = None  # the step on the screen
        self.text = ""
        self.message = 0
        self.keyboard: dict[str, Any] | None = None
        self.ready_at = 0.0
        # The action under way:
        self.acting = False
        self.since = 0.0
        self.turn = 0
        self.update = b""
        self.accepted = False  # the webhook said 200
        self.refused = False  # it said something else, or nobody was there
        self.answered = False  # the tap was answered (the spinner on the button is gone)
        self.shown = False  # the reply is on the screen


class Crowd:
    """All people, the load they make, and what went wrong."""

    def __init__(self, hook: Hook, start_text: str) -> None:
        self.hook = hook
        self.start_text = start_text
        self.api_delay = 0.0
        self.limit = 1_000_000  # most people
        self.stay_at: int | None = None  # people stop for good when they reached this place of the script
        self.on_shown: Callable[[Person], None] | None = None
        self.people: dict[int, Person] = {}
        self.waiting: deque[Person] = deque()
        self.in_flight: int | None = None
        self.running = False
        self.timer: asyncio.TimerHandle | None = None
        self.acting = self.completed = self.settled = self.calls = 0
        self.latencies: list[float] = []
        self.faults: Counter[str] = Counter()
        self.asides = 0
        self.last_person = 1000
        self.last_message = 100
        self.last_update = int(time.time()) % 10**9

    # ---- the Bot API ------------------------------------------------------------------------------------------

    def answer(self, connection: ApiConnection, method: str, parameters: dict[str, Any]) -> None:
        """Carry out one call of the bot."""
        self.calls += 1
        result = RESULTS.get(method, True)
        delay = 0.0
        if method in MESSAGES or method == "editmessagereplymarkup":
            chat, message = int(parameters["chat_id"]), int(parameters.get("message_id") or 0)
            if not message:
                self.last_message += 1
                message = self.last_message
            result = {"message_id": message, "date": 1760000000, "chat": {"id": chat, "type": "private"}, "from": ME}
            delay = self.api_delay
            if method in MESSAGES:
                text = parameters.get("text") or parameters.get("caption") or ""
                self.show(chat, message, text, parameters.get("reply_markup"))
        elif method == "answercallbackquery":
            delay = self.api_delay
            self.answer_tap(parameters["callback_query_id"])
        reply = orjson.dumps({"ok": True, "result": result})
        if delay:
            asyncio.get_running_loop().call_later(delay, connection.reply, reply)
        else:
            connection.reply(reply)

    def show(self, chat: int, message: int, text: str, markup: Any) -> None:
        """A message reaches a person's screen."""
        person = self.people.get(chat)
        if person is None:
            self.faults["message to nobody"] += 1
            return
        found = STEP.search(text)
        step = int(found.group(1)) if found else 0
        waits = person.acting and not person.shown
        if not waits and (step or text == person.text):
            self.faults["message sent twice"] += 1
        if not step and not (waits and EXPECT[person.place] == 0):
            self.asides += 1  # a greeting, a hint: not a reply of the guide
            return
        keyboard = orjson.loads(markup) if isinstance(markup, str | bytes) else markup
        person.keyboard = keyboard if keyboard and keyboard.get("inline_keyboard") else None
        person.message, person.text, person.seen, person.walked = message, text, step, True
        if not waits:
            return
        person.shown = True
        if step != EXPECT[person.place]:
            self.faults["wrong step"] += 1
        self.latencies.append(now() - person.since)
        if self.on_shown:
            self.on_shown(person)
        self.finish(person)

    def answer_tap(self, query: str) -> None:
        """The spinner on a tapped button ends."""
        number, _, turn = query.partition("-")
        person = self.people.get(int(number))
        if person and int(turn) == person.turn:
            person.answered = True
            self.finish(person)

    # ---- acting -----------------------------------------------------------------------------------------------

    def join(self) -> Person:
        """Somebody new."""
        self.last_person += 1
        person = self.people[self.last_person] = Person(self.last_person)
        return person

    def act(self, person: Person, since: float | None = None) -> None:
        """The person does what the script says next. Latency counts from `since`."""
        person.update = self.make_update(person)
        person.acting = True
        person.accepted = person.refused = person.shown = False
        person.answered = SCRIPT[person.place] in ("start", "type")  # nothing to answer
        person.since = since or now()
        self.acting += 1
        turn = person.turn

        def done(status: int, body: bytes) -> None:
            if status != 200:
                self.faults[f"webhook said {status}"] += 1
            elif body.startswith(b"{"):  # a call in the answer to the webhook, as the Bot API allows
                call = orjson.loads(body)
                if call.get("method", "").lower() == "answercallbackquery":
                    self.answer_tap(call["callback_query_id"])
            if person.turn == turn:
                person.accepted, person.refused = status == 200, status != 200

        self.hook.post(person.update, done)

    def make_update(self, person: Person) -> bytes:
        """The Telegram update of the person's next action."""
        self.last_update += 1
        person.turn += 1
        who = {"id": person.id, "first_name": "Ann", "last_name": "Lee", "username": f"user{person.id}"}
        sender, chat = who | {"is_bot": False, "language_code": "en"}, who | {"type": "private"}
        action = SCRIPT[person.place]
        data = find_button(person.keyboard, action)
        if action not in ("start", "type") and data is None:
            self.faults["no button"] += 1
            person.place, action = 0, "start"
        if action in ("start", "type"):
            self.last_message += 1
            text = self.start_text if action == "start" else "Anna Lee"
            message = {"message_id": self.last_message, "from": sender, "chat": chat, "date": 1760000000, "text": text}
            if action == "start":
                message["entities"] = [{"offset": 0, "length": 6, "type": "bot_command"}]
            return orjson.dumps({"update_id": self.last_update, "message": message})
        message = {
            "message_id": person.message,
            "from": ME,
            "chat": chat,
            "date": 1760000000,
            "text": person.text,
            "reply_markup": person.keyboard,
        }
        query = {
            "id": f"{person.id}-{person.turn}",
            "from": sender,
            "message": message,
            "chat_instance": "-123456789",
            "data": data,
        }
        return orjson.dumps({"update_id": self.last_update, "callback_query": query})

    def finish(self, person: Person) -> None:
        """Once the reply is shown and the tap is answered, the action is over."""
        if not (person.acting and person.shown and person.answered):
            return
        self.completed += 1
        self.release(person, (person.place + 1) % len(SCRIPT))

    def release(self, person: Person, place: int) -> None:
        """The person waits for the next turn at `place`, or stays for good."""
        person.acting = False
        self.acting -= 1
        person.place = place
        person.ready_at = now() + PAUSE
        if self.stay_at is not None and place >= self.stay_at:
            self.settled += 1
            person.keyboard, person.text, person.update = None, "", b""
        else:
            self.waiting.append(person)
        self.fill_up()

    def drop(self, person: Person) -> None:
        """Forget the action under way, as if it had never been."""
        person.acting = False
        person.turn += 1
        self.acting -= 1

    # ---- the load ---------------------------------------------------------------------------------------------

    async def load(self, seconds: float, *, in_flight: int | None = None, rate: float | None = None) -> None:
        """Act for a time: with so many actions under way at any moment, or so many new ones a second."""
        self.start(in_flight=in_flight)
        end = now() + seconds
        if rate:
            await self.act_at(rate, end)
        await asyncio.sleep(end - now())
        await self.rest()

    def start(self, in_flight: int | None = None) -> None:
        """Let people act until `rest`."""
        self.running, self.in_flight = True, in_flight
        self.fill_up()

    async def rest(self, limit: float = 3.0) -> None:
        """Nobody acts any more; wait for what is under way, at most `limit` seconds."""
        self.running = False
        end = now() + limit
        while self.acting and now() < end:  # noqa: ASYNC110  (an event would cost on the hot path)
            await asyncio.sleep(0.02)
        self.give_up(0)

    def next_person(self) -> Person | None:
        """Who is ready; else somebody new, if there may be more people."""
        if self.waiting and self.waiting[0].ready_at <= now():
            return self.waiting.popleft()
        return self.join() if len(self.people) < self.limit else None

    def fill_up(self) -> None:
        """Closed loop: keep `in_flight` actions under way."""
        if self.in_flight is None:
            return
        while self.running and self.acting < self.in_flight:
            person = self.next_person()
            if person is None:
                if self.waiting and self.timer is None:
                    self.timer = asyncio.get_running_loop().call_later(0.01, self.wake)
                return
            self.act(person)

    def wake(self) -> None:
        """Somebody may be ready by now."""
        self.timer = None
        self.fill_up()

    async def act_at(self, rate: float, end: float) -> None:
        """Open loop: act at fixed times, however slow the bot is; a late start counts as latency."""
        due = now()
        while self.running and due < end:
            due += 1 / rate
            await asyncio.sleep(max(0.0, due - now()))
            person = self.next_person()
            if person is None:
                self.faults["nobody ready"] += 1
            elif self.running:
                self.act(person, due)

    def give_up(self, patience: float = PATIENCE) -> None:
        """Actions without a reply fail; the person begins anew."""
        t = now()
        for person in [p for p in self.people.values() if p.acting and t - p.since > patience]:
            self.faults["no answer to the tap" if person.shown else "no reply"] += 1
            person.turn += 1
            self.release(person, 0)

    async def watch(self) -> None:
        """Give up on actions once a second, for ever."""
        while True:
            await asyncio.sleep(1)
            self.give_up()


def find_button(keyboard: dict[str, Any] | None, label: str) -> str | None:
    """The callback data of the button with this label, or with this word in its label."""
    found = [b for row in (keyboard or {}).get("inline_keyboard", []) for b in row if label in b["text"]]
    found.sort(key=lambda b: b["text"] != label)
    return found[0].get("callback_data") if found else None
