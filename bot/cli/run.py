"""`bot run`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from bot import log
from bot.cli.report import OK, SETUP, complain, show
from bot.cli.settings import settings
from bot.store.database import DatabaseFault, explain

if TYPE_CHECKING:
    from bot.config import Config
    from bot.service.house import House

GARBAGE = (20_000, 20, 50)
"""How seldom the collector looks: hardly anything here has circles, and it would walk every request under way."""

DATABASE_TURN = 0.0005
"""Seconds after which a busy loop lets the database's thread go on; Python's 5 ms would be added to each statement."""

logger = logging.getLogger("bot.run")


def run(*, telegram: bool, zalo: bool, watch: bool) -> int:
    """Serve until a signal; the exit code."""
    log.set_up()
    config = settings()
    if config is None:
        return SETUP
    from bot.service.reload import open_house

    house, problems = open_house(config)
    show(problem for problem in problems if problem.is_error)
    if house is None:
        complain(
            f"No guide in {config.root / 'flows'} can be put into service: see 'bot check'. "
            "Is that the right folder? (CAM_TAY_ROOT, else the current one)"
        )
        return SETUP
    if left_out := sorted({path.stem for path in (config.root / "flows").glob("*.toml")} - set(house.flows)):
        complain(f"Left out until they are mended: {', '.join(left_out)}.")
    if not config.human_phone:
        complain("“Gặp người giúp” has no number to call: set 'human.phone' in bot.toml.")
    import uvloop

    try:
        return uvloop.run(_serve(config, house, telegram=telegram, zalo=zalo, watch=watch))
    except DatabaseFault as fault:
        complain(f"Cannot start: {fault}.")
        return SETUP
    except DBAPIError as error:  # it could be opened and refuses what a start writes
        complain(f"Cannot start: {explain(config.database, error)}.")
        return SETUP


async def _serve(config: Config, house: House, *, telegram: bool, zalo: bool, watch: bool) -> int:
    from bot.app import serving
    from bot.web.server import PortTaken

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stopped.set)
    gc.collect()
    gc.freeze()  # what is loaded stays: collections need not walk it again
    gc.set_threshold(*GARBAGE)
    gc.enable()
    sys.setswitchinterval(DATABASE_TURN)
    try:
        async with serving(config, house, telegram=telegram, zalo=zalo, watch=watch) as address:
            sys.stdout.write(f"Cầm Tay: {address}\n")
            sys.stdout.flush()
            await stopped.wait()
            logger.info("stopping")
    except PortTaken as taken:
        cure = (
            "This machine has no such address: setting 'web.host'."
            if taken.is_host
            else "Is the bot running already? Another port: setting 'web.port' or CAM_TAY_PORT=0 for any free one."
        )
        complain(f"Cannot listen on {config.host}:{config.port}: {taken}. {cure}")
        return SETUP
    return OK
