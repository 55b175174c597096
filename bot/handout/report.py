"""A report as a file: PDF (Typst, like the handouts) or a workbook (XLSX)."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.handout.press import FACE, FOLDER

if TYPE_CHECKING:
    from pathlib import Path

WIDE = 7
"""Columns from which a page lies on its side."""

_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 (a workbook's times have no zone)
"""In place of the time a file is made: the same numbers give the same bytes."""

_NAME, _NUMBER = 34, 12
"""Widths of columns, in letters."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is shown: the names of its columns, rows of a name and numbers (None: hidden), and the total."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]
    total: tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What stands in a report. `hidden` is shown in place of a number.

    `notes` say what the numbers mean, on a sheet named `explained`.
    """

    title: str
    subtitles: tuple[str, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    explained: str
    hidden: str
    language: str
    brand: str = "Cầm Tay"


def as_pdf(report: Report, fonts: Path) -> bytes:
    """PDF/UA-1. `fonts` holds the .ttf of the page. Raises RuntimeError when it cannot be made."""
    import typst  # noqa: PLC0415 (80 MB, needed only here)

    typefaces = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
    if FACE not in typefaces.families():
        raise RuntimeError(f"the typeface {FACE} is not in {fonts}")
    data = asdict(report) | {"wide": any(len(table.head) >= WIDE for table in report.tables)}
    data["link_shown"] = ""  # style.typ, which is the handouts', puts an address together
    for table in data["tables"]:
        table["rows"] = [[_cell(cell, report.hidden) for cell in row] for row in table["rows"]]
        table["total"] = [_cell(cell, report.hidden) for cell in table["total"]]
    made = typst.Compiler(
        FOLDER / "report.typ",
        root=FOLDER,
        font_paths=typefaces,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    file = made.compile(format="pdf", pdf_standards=["ua-1"], timestamp=0)
    assert isinstance(file, bytes), "a PDF is one file"
    return file


def as_xlsx(report: Report) -> bytes:
    """A workbook with a sheet for each table and one for what the numbers mean. Numbers are numbers, never formulas."""
    import xlsxwriter  # noqa: PLC0415 (needed only here)

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": report.title, "author": report.brand, "created": _MADE})
    bold = book.add_format({"bold": True})
    head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1})
    right = book.add_format({"align": "right"})
    for table in report.tables:
        sheet = book.add_worksheet(table.title[:31])
        sheet.set_column(0, 0, _NAME)
        sheet.set_column(1, max(1, len(table.head) - 1), _NUMBER)
        sheet.freeze_panes(1, 1)
        sheet.write_row(0, 0, table.head, head)
        for line, row in enumerate((*table.rows, table.total), 1):
            form = bold if line > len(table.rows) else None
            for column, cell in enumerate(row):
                if cell is None:
                    sheet.write_string(line, column, report.hidden, right)
                else:
                    sheet.write(line, column, cell, form)
    notes = book.add_worksheet(report.explained)
    notes.set_column(0, 0, 100)
    for line, said in enumerate((report.title, *report.subtitles, *report.notes)):
        notes.write_string(line, 0, said)
    book.close()
    return out.getvalue()


def as_text(report: Report) -> str:
    """For a terminal."""
    lines = [report.title, *report.subtitles]
    for table in report.tables:
        cells = [table.head, *table.rows, table.total]
        rows = [[_cell(cell, report.hidden) for cell in row] for row in cells]
        widths = [max(len(row[column]) for row in rows) for column in range(len(table.head))]
        lines += ["", table.title]
        lines += [
            "  ".join(
                cell.rjust(width) if column else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        ]
    return "\n".join([*lines, "", *report.notes])


def _cell(cell: str | int | None, hidden: str) -> str:
    return hidden if cell is None else str(cell)
