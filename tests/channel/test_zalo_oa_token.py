"""The keys to a Zalo official account: renewed once, by one, kept before they are used, never lost in silence."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace

import pytest

from bot.channel.base import Fault, Message, SendFailed
from bot.channel.http import Wire
from bot.channel.zalo_oa_token import Account, Tokens, challenge, consent_address, verifier
from bot.service import metrics
from bot.service.keys import Keys
from bot.store import tokens
from bot.store.database import open_database
from tests.channel.zalo_oa import DAY, HOUR, living_on_oa, oa_of, pair_of
from tests.kit.shell import refuse
from tests.kit.zalo_oa import APP, APP_SECRET, TOKEN, ZaloOaDouble

NAME = f"zalo_oa:{APP}"


@pytest.fixture
async def double():
    """A double that must have seen no mistake when the test ends."""
    async with ZaloOaDouble() as made:
        yield made
        assert made.violations == []


@pytest.fixture
async def database(database_url):
    """A database of either kind."""
    made = await open_database(database_url)
    yield made
    await made.close()


def now():
    """Milliseconds."""
    return time.time_ns() // 1_000_000


async def keep(database, pair):
    """Somebody has logged in."""
    async with database.write() as connection:
        await tokens.keep(connection, NAME, pair)


async def kept(database):
    """What is written down."""
    async with database.read() as connection:
        return await tokens.find(connection, NAME)


def of(double, database, **more):
    """The tokens as the bot has them."""
    return Tokens(Account(APP, APP_SECRET, double.url), Wire(), Keys(database, NAME), **more)


async def test_a_pair_that_will_do_is_used_as_it_is(double, database):
    """No call."""
    await keep(database, pair_of(double))
    assert (await of(double, database).fresh()).access == double.access
    assert double.calls == []


async def test_before_its_end_it_is_renewed_and_kept_first(double, database):
    """Zalo says when the new one ends, as a text; a refresh token lives three months."""
    await keep(database, pair_of(double, access_until=now() + HOUR // 2))
    pair = await of(double, database).fresh()
    assert pair.access == double.access == "access-1"
    stored = await kept(database)
    assert (stored.access, stored.refresh) == ("access-1", "refresh-1")
    assert abs(stored.access_until - now() - 25 * HOUR) < HOUR
    assert abs(stored.refresh_until - now() - 90 * DAY) < DAY


async def test_many_who_need_it_at_once_renew_it_once(double, database):
    """In one process and in three: a refresh token is good once."""
    old = pair_of(double)
    await keep(database, old)
    others = [of(double, database) for _ in range(3)]
    double.expire()
    pairs = await asyncio.gather(*(each.renew(old) for each in others for _ in range(5)))
    assert {pair.access for pair in pairs} == {double.access}
    assert len(double.calls_of(TOKEN)) == 1


async def test_who_dies_while_renewing_keeps_nobody_out_for_ever(double, database):
    """The claim ends by itself."""
    old = pair_of(double)
    await keep(database, old)
    assert await Keys(database, NAME).claim(old.refresh, 700)
    assert not await Keys(database, NAME).claim(old.refresh, 700)
    assert (await of(double, database).renew(old)).access == double.access


async def test_a_pair_that_cannot_be_kept_is_not_used_and_not_lost(double, database):
    """Nothing is asked twice: the next try keeps what Zalo has given."""
    old = pair_of(double)
    await keep(database, old)
    mine = of(double, database)
    assert await Keys(database, NAME).claim("nothing", 1) is False
    real, mine.keeper = mine.keeper, _Full(mine.keeper)
    for _ in range(2):
        with pytest.raises(SendFailed) as failed:
            await mine.renew(old)
        assert failed.value.fault is Fault.PASSING
    assert (await kept(database)).access == old.access
    mine.keeper = real
    assert (await mine.renew(old)).access == double.access == (await kept(database)).access
    assert len(double.calls_of(TOKEN)) == 1


class _Full:
    """A keeper whose disk is full."""

    def __init__(self, keeper):
        self.find, self.claim, self.release = keeper.find, keeper.claim, keeper.release

    async def keep(self, *pair):
        """Refuses."""
        del pair
        raise SendFailed(Fault.PASSING, "disk full")


async def test_a_database_that_refuses_is_a_fault_that_passes(double, database):
    """Whatever is asked of it."""
    keys = Keys(database, NAME)
    await keep(database, pair_of(double))
    await refuse(database)
    for asked in (keys.keep("a", "r", 1, 1), keys.claim(double.refresh, 5), keys.release()):
        with pytest.raises(SendFailed) as failed:
            await asked
        assert failed.value.fault is Fault.PASSING
    await refuse(database, refuses=False)
    assert (await keys.find()).access == double.access


@pytest.mark.parametrize("kind", ["html", "server_error", "cut", "cut_after"])
async def test_while_zalo_cannot_be_reached_the_old_pair_serves(double, database, kind):
    """As long as it holds; a lost answer costs nobody the pair unless Zalo says so."""
    pair = pair_of(double, access_until=now() + HOUR // 2)
    await keep(database, pair)
    mine = of(double, database)
    double.fault(TOKEN, kind)
    assert (await mine.fresh()).access == pair.access
    if kind != "cut_after":
        assert (await mine.fresh()).access == double.access


async def test_a_refresh_token_that_is_refused_is_asked_for_once(double, database, caplog):
    """Then a human is needed; when they have logged in, it goes on by itself."""
    old = pair_of(double)
    await keep(database, old)
    mine = of(double, database)
    double.revoke()
    for _ in range(3):
        with pytest.raises(SendFailed, match="bot zalo login") as failed:
            await mine.renew(old)
        assert failed.value.fault is Fault.SETUP
    assert len(double.calls_of(TOKEN)) == 1
    assert len([each for each in caplog.records if each.levelno == logging.ERROR]) == 1
    await keep(database, replace(old, access="new", refresh="newer"))
    assert (await mine.renew(old)).access == "new"


async def test_nobody_has_logged_in(double, database):
    """One sentence with the command."""
    with pytest.raises(SendFailed, match="bot zalo login") as failed:
        await of(double, database).fresh()
    assert failed.value.fault is Fault.SETUP


async def test_an_operator_is_warned_before_the_end_once_a_day(database, caplog):
    """By the log; the seconds that are left stand in the metrics."""
    at = now()
    keys = Keys(database, NAME, lambda: at)
    await keys.keep("a", "r", at + HOUR, at + 29 * DAY)
    await keys.find()
    assert metrics.TOKEN.labels("zalo_oa", "refresh")._value.get() == (at + 29 * DAY) // 1000
    assert [each.getMessage() for each in caplog.records].count(
        "a human has to join the account again soon: bot zalo login"
    ) == 1
    at += 2 * DAY
    await keys.find()
    assert len(caplog.records) == 2


async def test_a_token_that_is_over_in_the_middle_of_a_message_costs_nobody_anything(double, tea, tmp_path):
    """It is renewed, and the message sent once."""
    mouth = oa_of(double, tea, tmp_path)
    person = double.person("a", started=True)
    for breaks in (double.expire, lambda: setattr(double, "access", "another")):
        breaks()
        await mouth.send("a", Message("x"))
    await mouth.close()
    assert len(person.screen) == 2
    assert len(double.calls_of(TOKEN)) == 2


async def test_what_waits_for_a_login_is_sent_after_it(double, tea, tmp_path):
    """Nothing that people asked for is lost meanwhile; the status says what to do."""
    async with living_on_oa(double, tea, tmp_path, joined=False) as bot:
        bot.app.sender.patience = replace(bot.app.sender.patience, longest=0.05)
        person = double.person("a")
        await person.says("/start tea")
        assert await double.settled()
        await asyncio.sleep(0.2)
        assert "bot zalo login" in bot.oa.status
        await keep(bot.app.database, pair_of(double))
        await person.waits_for("Bắt đầu pha trà")
        assert bot.oa.status == "ok"


def test_the_challenge_reads_the_same_in_both_alphabets_of_base64():
    """And is the same at every login, for it has to be typed into the console; another app has another."""
    account = Account(APP, APP_SECRET)
    assert challenge(account).isalnum()
    assert len(challenge(account)) == len(verifier(account)) == 43
    assert challenge(account) == challenge(Account(APP, APP_SECRET)) != challenge(Account("5", APP_SECRET))
    assert challenge(account) in consent_address(account, "https://bot.example/", "st")
    assert APP_SECRET not in repr(account) + consent_address(account, "https://bot.example/", "st")
