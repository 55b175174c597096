"""The commands. Each reads its arguments and calls one function; heavy imports stand inside, so that help is quick."""

from __future__ import annotations

import typer

from bot import __version__
from bot.cli.broadcast.commands import app as broadcast
from bot.cli.people.commands import admin, campaign, certificate, report, team

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
    zalo: bool = typer.Option(True, help="Serve Zalo when its tokens are set."),
    watch: bool = typer.Option(True, help="Take edited guides into service without a restart."),
) -> None:
    """Start the bot: web chat, and Telegram and Zalo when their tokens are set."""
    from bot.cli.run import run as run_bot

    raise typer.Exit(run_bot(telegram=telegram, zalo=zalo, watch=watch))


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
    *,
    why: bool = typer.Option(False, "--why", help="Tell how each sentence is understood."),
) -> None:
    """Talk with the bot in the terminal."""
    from bot.cli.chat import chat as talk

    raise typer.Exit(talk(guide, script=script, record=record, language=language, fresh=fresh, why=why))


@app.command()
def check(
    paths: list[str] = typer.Argument(None, help="Guides, files or folders; all when left out.", metavar="[WHAT]..."),  # noqa: B008 (how Typer declares arguments)
    form: str = typer.Option("text", "--format", help="text, json or github."),
    json: bool = typer.Option(False, "--json", help="As JSON: the same as --format json."),
    strict: bool = typer.Option(False, help="Warnings are findings too."),
) -> None:
    """Tell every fault of every guide, text and setting, by line."""
    from bot.cli.check import check as check_all

    raise typer.Exit(check_all(paths or (), form="json" if json else form, strict=strict))


@app.command()
def draw(
    what: str = typer.Argument(..., help="A guide, or a drawing: content/media/….svg."),
    svg: str = typer.Option("", help="Write it as SVG to this file.", metavar="FILE"),
    png: str = typer.Option("", help="Write a drawing as PNG to this file.", metavar="FILE"),
) -> None:
    """Print a guide as Mermaid or draw it as SVG; show a drawing as SVG or PNG."""
    from bot.cli.draw import draw as draw_it

    raise typer.Exit(draw_it(what, svg=svg, png=png))


@app.command()
def handout(
    guide: str = typer.Argument(..., help="The guide."),
    *,
    size: str = typer.Option("a4", help="a4 poster, a5 flyer, a6 hand card, card or square picture, guide: all of it."),
    language: str = typer.Option("", "--lang", help="The language, e.g. en."),
    out: str = typer.Option("", help="The file to write, .pdf or .png.", metavar="FILE"),
    link: str = typer.Option("", help="The address its code opens; the guide's own when left out.", metavar="URL"),
    team: str = typer.Option("", help="Who helps, as it stands on the handout."),
) -> None:
    """Make a handout of a guide: to hang up, to give away, to pass on in a group."""
    from bot.cli.handout import handout as make

    raise typer.Exit(make(guide, size=size, language=language, out=out, link=link, team=team))


@app.command()
def preview(
    guide: str = typer.Argument(..., help="The guide."),
    *,
    html: bool = typer.Option(False, "--html", help="A page that shows all five channels; else as in the terminal."),
    out: str = typer.Option("", help="The page's file; below data/preview when left out, - prints it.", metavar="FILE"),
    language: str = typer.Option("", "--lang", help="The language, e.g. en."),
    address: str = typer.Option("", help="The form of address, e.g. bac."),
) -> None:
    """Show every step of a guide as each channel shows it."""
    from bot.cli.preview import preview as look

    raise typer.Exit(look(guide, html=html, out=out, language=language, address=address))


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


@app.command()
def status(json: bool = typer.Option(False, "--json", help="As JSON.")) -> None:
    """Tell which processes serve, what each of them owns, and what waits."""
    from bot.cli.status import status as look

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


@db.command("copy")
def copy_database(
    source: str = typer.Argument(..., help="The address of the database to copy.", metavar="FROM"),
    target: str = typer.Argument(..., help="The address of an empty one.", metavar="TO"),
) -> None:
    """Copy everything from one database to another, SQLite or PostgreSQL; no bot may be running."""
    from bot.cli.copy import copy as copy_all

    raise typer.Exit(copy_all(source, target))


jobs = typer.Typer(help="See what waits to be done, and what could not be done.")
app.add_typer(jobs, name="jobs")


