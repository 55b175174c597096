"""What Telegram refuses and in which words: checks of requests, texts, keyboards and files, without a network.

Two judges that know nothing of us: TDLib's own parser (`tdjson`) reads every text, aiogram's models read every request
and answer. The words of refusals are those of tdlib/telegram-bot-api and TDLib.
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlsplit

import aiogram.methods
from aiogram.methods.base import Response, TelegramMethod
from aiogram.types import (
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from aiogram.types import Update as UpdateModel
from pydantic import BaseModel, ValidationError
from tdjson import td_execute

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

METHODS: dict[str, type[TelegramMethod[Any]]] = {
    model.__api_method__.lower(): model
    for model in vars(aiogram.methods).values()
    if isinstance(model, type) and issubclass(model, TelegramMethod) and model is not TelegramMethod
}
TEXT_LIMIT = 4096  # characters after parsing
CAPTION_LIMIT = 1024
SOURCE_LIMIT = 32768  # bytes before parsing
ENTITY_LIMIT = 100
CALLBACK_DATA_LIMIT = 64  # bytes
BUTTON_LIMIT = 100
ROW_LIMIT = 8
PHOTO_LIMIT = 10 * 2**20
FILE_LIMIT = 50 * 2**20
CHAT_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)

_SCALARS = (str, int, float, bool, datetime, timedelta)
_BUTTON_KINDS = (
    "url",
    "callback_data",
    "callback_game",
    "pay",
    "switch_inline_query",
    "switch_inline_query_chosen_chat",
    "switch_inline_query_current_chat",
    "login_url",
    "web_app",
    "copy_text",
)
_KEYBOARDS: dict[str, type[BaseModel]] = {
    "inline_keyboard": InlineKeyboardMarkup,
    "keyboard": ReplyKeyboardMarkup,
    "remove_keyboard": ReplyKeyboardRemove,
    "force_reply": ForceReply,
}
_MISSING = {
    "text": "message text is empty",
    "chat_id": "chat_id is empty",
    "photo": "there is no photo in the request",
    "voice": "there is no voice in the request",
    "document": "there is no document in the request",
    "message_id": "message identifier is not specified",
    "action": "wrong parameter action in request",
}
_ENTITY_NAMES = {
    "Bold": "bold",
    "Italic": "italic",
    "Underline": "underline",
    "Strikethrough": "strikethrough",
    "Spoiler": "spoiler",
    "Code": "code",
    "Pre": "pre",
    "PreCode": "pre",
    "TextUrl": "text_link",
    "CustomEmoji": "custom_emoji",
    "BlockQuote": "blockquote",
    "ExpandableBlockQuote": "expandable_blockquote",
    "Mention": "mention",
    "Hashtag": "hashtag",
    "Cashtag": "cashtag",
    "BotCommand": "bot_command",
    "Url": "url",
    "EmailAddress": "email",
    "PhoneNumber": "phone_number",
}
_UNBREAKABLE = frozenset({"code", "pre", "text_link"})  # no link or command is found inside these
_PARSE_MODES: dict[str, Json] = {
    "html": {"@type": "textParseModeHTML"},
    "markdown": {"@type": "textParseModeMarkdown", "version": 1},
    "markdownv2": {"@type": "textParseModeMarkdown", "version": 2},
}
_CONTROLS = dict.fromkeys([*range(10), *range(11, 32)], " ") | {13: None}
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


class RefusalError(Exception):
    """The request is answered with this error. `by_mistake` tells a mistake of the sender from a turn of life."""

    def __init__(
        self, description: str, *, status: int = 400, parameters: Json | None = None, by_mistake: bool = True
    ) -> None:
        super().__init__(description)
        self.description = description
        self.status = status
        self.parameters = parameters
        self.by_mistake = by_mistake


def bad(words: str, *, by_mistake: bool = True) -> RefusalError:
    """A 400 in Telegram's spelling: its own messages begin small after the prefix."""
    if words[1:2] != "_" and not words[1:2].isupper():
        words = words[0].lower() + words[1:]
    return RefusalError(f"Bad Request: {words}", by_mistake=by_mistake)


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text as it will be shown. Entity offsets count UTF-16 units; `notes` tell what Telegram drops silently."""

    plain: str
    entities: tuple[Json, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Arguments:
    """A request after aiogram's model has read it; a file is named in `values` as "attach://<part>"."""

    values: Json
    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


