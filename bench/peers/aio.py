"""The guide with aiogram's FSM. Also what the aiogram-dialog peer shares with it: storage, bot, webhook."""

import argparse
import asyncio
import logging

import uvloop
from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.memory import MemoryStorage
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web
from common import API, PATH, PORT, SECRET, TOKEN, WEBHOOK, guide

options = argparse.ArgumentParser()
options.add_argument("--redis", help="redis://… to keep the state there")
options.add_argument("--sqlite", help="file to keep the state in (aiogram-fsm-sqlitestorage)")
options = options.parse_args()


def make_storage():
    if options.redis:
        from aiogram.fsm.storage.redis import DefaultKeyBuilder, RedisStorage

        return RedisStorage.from_url(options.redis, key_builder=DefaultKeyBuilder(with_destiny=True))
    if options.sqlite:
        from aiogram_fsm_sqlitestorage import SQLiteStorage

        return SQLiteStorage(options.sqlite)
    return MemoryStorage()


class Guide(StatesGroup):
    s1, s2, s3, s4, s5, s6, s7, s8, s9, s10 = (State() for _ in range(guide.N))


STEPS = [None, *Guide.__states__]
KEYBOARDS = [None] + [
    InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text=t, callback_data=d) for t, d in row] for row in guide.buttons(k)]
    )
    for k in range(1, guide.N + 1)
]
router = Router()


async def name(state):
    return (await state.get_data()).get("name", "friend")


async def text(k, state):
    return guide.TEXTS[k - 1].format(name=await name(state))


@router.message(CommandStart())
async def start(message: Message, state: FSMContext):
    await state.set_state(STEPS[1])
    await message.answer(await text(1, state), reply_markup=KEYBOARDS[1])


def register(k):
    """The handlers of step `k`."""

    async def show(query, state, step):
        await query.answer()
        await state.set_state(STEPS[step])
        await query.message.edit_text(await text(step, state), reply_markup=KEYBOARDS[step])

    async def go_on(query: CallbackQuery, state: FSMContext):
        if k < guide.N:
            await show(query, state, k + 1)
            return
        await query.answer()
        known = await name(state)
        await state.set_state(None)
        await query.message.edit_text(guide.DONE.format(name=known))

    async def back(query: CallbackQuery, state: FSMContext):
        await show(query, state, k - 1)

    async def ask_for_help(query: CallbackQuery):
        await query.answer("Ask the team.")

    async def typed(message: Message, state: FSMContext):
        await state.update_data(name=message.text)
        await state.set_state(STEPS[k + 1])
        await message.answer(await text(k + 1, state), reply_markup=KEYBOARDS[k + 1])

    if k == guide.TYPED:
        router.message.register(typed, STEPS[k], F.text)
    else:
        router.callback_query.register(go_on, STEPS[k], F.data == "next")
    if k > 1:
        router.callback_query.register(back, STEPS[k], F.data == "back")
    router.callback_query.register(ask_for_help, STEPS[k], F.data == "help")


async def serve(dispatcher):
    """Take updates by webhook until killed."""
    bot = Bot(
        TOKEN,
        session=AiohttpSession(api=TelegramAPIServer.from_base(API)),
        default=DefaultBotProperties(parse_mode="HTML"),
    )
    app = web.Application()
    SimpleRequestHandler(dispatcher, bot, secret_token=SECRET).register(app, path=PATH)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await dispatcher.emit_startup(bot=bot, dispatcher=dispatcher)
    await web.TCPSite(runner, "127.0.0.1", PORT, backlog=1024).start()
    await bot.set_webhook(WEBHOOK, secret_token=SECRET)
    await asyncio.Event().wait()


async def main():
    logging.basicConfig(level=logging.ERROR)
    for k in range(1, guide.N + 1):
        register(k)
    dispatcher = Dispatcher(storage=make_storage())
    dispatcher.include_router(router)
    await serve(dispatcher)


if __name__ == "__main__":
    uvloop.run(main())