@jobs.callback(invoke_without_command=True)
def jobs_overview(context: typer.Context, json: bool = typer.Option(False, "--json", help="As JSON.")) -> None:
    """Tell what waits to be done and when, for whom nothing is due, and what is parked and why."""
    if context.invoked_subcommand is None:
        from bot.cli.jobs import overview

        raise typer.Exit(overview(as_json=json))


@jobs.command("retry")
def jobs_retry(
    key: str = typer.Argument("", help="A parked job."),
    everything: bool = typer.Option(False, "--all", help="Every parked job."),
) -> None:
    """Let a parked job be done now, as if it had never been tried."""
    from bot.cli.jobs import retry

    raise typer.Exit(retry(key, everything=everything))


@jobs.command("drop")
def jobs_drop(key: str = typer.Argument(..., help="A parked job.")) -> None:
    """Let a parked job never be done."""
    from bot.cli.jobs import drop

    raise typer.Exit(drop(key))


privacy = typer.Typer(help="Keep the deadlines of requests and breaches.")
app.add_typer(privacy, name="privacy")


@privacy.callback(invoke_without_command=True)
def privacy_overview(context: typer.Context, json: bool = typer.Option(False, "--json", help="As JSON.")) -> None:
    """Tell what is open, and by when it has to be done."""
    if context.invoked_subcommand is None:
        from bot.cli.privacy import overview

        raise typer.Exit(overview(as_json=json))


@privacy.command("ask")
def privacy_ask(
    kind: str = typer.Argument(..., help="see, correct, delete, withdraw or object."),
    note: str = typer.Option("", help="What to do; no names."),
) -> None:
    """Write down a request that came at the desk or by letter."""
    from bot.cli.privacy import ask

    raise typer.Exit(ask(kind, note))


@privacy.command("done")
def privacy_done(receipt: str = typer.Argument(..., help="Its receipt.")) -> None:
    """Say that a request has been fulfilled."""
    from bot.cli.privacy import done

    raise typer.Exit(done(receipt))


@privacy.command("breach")
def privacy_breach(
    note: str = typer.Argument(..., help="What happened, in quotes; no names."),
    found: str = typer.Option("", help="When it was found, e.g. 2026-11-20T08:00; now when left out."),
) -> None:
    """Write down a breach; the authority has to know within 72 hours."""
    from bot.cli.privacy import breach

    raise typer.Exit(breach(note, found))


@privacy.command("letter")
def privacy_letter(number: str = typer.Argument(..., help="The breach.")) -> None:
    """Draft the notice of a breach."""
    from bot.cli.privacy import letter

    raise typer.Exit(letter(number))


@privacy.command("told")
def privacy_told(number: str = typer.Argument(..., help="The breach.")) -> None:
    """Say that the authority was told of a breach."""
    from bot.cli.privacy import told

    raise typer.Exit(told(number))


voice = typer.Typer(help="Look after the voices that read aloud.", no_args_is_help=True)
app.add_typer(voice, name="voice")


@voice.command("status")
def voice_status(json: bool = typer.Option(False, "--json", help="As JSON.")) -> None:
    """Tell what is recorded, drafted, stale or missing."""
    from bot.cli.voice import status

    raise typer.Exit(status(as_json=json))


@voice.command("build")
def voice_build(guide: str = typer.Argument("", help="One guide; all when left out.")) -> None:
    """Make the draft voices that are not there yet."""
    from bot.cli.voice import build

    raise typer.Exit(build(guide))


app.add_typer(broadcast, name="broadcast")
app.add_typer(admin, name="admin")
app.add_typer(team, name="team")
app.command()(report)
app.command()(campaign)
app.add_typer(certificate, name="certificate")

meaning = typer.Typer(help="See how typed words are understood.", no_args_is_help=True)
app.add_typer(meaning, name="meaning")


@meaning.command("eval")
def meaning_eval(
    file: str = typer.Argument(..., help="Questions, one a line: text, a tab, its topic."),
    json: bool = typer.Option(False, "--json", help="As JSON."),
    wrong: bool = typer.Option(False, "--wrong", help="Print each question that was not understood."),
) -> None:
    """Tell how many questions of a file find the right guide, by topic."""
    from bot.cli.meaning import evaluate

    raise typer.Exit(evaluate(file, as_json=json, wrong=wrong))


