"""`bot draw`: a guide, or one of its drawings, as a picture."""

from __future__ import annotations

from pathlib import Path

import typer

from bot.cli.report import FINDINGS, OK, USAGE, complain, shown


def draw(what: str, *, svg: str = "", png: str = "") -> int:
    """Print a guide as Mermaid text, or write it to the file `svg`.

    A drawing, named by its .svg file, is printed as plain SVG or written to the file `svg` or `png`.
    """
    if what.endswith(".svg"):
        return _drawing(Path(what), svg, png)
    if png:
        complain("Only a drawing can be written as PNG: name its .svg file.")
        return USAGE
    return _guide(what, svg)


def _guide(guide: str, svg: str) -> int:
    from bot.config import find_root
    from bot.flow.drawing import mermaid
    from bot.flow.drawing import svg as as_svg
    from bot.flow.reader import did_you_mean, read_flows

    flows, _ = read_flows(find_root() / "flows")
    flow = flows.get(guide)
    if flow is None:
        complain(f"There is no guide '{guide}'. {did_you_mean(guide, flows) or 'There are: ' + ', '.join(flows)}")
        return USAGE
    if svg:
        return _write(svg, as_svg(flow).encode())
    typer.echo(mermaid(flow), nl=False)
    return OK


def _drawing(file: Path, svg: str, png: str) -> int:
    from bot.channel.picture import as_png
    from bot.config import find_root
    from bot.picture import Damaged, check, expand
    from bot.web.media import STATIC

    media = (find_root() / "content" / "media").resolve()
    if not file.resolve().is_relative_to(media):
        complain(f"{shown(file)} is not below {shown(media)}.")
        return USAGE
    path = file.resolve().relative_to(media).as_posix()
    try:
        check(media, path)
        plain = expand(media, path)
    except OSError as error:
        complain(f"Cannot read {shown(file)}: {error.strerror}.")
        return USAGE
    except Damaged as damaged:
        complain(f"{shown(file)}:{damaged.line}: {damaged.fault}")
        return FINDINGS
    if png:
        return _write(png, as_png(plain, STATIC / "fonts"))
    if svg:
        return _write(svg, plain.encode())
    typer.echo(plain)
    return OK


def _write(to: str, data: bytes) -> int:
    path = Path(to)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        complain(f"Cannot write {shown(path)}: {error.strerror}.")
        return USAGE
    complain(f"Drawn to {shown(path)}.")
    return OK
