"""Drawings: SVG files of content/media that are put together from the parts of content/media/parts.svg.

A drawing is a Jinja template of a few lines; docs/drawing.md says how it is written. A file without `{%` is plain SVG
and stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING
from xml.parsers import expat

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

if TYPE_CHECKING:
    from pathlib import Path

PARTS = "parts.svg"
"""The file of parts. It is no drawing itself."""

LEADING = 1.2
"""From line to line, in multiples of the letters' size."""

_VIEW_BOX = re.compile(r'viewBox="[\d.\-]+[ ,]+[\d.\-]+[ ,]+([\d.]+)[ ,]+([\d.]+)"')
_OWN_LINE = re.compile(r", line \d+")

_WIDTHS = {
    letter: width / 100
    for width, letters in {
        28: " '`Iil.,:;!j|",
        44: '1frt()[]{}"J*\\/',
        52: "z",
        62: "ksu^nvxyh7?<>ceE-•",
        67: "+FL$agoZ28SbdpqPT35đ",
        72: "069BKRYH4_V",
        79: "UDĐNXA&=CG",
        90: "OQ#%Mwm",
        104: "@W…",
    }.items()
    for letter in letters
}
"""How wide a letter of Be Vietnam Pro SemiBold is, in multiples of its size, rounded up (the font's hmtx table)."""


class Damaged(ValueError):
    """A drawing that shows nothing. `path` is its own or that of the parts, `line` counts from 1."""

    def __init__(self, path: str, line: int, fault: str) -> None:
        super().__init__(f"{path}:{line}: {fault}")
        self.path = path
        self.line = line
        self.fault = fault


def stamp(media: Path, path: str) -> tuple[int, ...]:
    """Changes whenever the picture may look otherwise. Raises OSError when it is not there."""
    stat = (media / path).stat()
    return (stat.st_mtime_ns, stat.st_size, *(_parts_stamp(media) if path.endswith(".svg") else ()))


def expand(media: Path, path: str) -> str:
    """The drawing as plain SVG, kept until it or the parts change.

    Raises OSError when it is not there, Damaged when it cannot be put together. Its XML is not looked at.
    """
    return _expand(media, path, stamp(media, path))


def size(svg: str) -> tuple[str, str]:
    """Width and height of an expanded drawing; ("", "") when it does not say."""
    match = _VIEW_BOX.search(svg[:2000])
    return (match[1], match[2]) if match else ("", "")


def check(media: Path, path: str) -> None:
    """Raise Damaged when a drawing cannot be put together, is no XML or does not say its size, OSError as `expand`."""
    _check(media, path, stamp(media, path))


def _parts_stamp(media: Path) -> tuple[int, ...]:
    try:
        stat = (media / PARTS).stat()
    except OSError:
        return ()
    return (stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1000)
def _check(media: Path, path: str, stamped: tuple[int, ...]) -> None:
    svg = _expand(media, path, stamped)
    parser = expat.ParserCreate()
    try:
        parser.Parse(svg, True)
    except expat.ExpatError as error:
        fault = expat.ErrorString(error.code)
        if "{%" in (media / path).read_text(encoding="utf-8"):
            fault = f"{fault} in line {error.lineno} of what it expands to"
            raise Damaged(path, 1, f"not well-formed XML: {fault}") from None
        raise Damaged(path, error.lineno, f"not well-formed XML: {fault}") from None
    if size(svg) == ("", ""):
        raise Damaged(path, 1, "no viewBox: the size of the drawing is not known")


@lru_cache(maxsize=1000)
def _expand(media: Path, path: str, stamped: tuple[int, ...]) -> str:
    del stamped
    try:
        source = (media / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Damaged(path, 1, "not UTF-8") from None
    if "{%" not in source:
        return source
    try:
        return _environment(media).get_template(path).render()
    except jinja2.TemplateSyntaxError as error:
        raise Damaged(error.name or path, error.lineno, error.message or "") from None
    except jinja2.TemplateNotFound as error:
        raise Damaged(path, 1, f"there is no {error.name}") from None
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise Damaged(path, _line(error, str(media / path)), _OWN_LINE.sub("", str(error))) from None


def _line(error: Exception, file: str) -> int:
    """The innermost line of the drawing that led to the error."""
    line, frame = 1, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == file:
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


@lru_cache(maxsize=20)
def _environment(media: Path) -> jinja2.Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(media),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"wide": _wide, "fit": _fit, "fail": _fail, "LEADING": LEADING}
    return environment


def _wide(words: str) -> float:
    """How wide a line is, in multiples of the letters' size."""
    bases = (unicodedata.normalize("NFD", letter)[0] for letter in str(words))
    return sum(_WIDTHS.get(base, 0.72) for base in bases)


def _fit(words: str, width: float, high: float, most: int, least: int) -> dict[str, object]:
    """Words for a box: {"size", "lines"}, their letters at most as large as `most` and at least as `least`.

    They break where they must and where they say so. Raises ValueError when they do not fit.
    """
    for each in range(most, least - 1, -2):
        broken = _broken(str(words), width / each)
        if broken is not None and len(broken) * each * LEADING <= high:
            return {"size": each, "lines": broken}
    raise ValueError(f"no room for '{words}': say it shorter or in more lines")


def _broken(words: str, width: float) -> list[str] | None:
    """The words in lines of at most that width; None when one word is wider."""
    lines = []
    for given in words.split("\n"):
        line = ""
        for word in given.split(" "):
            longer = f"{line} {word}" if line else word
            if _wide(word) > width:
                return None
            if _wide(longer) > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines


def _fail(fault: str) -> None:
    """What a part calls that is asked for something it does not know."""
    raise ValueError(fault)
