"""Makes the file of a handout: page templates in Typst (*.typ beside this file), codes by segno. No network.

As a program of its own (`python -m bot.handout.press SIZE FONTS`) it reads the words as JSON from standard input and
writes the file to standard output: the bot never loads the compiler, and need not wait for it.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.handout.certificate import FORMS
from bot.handout.wanted import SIZES

if TYPE_CHECKING:
    from bot.handout.page import Data

FOLDER = Path(__file__).parent

FACE = "Be Vietnam Pro"
"""The family of all letters, in drawings too; nothing is put in its place."""

PLAIN = 72
"""Pixels per inch at which a point is a pixel."""


def pressed(data: Data, size: str, fonts: Path) -> bytes:
    """The file of one handout: PDF/UA-1, or PNG. `fonts` holds the .ttf of the pages.

    The same data gives the same bytes. Raises RuntimeError when the page cannot be made, e.g. of a letter that the
    typeface lacks.
    """
    import typst  # noqa: PLC0415 (80 MB, needed only here)

    form = (SIZES | FORMS)[size]
    typefaces = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
    if FACE not in typefaces.families():
        raise RuntimeError(f"the typeface {FACE} is not in {fonts}")
    inputs = {
        "data": json.dumps({**data, "code": code(data["link"])}, ensure_ascii=False),
        "form": size,
        "width": str(form.width),
        "height": str(form.height),
    }
    made = typst.Compiler(
        FOLDER / f"{form.template}.typ",
        root=FOLDER,
        font_paths=typefaces,
        sys_inputs=inputs,
    )
    if form.ending == "png":
        file = made.compile(format="png", ppi=PLAIN)
    else:
        file = made.compile(format="pdf", pdf_standards=["ua-1"], timestamp=0)
    assert isinstance(file, bytes), "a picture has one page"
    return file


def code(link: str) -> str:
    """The QR code of an address as SVG, dark on white with the four modules of white around that readers ask for."""
    import segno  # noqa: PLC0415

    out = io.BytesIO()
    segno.make(link, error="m", micro=False).save(
        out, kind="svg", border=4, dark="#000", light="#fff", xmldecl=False, nl=False
    )
    return out.getvalue().decode()


def main(size: str, fonts: str) -> None:
    """The program."""
    sys.stdout.buffer.write(pressed(json.load(sys.stdin.buffer), size, Path(fonts)))


if __name__ == "__main__":
    main(*sys.argv[1:])
