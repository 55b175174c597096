"""The guide with aiogram-dialog. The same options as aio.py."""

import logging

import uvloop
from aio import make_storage, serve
from aiogram import Dispatcher
from aiogram.filters import CommandStart
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import Message
from aiogram_dialog import Dialog, DialogManager, StartMode, Window, setup_dialogs
from aiogram_dialog.widgets.input import MessageInput
from aiogram_dialog.widgets.kbd import Back, Button, Next, Row
from aiogram_dialog.widgets.text import Const, Format
from common import guide


class Guide(StatesGroup):
    s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, done = (State() for _ in range(guide.N + 1))


STEPS = [None, *Guide.__states__]


async def getter(dialog_manager: DialogManager, **_):
    return {"name": dialog_manager.dialog_data.get("name", "friend")}


async def ask_for_help(query, button, manager):
    await query.answer("Ask the team.")


async def typed(message: Message, widget, manager: DialogManager):
    manager.dialog_data["name"] = message.text
    await manager.switch_to(Guide.s6)


WIDGETS = {
    "next": lambda: Next(Const("Next")),
    "back": lambda: Back(Const("Back")),
    "help": lambda: Button(Const("Help"), id="help", on_click=ask_for_help),
}


def window(k):
    """Step `k`."""
    rows = [Row(*[WIDGETS[data]() for _, data in row]) for row in guide.buttons(k)]
    if k == guide.TYPED:
        rows.append(MessageInput(typed))
    return Window(Format(guide.TEXTS[k - 1]), *rows, state=STEPS[k], getter=getter)


async def start(message: Message, dialog_manager: DialogManager):
    await dialog_manager.start(Guide.s1, mode=StartMode.RESET_STACK)


async def main():
    logging.basicConfig(level=logging.ERROR)
    end = Window(Format(guide.DONE), state=Guide.done, getter=getter)
    dispatcher = Dispatcher(storage=make_storage())
    dispatcher.message.register(start, CommandStart())
    dispatcher.include_router(Dialog(*[window(k) for k in range(1, guide.N + 1)], end))
    setup_dialogs(dispatcher)
    await serve(dispatcher)


uvloop.run(main())
