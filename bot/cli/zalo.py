"""`bot zalo probe`: what is not settled about Zalo, asked of real accounts. The questions: docs/zalo.md."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from bot.channel.base import Fault, SendFailed
from bot.channel.zalo_bot_api import Api
from bot.channel.zalo_bot_update import read_update
from bot.channel.zalo_voice import Addresses
from bot.cli.report import FINDINGS, OK, SETUP, complain, show
from bot.cli.zalo_oa import Answer, ask_account
from bot.config import find_root, load
from bot.service import aloud
from bot.voice.provider import NotSpoken
from bot.voice.sound import AAC

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.channel.base import Incoming
    from bot.config import Config

POLL = 5
"""Seconds for which one question for updates is held."""

LONGEST = 2000
"""Characters that a message may have."""


def probe(wait: int, *, as_json: bool) -> int:
    """Ask everything; exit code 1 when an account answers nothing, 3 when there is none."""
    config, problems = load(find_root())
    show(problems)
    if not config.zalo_bot_token and not config.has_zalo_oa:
        complain("ZALO_BOT_TOKEN is not set, nor ZALO_OA_APP_ID: docs/zalo.md says where they come from.")
        return SETUP
    answers = asyncio.run(_probe(config, wait, as_json=as_json))
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in answers], ensure_ascii=False, indent=2))
    accounts = bool(config.zalo_bot_token) + config.has_zalo_oa
    return OK if len(answers) > accounts else FINDINGS


async def _probe(config: Config, wait: int, *, as_json: bool) -> list[Answer]:
    found = []
    ways = [*([ask] if config.zalo_bot_token else []), *([ask_account] if config.has_zalo_oa else [])]
    for way in ways:
        async for answer in way(config, wait):
            found.append(answer)
            if not as_json:
                typer.echo(f"{answer.question}\n    {answer.answer}")
    return found


async def ask(config: Config, wait: float) -> AsyncIterator[Answer]:
    """The answers, as they come. The first says whether the token is taken; if not, it is the last."""
    asking = _Asking(config)
    try:
        state, me = await asking.call("getMe", {})
        yield Answer("Is the token taken, and for which account?", f"{state} {_shown(me)}")
        if state != "yes":
            return
        state, about = await asking.call("getWebhookInfo", {})
        hook = str((about or {}).get("url") or "") if isinstance(about, dict) or about is None else ""
        yield Answer("Is a webhook set?", hook or f"no ({state}: {_shown(about)})")
        if hook:
            yield Answer("What does polling do?", "not asked: it would need the webhook taken away (deleteWebhook)")
            return
        async for answer in _updates(asking, wait):
            yield answer
        if asking.heard is not None:
            async for answer in _messages(asking, asking.heard.chat, config):
                yield answer
        yield Answer(
            "Do messages that people write count in the plan (setting 'zalo_bot.counts_incoming')?",
            "no call tells: read the number in Zalo Bot Creator, write ten messages to the bot, read it again",
        )
    finally:
        await asking.close()


class _Asking:
    """Calls, their outcome in a word."""

    def __init__(self, config: Config) -> None:
        self.heard: Incoming | None = None
        self._api = Api(config.zalo_bot_token, config.zalo_bot_api, proxy=config.zalo_bot_proxy)

    async def call(self, method: str, body: dict[str, Any]) -> tuple[str, Any]:
        """The word "yes" and the result, or why not."""
        try:
            return "yes", await self._api.call(method, body, seconds=POLL + 30)
        except SendFailed as failed:
            return ("no" if failed.fault is Fault.REFUSED else failed.fault.value) + f": {failed.reason}", None

    async def close(self) -> None:
        """Let go of connections."""
        await self._api.renew()


async def _updates(asking: _Asking, wait: float) -> AsyncIterator[Answer]:
    """How updates are given out."""
    update, ends = None, time.monotonic() + wait
    told = False
    while update is None and time.monotonic() < ends:
        began = time.monotonic()
        state, found = await asking.call("getUpdates", {"timeout": POLL})
        if not found and not told:
            told = True
            held = f"held {time.monotonic() - began:.0f} s of {POLL} asked, then nothing ({state})"
            yield Answer("How is a question answered when there is nothing?", held)
            typer.echo(f"Now write any message to the bot from your Zalo; it is waited for {wait:.0f} s.", err=True)
        update = found[0] if isinstance(found, list) and found else found
        asking.heard = read_update(update, 0) if isinstance(update, dict) else None
    if asking.heard is None:
        yield Answer("How are updates given out?", "open: no message came")
        return
    shape = "a list" if isinstance(found, list) else "one at a time"
    yield Answer("How are updates given out?", f"{shape}; event {update.get('event_name')!r}")  # type: ignore[union-attr]
    _, again = await asking.call("getUpdates", {"timeout": POLL})
    again = again[0] if isinstance(again, list) and again else again
    repeated = read_update(again, 0) if isinstance(again, dict) else None
    same = repeated is not None and repeated.external == asking.heard.external
    yield Answer("Is an update given out again once it was read?", "yes" if same else "no")


async def _messages(asking: _Asking, chat: str, config: Config) -> AsyncIterator[Answer]:
    """What may be sent; each message counts in the plan."""
    state, _ = await asking.call("sendChatAction", {"chat_id": chat, "action": "typing"})
    yield Answer("Is “typing” shown?", f"{state}; look at your Zalo")
    large = [{"start": 0, "len": 4, "st": ["b", "f_20"]}]
    state, _ = await asking.call("sendMessage", {"chat_id": chat, "text": "Lớn?\n\nNhỏ.", "text_styles": large})
    yield Answer("Are larger letters taken (setting 'zalo_bot.styles')?", f"{state}; look whether “Lớn?” is larger")
    for question, text in (
        (f"Are {LONGEST} characters taken?", "ấ" * LONGEST),
        (f"Are {LONGEST + 1} characters refused?", "a" * (LONGEST + 1)),
        (f"Does an emoji count once ({LONGEST // 2 + 1} emoji)?", "🙏" * (LONGEST // 2 + 1)),
    ):
        state, _ = await asking.call("sendMessage", {"chat_id": chat, "text": text})
        yield Answer(question, f"taken: {state}")
    media = config.root / "content" / "media"
    path = next((file.relative_to(media).as_posix() for file in sorted(media.glob("*/*.svg"))), "")
    photo = Addresses(config.public_url).picture(path, "0" * 16) if path else ""
    if not photo:
        yield Answer("Are our pictures fetched? Our voices?", "not asked: the setting 'web.public_url' is empty")
        return
    state, _ = await asking.call("sendPhoto", {"chat_id": chat, "photo": photo, "caption": path})
    yield Answer("Are our pictures fetched (the bot has to run)?", f"{state}; look at your Zalo")
    yield Answer("Is a voice note taken (setting 'zalo_bot.voice')?", await _voice(asking, chat, config))


async def _voice(asking: _Asking, chat: str, config: Config) -> str:
    """One is made where the running bot keeps them, and so shows it."""
    drafts = aloud.drafts(config)
    try:
        made = await drafts.make(config.language, "Cầm Tay", AAC)
    except NotSpoken as reason:
        return f"not asked: {reason}"
    address = Addresses(config.public_url).draft(made.stem, AAC)
    state, _ = await asking.call("sendVoice", {"chat_id": chat, "voice_url": address})
    return f"{state}; listen on your Zalo"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""
