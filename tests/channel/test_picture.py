"""Drawings as PNG, and the memory of uploaded files."""

from __future__ import annotations

import asyncio
import shutil
import struct

import pytest

from bot.channel.picture import WIDTH, Pictures
from bot.store.database import open_database
from bot.store.files import Files
from bot.web.media import STATIC
from tests.channel.conftest import KETTLE
from tests.kit.telegram_rules import photo_size

FONTS = STATIC / "fonts"


@pytest.fixture
def media(tmp_path):
    """A folder with one drawing and one bitmap."""
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "kettle.svg").write_text(KETTLE, encoding="utf-8")
    (folder / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(8) + struct.pack(">II", 1, 1))
    return folder


async def test_a_drawing_becomes_a_png_once(media, tmp_path):
    """As wide as a phone shows it; the second time it comes from the disk."""
    cache = tmp_path / "cache"
    png = await Pictures(media, cache).data("kettle.svg")
    assert photo_size(png) == (WIDTH, WIDTH * 480 // 640)
    (kept,) = cache.iterdir()
    kept.write_bytes(b"kept")
    assert await Pictures(media, cache).data("kettle.svg") == b"kept"


async def test_an_edited_drawing_is_another_picture(media, tmp_path):
    """Its digest changes without a restart; without an edit it stays."""
    pictures = Pictures(media, tmp_path / "cache")
    before = await pictures.digest("kettle.svg")
    assert await pictures.digest("kettle.svg") == before
    (media / "kettle.svg").write_text(KETTLE.replace("Ấm nước", "Ấm trà to"), encoding="utf-8")
    assert await pictures.digest("kettle.svg") != before


async def test_a_bitmap_goes_as_it_is(media, tmp_path):
    """Nothing to render."""
    assert await Pictures(media, tmp_path / "cache").data("dot.png") == (media / "dot.png").read_bytes()


async def test_a_disk_that_cannot_be_written_does_no_harm(media, tmp_path):
    """The cache is where a file already is: the drawing is rendered each time."""
    (tmp_path / "cache").write_text("a file")
    pictures = Pictures(media, tmp_path / "cache")
    assert (await pictures.data("kettle.svg")).startswith(b"\x89PNG")
    assert await pictures.digest("kettle.svg")


async def test_what_is_no_drawing_raises(media, tmp_path):
    """Missing or damaged: the caller says it in words."""
    (media / "broken.svg").write_text("<svg")
    pictures = Pictures(media, tmp_path / "cache")
    with pytest.raises(OSError, match="none"):
        await pictures.digest("none.svg")
    with pytest.raises(ValueError, match="root node"):
        await pictures.digest("broken.svg")


async def test_letters_come_from_the_shipped_fonts(media, tmp_path):
    """With them and without them the drawing differs, so the shipped ones are used, and used for other machines too."""
    shipped = await Pictures(media, tmp_path / "a", FONTS).data("kettle.svg")
    folder = tmp_path / "fonts"
    folder.mkdir()
    shutil.copy(FONTS / "BeVietnamPro-SemiBold.ttf", folder)
    bold = await Pictures(media, tmp_path / "b", folder).data("kettle.svg")
    assert shipped != bold


async def test_edited_parts_make_another_picture(media, tmp_path):
    """A drawing that is put together from parts changes with them, without a restart."""
    (media / "parts.svg").write_text(f"{{% macro kettle() %}}{KETTLE}{{% endmacro %}}", encoding="utf-8")
    (media / "made.svg").write_text('{% from "parts.svg" import kettle %}{{ kettle() }}', encoding="utf-8")
    pictures = Pictures(media, tmp_path / "cache")
    before = await pictures.digest("made.svg")
    assert before == await pictures.digest("kettle.svg")
    edited = KETTLE.replace("Ấm nước", "Ấm trà to")
    (media / "parts.svg").write_text(f"{{% macro kettle() %}}{edited}{{% endmacro %}}", encoding="utf-8")
    assert await pictures.digest("made.svg") != before


async def test_file_ids_are_remembered_by_account(tmp_path):
    """A new bot with another token has to upload again; the old one, restarted, does not."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"
    database = await open_database(url)
    files = Files(database, "telegram:5")
    assert await files.find("a") == ""
    await files.keep("a", "one")
    await files.keep("a", "two")
    assert await files.find("a") == "two"
    assert await Files(database, "telegram:5").find("a") == "two"
    assert await Files(database, "telegram:6").find("a") == ""
    await files.drop("a")
    assert await files.find("a") == ""
    assert await Files(database, "telegram:5").find("a") == ""
    await database.close()


async def test_a_file_given_while_it_is_looked_up_is_known(tmp_path):
    """The look-up began before and ends after: what it did not find does not count."""
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")
    files = Files(database, "telegram:5")
    async with database.write():  # what is kept cannot be read by the look-up yet
        looking = asyncio.create_task(files.find("a"))
        await asyncio.sleep(0)
        keeping = asyncio.create_task(files.keep("a", "one"))
        assert await looking == "one"
    await keeping
    assert await files.find("a") == "one"
    await database.close()
