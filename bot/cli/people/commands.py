"""`bot admin`, `bot team`, `bot certificate`: the arguments of each. What is heavy is imported inside: quick help."""

from __future__ import annotations

import typer

admin = typer.Typer(help="Say who may do what: invite, revoke, look it up.", no_args_is_help=True)
team = typer.Typer(help="Look after the teams.", no_args_is_help=True)
certificate = typer.Typer(help="Look after the certificates of volunteers and learners.", no_args_is_help=True)

JSON = typer.Option(False, "--json", help="As JSON.")
TEAM = typer.Option("", help="A team's code.")
PLACE = typer.Option("", help="A place: its key, or its kind and name in quotes.")
ROLE = typer.Option("", help="volunteer, lead, editor, sender, commune_admin or admin.")
CODE = typer.Argument(..., help="The team's code.")
SERIAL = typer.Argument(..., help="The serial on the paper.")


@admin.command("invite")
def admin_invite(
    role: str = typer.Option("admin", help="volunteer, lead, editor, sender, commune_admin or admin."),
    team: str = TEAM,
    place: str = PLACE,
    days: int = typer.Option(7, help="For how many days the link is good."),
    json: bool = JSON,
) -> None:
    """Print a link that gives one person a role, once: the first admin's, and any other."""
    from bot.cli.people.admin import invite

    raise typer.Exit(invite(role, team=team, place=place, days=days, as_json=json))


@admin.command("list")
def admin_list(role: str = ROLE, team: str = TEAM, place: str = PLACE, json: bool = JSON) -> None:
    """Tell who holds which role, and which invitations are open."""
    from bot.cli.people.admin import list_

    raise typer.Exit(list_(role, team=team, place=place, as_json=json))


@admin.command("revoke")
def admin_revoke(
    who: str = typer.Argument(..., help="A person as 'bot admin list' names them, or the token of an invitation."),
    role: str = typer.Option("", help="Only this role; all of theirs when left out."),
) -> None:
    """Take roles away from somebody, at once; or take an invitation back."""
    from bot.cli.people.admin import revoke

    raise typer.Exit(revoke(who, role))


@admin.command("audit")
def admin_audit(
    who: str = typer.Option("", help="A person, or operator."),
    team: str = TEAM,
    place: str = PLACE,
    most: int = typer.Option(100, help="How many lines, the newest."),
    json: bool = JSON,
) -> None:
    """Tell every use of a right, newest first."""
    from bot.cli.people.admin import show_audit

    raise typer.Exit(show_audit(who, team=team, place=place, most=most, as_json=json))


@team.command("import")
def team_import(
    file: str = typer.Argument(..., help="A table of teams.", metavar="FILE.csv"),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only say what would be done."),
    json: bool = JSON,
) -> None:
    """Make or change the teams of a table, all or none; a table that was taken before changes nothing."""
    from bot.cli.people.team import import_

    raise typer.Exit(import_(file, dry_run=dry_run, as_json=json))


@team.command("list")
def team_list(
    place: str = PLACE,
    everything: bool = typer.Option(False, "--all", help="Those that have ended too."),
    json: bool = JSON,
) -> None:
    """Tell the teams, by place, with how many belong to them."""
    from bot.cli.people.team import list_

    raise typer.Exit(list_(place, everything=everything, as_json=json))


@team.command("show")
def team_show(code: str = CODE, json: bool = JSON) -> None:
    """Tell what is known of a team, and who belongs to it."""
    from bot.cli.people.team import show

    raise typer.Exit(show(code, as_json=json))


@team.command("end")
def team_end(code: str = CODE) -> None:
    """End a team: its people's roles in it end at once, what it did stays counted."""
    from bot.cli.people.team import end

    raise typer.Exit(end(code))


@team.command("counts")
def team_counts(
    code: str = CODE,
    first: str = typer.Option("", "--from", help="The first day, such as 2026-11-01; else 30 days back."),
    last: str = typer.Option("", "--to", help="The last day; else today."),
    json: bool = JSON,
) -> None:
    """Tell what came of the links that a team passed on: opened, started, stuck, finished."""
    from bot.cli.people.links import counts

    raise typer.Exit(counts(code, first, last, as_json=json))


@team.command("link")
def team_link(
    code: str = CODE,
    place: str = typer.Argument(..., help="A guide, or guide__step with - for every /."),
    kind: str = typer.Option("paper", help="How it is passed on: paper, picture, send or card."),
    json: bool = JSON,
) -> None:
    """Print a team's link to a guide, as it is put on a poster: what comes of it is counted for the team."""
    from bot.cli.people.links import link

    raise typer.Exit(link(code, place, kind, as_json=json))


@certificate.command("list")
def certificate_list(
    team: str = TEAM,
    kind: str = typer.Option("", help="A kind of skills.toml."),
    json: bool = JSON,
) -> None:
    """Tell the certificates, newest first."""
    from bot.cli.people.certificate import list_

    raise typer.Exit(list_(team=team, kind=kind, as_json=json))


@certificate.command("show")
def certificate_show(serial: str = SERIAL, json: bool = JSON) -> None:
    """Tell what is known of a certificate."""
    from bot.cli.people.certificate import show

    raise typer.Exit(show(serial, as_json=json))


@certificate.command("revoke")
def certificate_revoke(serial: str = SERIAL) -> None:
    """Take a certificate back, at once."""
    from bot.cli.people.certificate import revoke

    raise typer.Exit(revoke(serial))


def report(
    team: str = TEAM,
    place: str = PLACE,
    month: str = typer.Option("", help="Such as 2026-11; last month when left out."),
    columns: str = typer.Option("", help="Names with commas between them; those of the settings when left out."),
    out: str = typer.Option("", help="Write it to this file instead.", metavar="FILE.pdf|.xlsx|.json"),
) -> None:
    """Tell what a team or a place has done in a month, in numbers: docs/counting.md."""
    import time

    from bot.cli.people.report import report as make

    raise typer.Exit(make(team, place, month=month, out=out, columns=columns, now=time.time_ns() // 1_000_000))


def campaign(name: str = typer.Argument("", help="A campaign; all when left out."), json: bool = JSON) -> None:
    """Tell how far the campaigns are: docs/counting.md."""
    import time

    from bot.cli.people.campaign import campaign as tell

    raise typer.Exit(tell(name, as_json=json, now=time.time_ns() // 1_000_000))
