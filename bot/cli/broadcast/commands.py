"""`bot broadcast …`: the arguments of each command. Heavy imports stand inside, so that help is quick."""

from __future__ import annotations

import typer

app = typer.Typer(help="Tell many people something: write, look, test, send, stop, report.", no_args_is_help=True)

NAME = typer.Argument(..., help="The broadcast: broadcasts/<NAME>.toml.")
JSON = typer.Option(False, "--json", help="As JSON.")
DRY = typer.Option(False, "--dry-run", help="Only say what would be done.")
BY = typer.Option("", "--by", help="Who you are: a role or a name that the others know.")
EXPECT = typer.Option(..., "--expect", help="How many will get it, typed by hand: bot broadcast audience.")


@app.command()
def new(name: str = NAME, dry_run: bool = DRY, json: bool = JSON) -> None:
    """Make the files of a broadcast to fill in."""
    from bot.cli.broadcast.write import new as make

    raise typer.Exit(make(name, dry_run=dry_run, as_json=json))


@app.command()
def preview(
    name: str = NAME,
    language: str = typer.Option("", help="One language, e.g. en; all when left out."),
    address: str = typer.Option("", help="A form of address, e.g. bac."),
    channel: str = typer.Option("telegram", help="telegram, web or terminal."),
    json: bool = JSON,
) -> None:
    """Show it as people will see it."""
    from bot.cli.broadcast.write import preview as show

    raise typer.Exit(show(name, language=language, address=address, channel=channel, as_json=json))


@app.command()
def audience(name: str = NAME, json: bool = JSON) -> None:
    """Tell how many get it, how many do not and why, and some of them."""
    from bot.cli.broadcast.write import people

    raise typer.Exit(people(name, as_json=json))


@app.command("test")
def try_out(
    name: str = NAME,
    to: list[str] = typer.Option([], "--to", help="A chat, e.g. telegram:123456789; may be repeated."),  # noqa: B008 (how Typer declares options)
    dry_run: bool = DRY,
    json: bool = JSON,
) -> None:
    """Send it to chats by name, marked as a test."""
    from bot.cli.broadcast.send import test as send_to

    raise typer.Exit(send_to(name, to, dry_run=dry_run, as_json=json))


@app.command()
def send(name: str = NAME, expect: int = EXPECT, by: str = BY, dry_run: bool = DRY, json: bool = JSON) -> None:
    """Send it now; above a threshold somebody else approves."""
    from bot.cli.broadcast.send import send as send_it

    raise typer.Exit(send_it(name, expect=expect, by=by, dry_run=dry_run, as_json=json))


@app.command()
def schedule(  # noqa: PLR0917 (Typer takes them by name)
    name: str = NAME,
    at: str = typer.Option(..., "--at", help="When, e.g. 2026-12-01T08:00 (Viet Nam)."),
    expect: int = EXPECT,
    by: str = BY,
    dry_run: bool = DRY,
    json: bool = JSON,
) -> None:
    """Send it at a time."""
    from bot.cli.broadcast.send import send as send_it

    raise typer.Exit(send_it(name, expect=expect, by=by, at=at, dry_run=dry_run, as_json=json))


@app.command()
def approve(name: str = NAME, by: str = BY, dry_run: bool = DRY, json: bool = JSON) -> None:
    """Approve what somebody else sends."""
    from bot.cli.broadcast.send import approve as agree

    raise typer.Exit(agree(name, by=by, dry_run=dry_run, as_json=json))


@app.command()
def status(
    name: str = typer.Argument("", help="The broadcast; all when left out."),
    watch: bool = typer.Option(False, "--watch", help="A bar that moves until it has ended."),
    json: bool = JSON,
) -> None:
    """Tell how far it is."""
    from bot.cli.broadcast.status import status as look

    raise typer.Exit(look(name, watch=watch, as_json=json))


@app.command()
def pause(name: str = NAME, dry_run: bool = DRY, json: bool = JSON) -> None:
    """Nobody else gets it until it is resumed."""
    from bot.cli.broadcast.control import pause as turn

    raise typer.Exit(turn(name, dry_run=dry_run, as_json=json))


@app.command()
def resume(name: str = NAME, dry_run: bool = DRY, json: bool = JSON) -> None:
    """It goes on where it was."""
    from bot.cli.broadcast.control import resume as turn

    raise typer.Exit(turn(name, dry_run=dry_run, as_json=json))


@app.command()
def stop(name: str = NAME, dry_run: bool = DRY, json: bool = JSON) -> None:
    """Whoever has not got it does not get it."""
    from bot.cli.broadcast.control import stop as turn

    raise typer.Exit(turn(name, dry_run=dry_run, as_json=json))


@app.command()
def retry(
    name: str = NAME,
    unknown: bool = typer.Option(False, "--unknown", help="Also who may have got it: they may get it twice."),
    dry_run: bool = DRY,
    json: bool = JSON,
) -> None:
    """Send again to whom it failed for a reason that may pass."""
    from bot.cli.broadcast.control import retry as again

    raise typer.Exit(again(name, unknown=unknown, dry_run=dry_run, as_json=json))


@app.command()
def correct(name: str = NAME, dry_run: bool = DRY, json: bool = JSON) -> None:
    """Give the words as they are written now to everybody who has got it."""
    from bot.cli.broadcast.control import correct as change

    raise typer.Exit(change(name, dry_run=dry_run, as_json=json))


@app.command()
def delete(name: str = NAME, dry_run: bool = DRY, json: bool = JSON) -> None:
    """Take it away from everybody who has got it, where the channel allows."""
    from bot.cli.broadcast.control import delete as change

    raise typer.Exit(change(name, dry_run=dry_run, as_json=json))


@app.command()
def report(name: str = NAME, json: bool = JSON) -> None:
    """Tell what came of it: states, reasons, taps, starts and finishes, against who was held out."""
    from bot.cli.broadcast.status import report as look

    raise typer.Exit(look(name, as_json=json))