# --- texts ----------------------------------------------------------------------------------------------------------


def _td(request: Json) -> Json:
    answer: Json = json.loads(td_execute(json.dumps(request).encode()) or b"{}")
    return answer


_td({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})


def _units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def _entities(found: list[Json]) -> list[Json]:
    """TDLib's entities as the Bot API tells them; those it has no word for are left out, as the real one does."""
    entities = []
    for each in found:
        kind = each["type"]["@type"].removeprefix("textEntityType")
        if kind not in _ENTITY_NAMES:
            continue
        entity = {"type": _ENTITY_NAMES[kind], "offset": each["offset"], "length": each["length"]}
        entity |= {name: each["type"][name] for name in ("url", "language", "custom_emoji_id") if name in each["type"]}
        entities.append(entity)
    return entities


def plain_text(text: str) -> Formatted:
    """What a person typed, with the commands and links Telegram finds in it."""
    return Formatted(text, tuple(_entities(_td({"@type": "getTextEntities", "text": text})["entities"])))


def read_text(
    source: str,
    parse_mode: str | None = None,
    entities: list[Json] | None = None,
    *,
    limit: int = TEXT_LIMIT,
) -> Formatted:
    """Reads a text or, with `limit` CAPTION_LIMIT, a caption as Telegram would; raises RefusalError in its words."""
    caption = limit == CAPTION_LIMIT
    if not source and not caption:
        raise bad("message text is empty")
    if len(source.encode()) > SOURCE_LIMIT:
        raise bad("text is too long")
    source = source.translate(_CONTROLS)
    mode = (parse_mode or "none").lower()
    notes: list[str] = []
    if mode == "none" or not source:
        plain, marks = source, [dict(entity) for entity in entities or []]
    elif mode not in _PARSE_MODES:
        raise bad("unsupported parse_mode")
    else:
        answer = _td({"@type": "parseTextEntities", "text": source, "parse_mode": _PARSE_MODES[mode]})
        if answer["@type"] == "error":
            raise bad(answer["message"])
        plain, marks = answer["text"], _entities(answer["entities"])
        mentions = sum(each["type"]["@type"] == "textEntityTypeMentionName" for each in answer["entities"])
        links = sum(mark["type"] == "text_link" for mark in marks) + mentions
        if mode == "html" and len(re.findall(r"<a\s", source, re.IGNORECASE)) > links:
            notes.append("a link is dropped silently: its address is not one Telegram opens")
    plain, marks = _trimmed(plain, marks)
    if not plain.strip(_INVISIBLE + " \n") and not caption:
        raise bad("text must be non-empty")
    if len(plain) > limit:
        raise bad("message caption is too long" if caption else "message is too long")
    marks = _with_found(plain, marks)
    if len(marks) > ENTITY_LIMIT:
        notes.append(f"{len(marks)} entities: those after the first {ENTITY_LIMIT} are dropped silently")
    return Formatted(plain, tuple(marks[:ENTITY_LIMIT]), tuple(notes))


def _trimmed(plain: str, marks: list[Json]) -> tuple[str, list[Json]]:
    """Cuts the blank ends as Telegram does: behind everywhere, in front only up to the first entity."""
    plain = plain.rstrip(" \n")
    first = min((mark["offset"] for mark in marks), default=len(plain))
    lead = min(len(plain) - len(plain.lstrip(" \n")), first)
    plain = plain[lead:]
    end = _units(plain)
    kept = []
    for mark in marks:
        offset = mark["offset"] - lead
        length = min(mark["length"], end - offset)
        if length > 0:
            kept.append(mark | {"offset": offset, "length": length})
    return plain, kept


