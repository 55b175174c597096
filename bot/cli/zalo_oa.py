"""A Zalo official account from the command line: joining it, how it stands, what is not settled about it."""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, urlsplit

import typer
from sqlalchemy import select
from sqlalchemy.engine import make_url

from bot.app import account_of
from bot.channel.base import Fault, SendFailed
from bot.channel.http import Wire
from bot.channel.zalo_oa import probe
from bot.channel.zalo_oa_api import Api
from bot.channel.zalo_oa_form import link
from bot.channel.zalo_oa_token import LOGIN, Tokens, challenge, consent_address
from bot.channel.zalo_oa_update import NAME
from bot.cli.report import FINDINGS, OK, SETUP, complain, show
from bot.config import find_root, load
from bot.service.keys import DAY, SOON, Keys
from bot.store import tables
from bot.store.database import DatabaseFault, open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.config import Config
    from bot.store.database import Database

LONGEST = 2000
"""Characters that a message may have."""

State = Literal["ok", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One question and what the account said."""

    question: str
    answer: str


@asynccontextmanager
async def _joined(config: Config) -> AsyncIterator[tuple[Database, Keys, Tokens, Api]]:
    """The account, through the database where its keys are kept. Raises DatabaseFault."""
    database = await open_database(config.database)
    account = account_of(config)
    wire = Wire(proxy=config.zalo_oa_proxy)
    keys = Keys(database, f"{NAME}:{account.app}")
    tokens = Tokens(account, wire, keys)
    api = Api(account, config.zalo_oa_api, wire, tokens, proof=config.zalo_oa_proof, message=config.zalo_oa_message)
    try:
        yield database, keys, tokens, api
    finally:
        await api.renew()
        await database.close()


# --- joining


def login(callback: str) -> int:
    """Walk an operator through the consent; exit code 1 when Zalo gives no tokens, 3 when something is not set."""
    config, problems = load(find_root())
    show(problems)
    if not config.has_zalo_oa:
        complain("ZALO_OA_APP_ID and ZALO_OA_APP_SECRET are not set: docs/zalo.md says where they come from.")
        return SETUP
    callback = callback or (f"{config.public_url}/" if config.public_url else "")
    if not callback.startswith("https://"):
        complain("Zalo comes back to an https address: set 'web.public_url', or give --callback.")
        return SETUP
    account, state = account_of(config), secrets.token_urlsafe(12)
    typer.echo(
        f"1. At developers.zalo.me open the app {account.app}, “Official Account”, and set there\n"
        f"     Callback URL:    {callback}\n"
        f"     Code challenge:  {challenge(account)}\n"
        "   Both stay as they are for later logins.\n"
        "2. Open this address in a browser where an admin of the official account is logged in to Zalo, and allow it:\n"
        f"     {consent_address(account, callback, state)}\n"
        "3. The browser comes back to the callback address; whatever the page shows, copy its whole address.\n"
        "   It is good for ten minutes."
    )
    code = _code(typer.prompt("The address", prompt_suffix=": ").strip(), state)
    if not code:
        complain("That address has no code, or belongs to another login. Begin again with step 2.")
        return FINDINGS
    try:
        said = asyncio.run(_log_in(config, code))
    except DatabaseFault as fault:
        complain(f"Cannot keep the tokens: {fault}.")
        return SETUP
    except SendFailed as failed:
        complain(f"No tokens: {failed.reason}.")
        return FINDINGS
    typer.echo(f"The tokens are kept. {said}")
    return OK


def _code(pasted: str, state: str) -> str:
    """The code in the address one came back to; "" when there is none or it is of another login."""
    if "?" not in pasted:
        return pasted if pasted.replace("-", "").replace("_", "").isalnum() else ""
    about = parse_qs(urlsplit(pasted).query)
    code = about.get("code", [""])[0]
    return code if about.get("state", [state])[0] == state else ""


async def _log_in(config: Config, code: str) -> str:
    async with _joined(config) as (_, keys, tokens, api):
        await keys.release()
        await tokens.log_in(code)
        return f"The account: {await probe(api)}"


# --- how it stands


async def state_of(config: Config) -> list[tuple[State, str]]:
    """The account, its tokens and its webhook, for the doctor."""
    found: list[tuple[State, str]] = []
    url = make_url(config.database)
    where = url.database if url.get_backend_name() == "sqlite" else ""
    if where and not (config.root / where).exists():
        return [("bad", LOGIN)]
    try:
        async with _joined(config) as (_, keys, _, api):
            pair = await keys.find()
            if pair is None:
                return [("bad", LOGIN)]
            said = await probe(api)
            found.append(("ok" if said.startswith("ok") else "bad", said))
            pair = await keys.find() or pair
    except DatabaseFault:
        return found  # of that a finding of its own tells
    left = pair.refresh_until - time.time_ns() // 1_000_000
    state: State = "bad" if left < 0 else "note" if left < SOON else "ok"
    hint = "" if state == "ok" else ": bot zalo login"
    found.append((state, f"the tokens can be renewed for {max(0, left) // DAY} days{hint}"))
    if not config.zalo_oa_webhook:
        found.append(("bad", "hears nothing: setting 'zalo_oa.webhook'"))
    return found


# --- what is not settled


async def ask_account(config: Config, wait: float) -> AsyncIterator[Answer]:
    """The answers, as they come. The first says whether the tokens are taken; if not, it is the last."""
    async with _joined(config) as (database, _, _, api):
        state, me = await _tried(api.me())
        kind = {key: me.get(key) for key in ("name", "oa_type", "package_name", "is_verified") if me.get(key)}
        yield Answer("Is the official account there, and of which kind?", f"{state} {kind or ''}".rstrip())
        if state != "yes":
            return
        yield Answer("Are calls taken without appsecret_proof (setting 'zalo_oa.proof')?", await _unproved(config))
        typer.echo(
            f"Let the bot run, and write to the account from your own Zalo; it is waited for {wait:.0f} s.", err=True
        )
        chat = await _writer(database, wait)
        if not chat:
            yield Answer("What may be sent?", "open: nobody wrote")
        else:
            async for answer in _messages(api, chat):
                yield answer
            yield Answer("Is “v2.0/oa/message” open (setting 'zalo_oa.message')?", await _older(config, chat))
    yield Answer(
        "Which time does the webhook sign, and is “mac=” in front? When does Zalo try again?",
        "no call tells: press “Test” on the webhook page, read the log, answer once with 503 at a test address",
    )


async def _unproved(config: Config) -> str:
    account = account_of(config)
    async with _joined(config) as (_, _, tokens, _):
        wire = Wire(proxy=config.zalo_oa_proxy)
        state, _ = await _tried(Api(account, config.zalo_oa_api, wire, tokens, proof=False).me())
        await wire.renew()
    return state


async def _older(config: Config, chat: str) -> str:
    """The older call, which some accounts are said to need."""
    account = account_of(config)
    async with _joined(config) as (_, _, tokens, _):
        wire = Wire(proxy=config.zalo_oa_proxy)
        api = Api(account, config.zalo_oa_api, wire, tokens, proof=config.zalo_oa_proof, message="v2.0/oa/message")
        state, _ = await _send(api, chat, {"text": "Cầm Tay"})
        await wire.renew()
    return state


async def _writer(database: Database, wait: float) -> str:
    """Who writes next; "" when nobody does."""
    table, begun, ends = tables.reach, time.time_ns() // 1_000_000, time.monotonic() + wait
    query = select(table.c.chat).where(table.c.channel == NAME, table.c.opened_at >= begun).limit(1)
    while True:
        async with database.read() as connection:
            if chat := (await connection.execute(query)).scalar():
                return str(chat)
        if time.monotonic() >= ends:
            return ""
        await asyncio.sleep(0.5)


async def _messages(api: Api, chat: str) -> AsyncIterator[Answer]:
    """What may be sent, to somebody who has just written: it costs nothing."""
    state, sent = await _send(api, chat, {"text": "Cầm Tay"})
    yield Answer("What does an answer say of the plan?", f"{state} {sent.get('quota') or 'nothing'}")
    for question, text in (
        (f"Are {LONGEST} characters taken?", "ấ" * LONGEST),
        (f"Are {LONGEST + 1} characters refused?", "a" * (LONGEST + 1)),
        (f"Does an emoji count once ({LONGEST // 2 + 1} emoji)?", "🙏" * (LONGEST // 2 + 1)),
    ):
        yield Answer(question, f"taken: {(await _send(api, chat, {'text': text}))[0]}")
    for number in (5, 6):
        buttons = [link("https://zalo.me", f"{n}") for n in range(1, number + 1)]
        state, _ = await _send(api, chat, _template(f"{number}", {"buttons": buttons}))
        yield Answer(f"Are {number} buttons taken?", f"taken: {state}")
    row = {"title": "Cầm Tay", "default_action": {"type": "oa.open.url", "url": "https://zalo.me"}}
    listed = {"template_type": "list", "elements": [row, row]}
    state, _ = await _send(api, chat, {"attachment": {"type": "template", "payload": listed}})
    yield Answer("Is there a template for lists (the bot uses none)?", state)
    state, picture = await _tried(api.upload(_dot()))
    yield Answer("Is a picture taken?", f"{state}")
    if picture:
        media = {"template_type": "media", "elements": [{"media_type": "image", "attachment_id": picture}]}
        both = {**media, "buttons": [{"type": "oa.query.hide", "title": "Chạm thử", "payload": "#b:probe"}]}
        state, _ = await _send(api, chat, _template("Chữ, hình và nút", both))
        yield Answer(
            "Are words, picture and buttons taken in one message (setting 'zalo_oa.together')?",
            f"{state}; look at your Zalo, tap the button: does “#b:probe” show in the chat?",
        )


def _template(text: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"text": text, "attachment": {"type": "template", "payload": payload}}


async def _send(api: Api, chat: str, message: dict[str, Any]) -> tuple[str, Any]:
    return await _tried(api.send({"recipient": {"user_id": chat}, "message": message}))


async def _tried(call: Any) -> tuple[str, Any]:
    """The word "yes" and the result, or why not."""
    try:
        return "yes", await call
    except SendFailed as failed:
        return ("no" if failed.fault is Fault.REFUSED else failed.fault.value) + f": {failed.reason}", {}


def _dot() -> bytes:
    """A small picture."""
    from bot.channel.picture import as_png

    return as_png(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><circle cx="32" cy="32" r="30" fill="#0a5"/></svg>'
    )
