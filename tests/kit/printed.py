"""What a printed thing is, read back by programs that did not make it: pypdf, PDFium, ZXing, Pillow."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pypdf
import pypdfium2
import zxingcpp
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

DPI = 100
"""Fine enough for a cheap printer."""


def pages(file: bytes) -> list[Image.Image]:
    """The pages of a PDF as pictures, or the picture itself."""
    if file[:4] != b"%PDF":
        return [Image.open(io.BytesIO(file)).convert("RGB")]
    with pypdfium2.PdfDocument(file) as document:
        return [page.render(scale=DPI / 72).to_pil().convert("RGB") for page in document]


def codes(picture: Image.Image) -> list[str]:
    """What the QR codes on a picture say."""
    return [found.text for found in zxingcpp.read_barcodes(picture) if found.format == zxingcpp.BarcodeFormat.QRCode]


def copied(picture: Image.Image) -> Image.Image:
    """As a copier without greys gives it back: black or white."""
    return picture.convert("L").point(lambda grey: 255 if grey > 128 else 0)


def words(file: bytes) -> list[str]:
    """The words of every page, in one line each, in the order a screen reader reads them."""
    with pypdfium2.PdfDocument(file) as document:
        return [re.sub(r"\s+", " ", page.get_textpage().get_text_bounded().replace("\u200b", "")) for page in document]


def reader(file: bytes) -> pypdf.PdfReader:
    """The parts of a PDF."""
    return pypdf.PdfReader(io.BytesIO(file))


def fonts(file: bytes) -> dict[str, bool]:
    """Every font of a PDF: whether its letters are inside the file."""
    found: dict[str, bool] = {}
    for each in objects(file):
        if each.get("/Type") == "/FontDescriptor":
            found[str(each["/FontName"])] = any(key in each for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    return found


def objects(file: bytes) -> Iterator[Any]:
    """Every dictionary that the PDF's pages and structure lead to."""
    todo: list[Any] = [reader(file).trailer["/Root"]]
    seen: set[int] = set()
    while todo:
        each = todo.pop().get_object()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, dict):
            yield each
            todo += [value for key, value in each.items() if key not in {"/Parent", "/P", "/Pg"}]
        elif isinstance(each, list):
            todo += each