def _with_found(plain: str, marks: list[Json]) -> list[Json]:
    """Adds the links, commands and mentions Telegram itself finds in a text."""
    closed = [mark for mark in marks if mark["type"] in _UNBREAKABLE]
    for found in plain_text(plain).entities:
        start, end = found["offset"], found["offset"] + found["length"]
        if not any(mark["offset"] < end and start < mark["offset"] + mark["length"] for mark in closed):
            marks.append(found)
    return sorted(marks, key=lambda mark: (mark["offset"], -mark["length"]))


# --- keyboards ------------------------------------------------------------------------------------------------------


def read_markup(value: Any, *, inline_only: bool, notes: list[str]) -> Json | None:
    """Checks a `reply_markup`; returns it as the message will carry it, None for an empty one.

    More than eight in a row or a hundred buttons are refused here; the real server may cut them silently.
    """
    if not isinstance(value, dict):
        raise bad("object expected as reply markup")
    kinds = [name for name in _KEYBOARDS if name in value]
    if inline_only and kinds != ["inline_keyboard"]:
        raise bad("inline keyboard expected")
    if len(kinds) != 1:
        raise bad("object expected as reply markup")
    if kinds[0] in {"remove_keyboard", "force_reply"}:
        return value
    inline = kinds[0] == "inline_keyboard"
    rows = value[kinds[0]]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        owner = " of the InlineKeyboardMarkup" if inline else ""
        raise bad(f'Field "{kinds[0]}"{owner} must be an Array of Arrays')
    shown = [[_button(button, inline=inline) for button in row] for row in rows]
    if any(not button["text"] for row in shown for button in row):
        notes.append("a button without text is dropped silently")
        shown = [[button for button in row if button["text"]] for row in shown]
    shown = [row for row in shown if row]
    row_limit, button_limit = (ROW_LIMIT, BUTTON_LIMIT) if inline else (12, 300)
    if any(len(row) > row_limit for row in shown) or sum(map(len, shown)) > button_limit:
        raise bad("reply markup is too long")
    return value | {kinds[0]: shown} if shown else None


def _button(button: Any, *, inline: bool) -> Json:
    kind = "inline keyboard button" if inline else "keyboard button"
    if not inline and isinstance(button, str):
        return {"text": button}
    if not isinstance(button, dict):
        raise bad(f"can't parse {kind}: {'Inline' if inline else ''}KeyboardButton must be an Object")
    if not isinstance(button.get("text"), str):
        raise bad(f"can't parse {kind}: Can't find field \"text\"")
    if inline:
        _check_inline(button)
        return {name: value for name, value in button.items() if name in InlineKeyboardButton.model_fields}
    return button


def _check_inline(button: Json) -> None:
    kinds = [name for name in _BUTTON_KINDS if button.get(name) not in (None, "")]
    if not kinds:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(kinds) > 1:
        raise bad(f"a button must have exactly one kind, here {', '.join(kinds)}")
    if kinds == ["callback_data"] and len(button["callback_data"].encode()) > CALLBACK_DATA_LIMIT:
        raise bad("BUTTON_DATA_INVALID")
    if kinds == ["copy_text"] and not 1 <= len(button["copy_text"].get("text", "")) <= 256:
        raise bad("BUTTON_COPY_TEXT_INVALID")
    if kinds == ["url"]:
        _check_link(button["url"])