@meaning.command("why")
def meaning_why(sentence: str = typer.Argument(..., help="What a person typed, in quotes.")) -> None:
    """Tell how a sentence is understood, and by which words."""
    from bot.cli.meaning import why

    raise typer.Exit(why(sentence))


scam = typer.Typer(help="See what the scam check says.", no_args_is_help=True)
app.add_typer(scam, name="scam")


@scam.command("check")
def scam_check(
    message: str = typer.Argument(..., help="The message, in quotes; - reads it from standard input."),
    json: bool = typer.Option(False, "--json", help="As JSON."),
) -> None:
    """Tell the verdict on one message, and every sign with the words it was found in."""
    from bot.cli.scam import check as look

    raise typer.Exit(look(message, as_json=json))


@scam.command("eval")
def scam_eval(
    files: list[str] = typer.Argument(..., help="Messages, one a line: scam or honest, a kind, the text; by tabs."),  # noqa: B008 (how Typer declares arguments)
    json: bool = typer.Option(False, "--json", help="As JSON."),
    wrong: bool = typer.Option(False, "--wrong", help="Print each message with a wrong verdict."),
) -> None:
    """Tell the misses and the false alarms in files of messages, by kind."""
    from bot.cli.scam import evaluate

    raise typer.Exit(evaluate(files, as_json=json, wrong=wrong))


translations = typer.Typer(help="See how far translations are; exchange them with translators.", no_args_is_help=True)
app.add_typer(translations, name="i18n")


@translations.command("status")
def i18n_status(
    guide: str = typer.Argument("", help="A guide: each of its blocks that is missing or stale; all when left out."),
    json: bool = typer.Option(False, "--json", help="As JSON."),
) -> None:
    """Tell what is missing, stale and reviewed in each language."""
    from bot.cli.i18n import status

    raise typer.Exit(status(guide, as_json=json))


@translations.command("export")
def i18n_export(
    language: str = typer.Argument(..., help="The language, e.g. en."),
    guide: str = typer.Argument("", help="A guide; all when left out."),
    to: str = typer.Option("", "-o", "--to", help="The file; standard output when left out.", metavar="FILE.po"),
) -> None:
    """Write a PO file for a translator."""
    from bot.cli.i18n import export

    raise typer.Exit(export(language, guide, to=to))


@translations.command("import")
def i18n_import(file: str = typer.Argument(..., help="A PO file that was exported.", metavar="FILE.po")) -> None:
    """Take the translations of a PO file into the templates."""
    from bot.cli.i18n import import_

    raise typer.Exit(import_(file))


@translations.command("accept")
def i18n_accept(
    language: str = typer.Argument(..., help="The language, e.g. en."),
    guide: str = typer.Argument("", help="A guide, or GUIDE/STEP; all when left out."),
) -> None:
    """Let the words of a language count as translated from the source as it is now."""
    from bot.cli.i18n import accept

    raise typer.Exit(accept(language, guide))


@translations.command("reviewed")
def i18n_reviewed(
    language: str = typer.Argument(..., help="The language, e.g. en."),
    guide: str = typer.Argument(..., help="The guide."),
    by: str = typer.Option("", help="By whom: a role, no name."),
) -> None:
    """Say that a guide was read in a language and is right."""
    from bot.cli.i18n import reviewed

    raise typer.Exit(reviewed(language, guide, by=by))


zalo = typer.Typer(help="See how a real Zalo account behaves.", no_args_is_help=True)
app.add_typer(zalo, name="zalo")


@zalo.callback()
def zalo_group() -> None:
    """See how a real Zalo account behaves."""


@zalo.command("probe")
def zalo_probe(
    wait: int = typer.Option(60, help="Seconds to wait for a message of yours."),
    json: bool = typer.Option(False, "--json", help="As JSON."),
) -> None:
    """Ask the configured Zalo accounts what is not settled about Zalo, and print the answers: docs/zalo.md."""
    from bot.cli.zalo import probe

    raise typer.Exit(probe(wait, as_json=json))


@zalo.command("login")
def zalo_login(
    callback: str = typer.Option("", help="The callback address of the app; the public address when left out."),
) -> None:
    """Join the bot to a Zalo official account: prints what to do in Zalo, asks for the address you come back to."""
    from bot.cli.zalo_oa import login

    raise typer.Exit(login(callback))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)
