"""The commands. Each reads its arguments and calls one function; heavy imports stand inside, so that help is quick."""

from __future__ import annotations

import typer

from bot import __version__

app = typer.Typer(
    name="bot",
    help="Cầm Tay walks a person through a guide, one step at a time.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command()
def run(
    telegram: bool = typer.Option(True, help="Serve Telegram when TELEGRAM_BOT_TOKEN is set."),
    watch: bool = typer.Option(True, help="Take edited guides into service without a restart."),
) -> None:
    """Start the bot: web chat, and Telegram when its token is set."""
    from bot.cli.run import run as run_bot

    raise typer.Exit(run_bot(telegram=telegram, watch=watch))


@app.command()
def chat(
    guide: str = typer.Argument("", help="A guide to open."),
    script: str = typer.Option(
        "", help="Play a talk file. Its = lines are compared; its < lines are compared by pytest only.", metavar="FILE"
    ),
    record: str = typer.Option(
        "", help="Write the conversation, begun as somebody new, to a new talk file.", metavar="FILE"
    ),
    language: str = typer.Option("", help="The language, e.g. en."),
    fresh: bool = typer.Option(False, help="Begin as somebody new; nothing is kept."),
) -> None:
    """Talk with the bot in the terminal."""
    from bot.cli.chat import chat as talk

    raise typer.Exit(talk(guide, script=script, record=record, language=language, fresh=fresh))


@app.command()
def check(
    paths: list[str] = typer.Argument(None, help="Files or folders; all when left out.", metavar="[PATH]..."),  # noqa: B008 (how Typer declares arguments)
    form: str = typer.Option("text", "--format", help="text, json or github."),
    strict: bool = typer.Option(False, help="Warnings are findings too."),
) -> None:
    """Tell every fault of every guide, text and setting, by line."""
    from bot.cli.check import check as check_all

    raise typer.Exit(check_all(paths or (), form=form, strict=strict))


@app.command()
def draw(
    guide: str = typer.Argument(..., help="The guide."),
    svg: str = typer.Option("", help="Write a picture to this file.", metavar="FILE"),
) -> None:
    """Print a guide as Mermaid, or draw it as SVG."""
    from bot.cli.draw import draw as draw_guide

    raise typer.Exit(draw_guide(guide, svg=svg))


new = typer.Typer(help="Make something to fill in.", no_args_is_help=True)
app.add_typer(new, name="new")


@new.command("guide")
def new_guide(
    name: str = typer.Argument(..., help="Its name: small letters, digits, hyphens."),
    title: str = typer.Argument(..., help="Its title, in quotes."),
) -> None:
    """Make a guide of three steps with its words and a first talk."""
    from bot.cli.new import new_guide as make

    raise typer.Exit(make(name, title))


@app.command()
def doctor(json: bool = typer.Option(False, "--json", help="As JSON.")) -> None:
    """Tell what is configured, reachable and stale."""
    from bot.cli.doctor import doctor as look

    raise typer.Exit(look(as_json=json))


db = typer.Typer(help="Look after the database.", no_args_is_help=True)
app.add_typer(db, name="db")


@db.command()
def backup(to: str = typer.Argument(..., help="The file to write.")) -> None:
    """Write a copy of the database to a file; the bot may be running."""
    from bot.cli.db import backup as copy

    raise typer.Exit(copy(to))


@db.command()
def restore(
    source: str = typer.Argument(..., help="A file that 'bot db backup' wrote."),
    yes: bool = typer.Option(False, "--yes", help="Replace the database that is there (it is kept beside)."),
) -> None:
    """Put a backup in the database's place; the bot must not be running."""
    from bot.cli.db import restore as put_back

    raise typer.Exit(put_back(source, yes=yes))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)