def _check_link(link: str) -> None:
    """Only http, https, tg, ton and tonsite are opened; a web address needs a dot in its host."""
    parts = urlsplit(link if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", link) else f"http://{link}")
    if parts.scheme.lower() in {"tg", "ton", "tonsite"} and parts.hostname:
        return
    if parts.scheme.lower() not in {"http", "https"}:
        raise bad(f"inline keyboard button URL '{link}' is invalid: Unsupported URL protocol")
    if not parts.hostname or "." not in parts.hostname or any(sign.isspace() for sign in link):
        raise bad(f"inline keyboard button URL '{link}' is invalid: Wrong HTTP URL")


# --- files ----------------------------------------------------------------------------------------------------------


def photo_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG that Telegram would take as a photo; raises RefusalError otherwise."""
    if not data:
        raise bad("file must be non-empty")
    if len(data) > PHOTO_LIMIT:
        raise bad("file is too big for a photo")
    size = _png_size(data) or _jpeg_size(data)
    if size is None:
        raise bad("IMAGE_PROCESS_FAILED")
    if sum(size) > 10_000 or max(size) > 20 * min(size):
        raise bad("PHOTO_INVALID_DIMENSIONS")
    return size


def _png_size(data: bytes) -> tuple[int, int] | None:
    if data[:8] != b"\x89PNG\r\n\x1a\n" or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


def is_voice(data: bytes) -> bool:
    """A voice note is OGG with Opus, MP3 or M4A; anything else arrives as a mere file."""
    opus = data[:4] == b"OggS" and b"OpusHead" in data[:128]
    return opus or data[:3] == b"ID3" or data[:1] == b"\xff" or data[4:8] == b"ftyp"


# --- requests, answers, updates -------------------------------------------------------------------------------------


def read_arguments(model: type[TelegramMethod[Any]], raw: Json, files: dict[str, bytes]) -> Arguments:
    """Turns form strings or JSON into values by the model's own types, and lets the model judge them."""
    arguments = Arguments({}, files)
    raw = {name: value for name, value in raw.items() if value is not None}
    raw |= {name: f"attach://{name}" for name in files if name in model.model_fields}
    decoded = {name: _decoded(model, name, value) for name, value in raw.items()}
    try:
        if "reply_markup" in decoded:
            decoded["reply_markup"] = _keyboard_model(decoded["reply_markup"])
        request = model.model_validate(decoded)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        if first["type"] == "missing" and len(first["loc"]) == 1 and name in _MISSING:
            raise bad(_MISSING[name]) from None
        if "reply_markup" in decoded:  # Telegram's words, where it has some
            read_markup(_decoded(model, "reply_markup", raw["reply_markup"]), inline_only=False, notes=[])
        raise bad(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    for name, value in decoded.items():
        if name in model.model_fields:
            arguments.values[name] = getattr(request, name) if _is_scalar(model, name) else value
    if "reply_markup" in decoded:
        arguments.values["reply_markup"] = _decoded(model, "reply_markup", raw["reply_markup"])
    chat = str(arguments.values.get("chat_id", ""))
    if re.fullmatch(r"-?\d+", chat):
        arguments.values["chat_id"] = int(chat)
    arguments.notes += [f"there is no parameter {path}" for path in unknown_fields(request)]
    return arguments


def _keyboard_model(value: Any) -> Any:
    """The model its leading key names, so that a fault inside is told as such; a union would try another model."""
    for name, model in _KEYBOARDS.items():
        if isinstance(value, dict) and name in value:
            return model.model_validate(value)
    raise bad("object expected as reply markup")


def _is_scalar(model: type[TelegramMethod[Any]], name: str) -> bool:
    annotation = model.model_fields[name].annotation
    return any(kind in _SCALARS for kind in get_args(annotation) or (annotation,))


def _decoded(model: type[TelegramMethod[Any]], name: str, value: Any) -> Any:
    if name not in model.model_fields or _is_scalar(model, name) or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        what = "reply keyboard markup" if name == "reply_markup" else name.replace("_", " ")
        raise bad(f"can't parse {what} JSON object") from None


def unknown_fields(value: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of everything a model carries beside its own fields."""
    if isinstance(value, BaseModel):
        yield from (f"{path}{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from unknown_fields(getattr(value, name), f"{path}{name}.")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from unknown_fields(each, f"{path}{index}.")


def check_answer(model: type[TelegramMethod[Any]], body: Json) -> None:
    """Raises ValueError when an answer of the double is not what the Bot API would say."""
    response = Response[model.__returning__].model_validate(body)  # type: ignore[name-defined]
    extra = list(unknown_fields(response))
    if extra:
        raise ValueError(f"{model.__api_method__} answers nothing like {extra}")


def check_update(body: Json) -> None:
    """Raises ValueError when an update of the double is not what Telegram would send."""
    extra = list(unknown_fields(UpdateModel.model_validate(body)))
    if extra:
        raise ValueError(f"no update carries {extra}")
