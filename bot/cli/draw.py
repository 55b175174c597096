"""`bot draw`: a guide as a picture."""

from __future__ import annotations

from pathlib import Path

import typer

from bot.cli.report import OK, USAGE, complain, shown


def draw(guide: str, *, svg: str = "") -> int:
    """Print the guide as Mermaid text, or write it to the file `svg`."""
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
        path = Path(svg)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(as_svg(flow), encoding="utf-8")
        except OSError as error:
            complain(f"Cannot write {shown(path)}: {error.strerror}.")
            return USAGE
        complain(f"Drawn to {shown(path)}.")
    else:
        typer.echo(mermaid(flow), nl=False)
    return OK
