"""Whatever the Bot API does, over real HTTP: everybody ends in one honest state, and the sums add up."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
import time
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import running
from bot.broadcast.model import Broadcast, Kind, Plan
from bot.channel.telegram import Telegram
from bot.engine.chat import Chat
from bot.service.sender import Patience
from bot.store import broadcasts, chats, recipients
from tests.kit.ready import opened, with_tables
from tests.kit.shell import a_config, make_root
from tests.kit.telegram import TelegramDouble

TEXT = "{% block text %}{{ You }} nhớ nhé.{% endblock %}"

ENDS = {
    "": {"sent"},
    "slow": {"sent"},
    "server_error": {"sent"},
    "html": {"sent"},
    "flood": {"sent"},
    "migrated": {"sent"},
    "cut": {"unknown(no_answer)"},  # it may have arrived: nobody can know
    "cut_after": {"unknown(no_answer)"},
    "blocked": {"failed(gone)"},
    "deactivated": {"failed(gone)"},
    "chat_not_found": {"failed(gone)"},
}
"""What may happen to one person's message, and how it may end."""

ARRIVES = {"": 1, "slow": 1, "server_error": 1, "html": 1, "flood": 1, "migrated": 1, "cut_after": 1}
"""How often it is to arrive; never, where it is not named."""


async def _storm(root, number, faults):
    """Send to one person for each fault; how each ended, and how often their message was taken."""
    config = a_config(root, root / "data" / f"{number}.db")
    with_tables(config.database)
    house = opened(config)
    async with TelegramDouble() as double:
        mouth = Telegram(
            double.token, media=root / "content" / "media", cache=root / "data" / "pictures", api=double.url
        )
        double.on_its_way = 0.4  # three storms at a time on a busy machine; without the hold it would go on for 0.7
        mouth.capabilities = dataclasses.replace(mouth.capabilities, rate=60.0)
        async with running(config, house, [mouth]) as app:
            app.sender.patience = Patience(first=0.02)
            for ident, fault in enumerate(faults, 1):
                double.person(ident, started=True)
                if fault:
                    anywhere = fault == "flood"
                    double.fault(
                        "sendMessage", chat=None if anywhere else ident, kind=fault, retry_after=1, seconds=0.3
                    )
            now = time.time_ns() // 1_000_000
            people = [Chat(f"telegram:{n}", "telegram", str(n), "vi", now, now) for n in range(1, len(faults) + 1)]
            content = Broadcast(
                "care", "scam", Kind.TIP, "everyone", plan=Plan(canary=0, errors=100), words={"vi": TEXT}
            )
            about = {"state": "running", "sender": "x", "expected": len(faults), "created_at": 1, "start_at": 1}
            async with app.database.write() as connection:
                await chats.save(connection, people)
                id_ = await broadcasts.add(connection, content, name="care", **about)
            app.broadcasts.wake()
            for _ in range(2_000):
                async with app.database.read() as connection:
                    row = await broadcasts.find(connection, "care")
                if row.state == "done":
                    break
                await asyncio.sleep(0.02)
            async with app.database.read() as connection:
                counted = await recipients.counts(connection, id_)
                table = recipients.tables.recipient
                rows = (await connection.execute(table.select().order_by(table.c.n))).all()
        sends = [call for call in double.calls if call.method == "sendMessage" and call.result is not None]
        taken = Counter(call.chat for call in sends)
        assert row.state == "done", (row.state, row.reason, counted)
        assert double.violations == []
        ends = {int(r.chat.partition(":")[2]): f"{r.state}({r.reason})" if r.reason else r.state for r in rows}
        return ends, taken, counted


async def _storms(root, storms):
    """Several at a time: they mostly wait."""
    return await asyncio.gather(*(_storm(root, number, faults) for number, faults in enumerate(storms)))


FAULTS = st.lists(st.sampled_from([each for each in ENDS if each != "flood"]), min_size=12, max_size=40)


@settings(max_examples=2)
@given(st.tuples(FAULTS, FAULTS, FAULTS.map(lambda faults: [*faults, "flood"])))
def test_everybody_ends_in_one_honest_state_and_nobody_gets_it_twice(storms):
    """Floods, slow answers, answers that never come, proxies, blocked and moved people, in any mixture."""
    with tempfile.TemporaryDirectory() as folder:
        ended = asyncio.run(_storms(make_root(Path(folder)), storms))
    for faults, (ends, taken, counted) in zip(storms, ended, strict=True):
        assert sum(counted.values()) == len(faults) == len(ends)
        for ident, fault in enumerate(faults, 1):
            assert ends[ident] in ENDS[fault], (ident, fault)
            moved = -(10**12) + ident
            assert taken[ident] + taken[moved] == ARRIVES.get(fault, 0), (ident, fault)
