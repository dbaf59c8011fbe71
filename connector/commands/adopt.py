"""Knows the command `adopt`: any other form of the account into the same database, by its XLSForm alone."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from connector.adopted import AdoptedProject
from connector.adopted_account import Listed, Wishes, adopt, forget, list_account
from connector.commands.command import Command, Context
from connector.errors import SettingsError
from connector.migration import migrate


def _adopt(context: Context) -> Iterable[str]:
    arguments = context.arguments
    if sum(map(bool, (arguments.asset, arguments.list, arguments.forget))) != 1:
        advice = "Name a project to adopt it, or use --list or --forget NAME."
        raise SettingsError("One thing at a time: a project, --list or --forget.", advice=advice)
    if arguments.forget:
        names = forget(context.engine(), arguments.forget, arguments.yes)
        return [f"{arguments.forget}: {len(names)} tables dropped ({', '.join(names)}); the raw records stay"]
    engine, client = context.engine(), context.client()
    if arguments.list:
        migrate(engine)
        listed = list_account(engine, client)
        adopted = sum(each.table_name is not None for each in listed)
        return [*map(_line, listed), f"{len(listed)} projects, {adopted} adopted"]
    wishes = Wishes(arguments.name, _names(arguments.answers), _names(arguments.apart))
    context.on_progress("reading the versions of the form", 0, None)
    return _lines(adopt(engine, client, arguments.asset, wishes))


def _names(texts: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(name.strip() for text in texts or () for name in text.split(",") if name.strip())


def _line(listed: Listed) -> str:
    asset = listed.asset
    if listed.table_name:
        state = f"adopted as {listed.table_name}"
    elif listed.form_id:
        state = f"the programme's form {listed.form_id}"
    else:
        state = "not adopted" if asset.has_deployment else "never deployed"
    return f"{asset.uid}  {asset.name}: {asset.submission_count} records, {state}"


def _lines(project: AdoptedProject) -> Iterator[str]:
    variables = [each for level in project.level.levels() for part in level.parts for each in part.variables]
    for table in project.level.tables():
        yield f"table {table.name}: {len(table.columns)} columns"
    apart = [each.question.newest.name for each in variables if each.is_apart]
    if apart:
        yield f"kept apart, because they may name or locate a person: {', '.join(apart)}"
    for each in variables:
        if earlier := each.question.earlier_names:
            yield f"{each.question.newest.name} was called {', '.join(earlier)} before; one column has both"
    yield f"{project.asset_uid} is adopted as {project.form_id}; its records come with `healing sync`"


def _add_adopt(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "asset", nargs="?", metavar="PROJECT", help="the project's id, as in its address on the website"
    )
    parser.add_argument("--as", dest="name", metavar="NAME", help="name of its table (default: made from the title)")
    text = "questions, by name with commas, whose answers may be with the others although they are texts or places"
    parser.add_argument("--answers", action="append", metavar="NAMES", help=text)
    text = "questions to keep apart although they are not texts"
    parser.add_argument("--apart", action="append", metavar="NAMES", help=text)
    parser.add_argument("--list", action="store_true", help="list all projects of the account")
    parser.add_argument("--forget", metavar="NAME", help="drop the tables of an adopted form; raw records stay")
    parser.add_argument("--yes", action="store_true", help="with --forget: do it")


ADOPT = Command(
    "adopt",
    "take any other form of the account into the database, by its XLSForm alone",
    (
        "healing adopt --list",
        "healing adopt aBcDeFgHiJkLmNoPqRsTuV --as visit",
        "healing adopt aBcDeFgHiJkLmNoPqRsTuV --answers remarks,village --apart age",
        "healing adopt --forget visit --yes",
    ),
    _adopt,
    _add_adopt,
    "Repeats become tables of their own, choices get their labels (tables asset_question and asset_choice), and what\n"
    "may name or locate a person is kept apart (tables that end in _apart). See docs/any-form.md.",
)
