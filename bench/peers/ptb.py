"""The guide with python-telegram-bot's ConversationHandler, as its documentation teaches it."""

import argparse
import asyncio
import logging
import warnings

import uvloop
from common import API, PATH, PORT, SECRET, TOKEN, WEBHOOK, guide
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ConversationHandler,
    MessageHandler,
    PicklePersistence,
    filters,
)
from telegram.request import HTTPXRequest

options = argparse.ArgumentParser()
options.add_argument(
    "--concurrent", action="store_true", help="concurrent_updates=256; PTB's docs advise against it here"
)
options.add_argument("--pickle", help="file for PicklePersistence, written every second; without: memory only")
options = options.parse_args()

logging.basicConfig(level=logging.ERROR)
warnings.filterwarnings("ignore")
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

KEYBOARDS = [None] + [
    InlineKeyboardMarkup([[InlineKeyboardButton(t, callback_data=d) for t, d in row] for row in guide.buttons(k)])
    for k in range(1, guide.N + 1)
]


def text(k, context):
    return guide.TEXTS[k - 1].format(name=context.user_data.get("name", "friend"))


async def start(update, context):
    await update.message.reply_text(text(1, context), parse_mode="HTML", reply_markup=KEYBOARDS[1])
    return 1


def handlers(k):
    """The handlers of step `k`."""

    async def show(query, context, step):
        await query.answer()
        await query.edit_message_text(text(step, context), parse_mode="HTML", reply_markup=KEYBOARDS[step])
        return step

    async def go_on(update, context):
        query = update.callback_query
        if k < guide.N:
            return await show(query, context, k + 1)
        await query.answer()
        await query.edit_message_text(guide.DONE.format(name=context.user_data.get("name", "friend")))
        return ConversationHandler.END

    async def back(update, context):
        return await show(update.callback_query, context, k - 1)

    async def ask_for_help(update, context):
        await update.callback_query.answer("Ask the team.")
        return k

    async def typed(update, context):
        context.user_data["name"] = update.message.text
        await update.message.reply_text(text(k + 1, context), parse_mode="HTML", reply_markup=KEYBOARDS[k + 1])
        return k + 1

    if k == guide.TYPED:
        found = [MessageHandler(filters.TEXT & ~filters.COMMAND, typed)]
    else:
        found = [CallbackQueryHandler(go_on, "^next$")]
    found.append(CallbackQueryHandler(ask_for_help, "^help$"))
    if k > 1:
        found.append(CallbackQueryHandler(back, "^back$"))
    return found


builder = (
    Application.builder()
    .token(TOKEN)
    .base_url(API + "/bot")
    .request(HTTPXRequest(connection_pool_size=256, pool_timeout=60, read_timeout=60))
    .get_updates_request(HTTPXRequest())
)
if options.concurrent:
    builder = builder.concurrent_updates(256)
if options.pickle:
    builder = builder.persistence(PicklePersistence(options.pickle, update_interval=1))
application = builder.build()
application.add_handler(
    ConversationHandler(
        [CommandHandler("start", start)],
        {k: handlers(k) for k in range(1, guide.N + 1)},
        [],
        allow_reentry=True,
        name="guide",
        persistent=bool(options.pickle),
    )
)
application.run_webhook("127.0.0.1", PORT, PATH.strip("/"), webhook_url=WEBHOOK, secret_token=SECRET)
