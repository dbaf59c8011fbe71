"""What is wrong with the logic of an XLSForm: XPaths, references, conditions in circles, repeats without an end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms.circle import find_circle
from forms.finding import Fault, advise
from forms.workbook import FILE_SELECTS, SELECTS, Book, SheetRow, headers_of
from forms.xpath import Node, Number
from forms.xpath_check import OwnList, Scope, is_expression, reference_faults, xpath_faults
from forms.xpath_token import XPathError
from forms.xpath_use import Use, reads_itself, references_in, upper_bound, use_of

MOST_REPEATS = 60
_XPATHS = ("relevant", "constraint", "calculation", "repeat_count", "required", "read_only")
_CONDITIONS = ("relevant", "calculation", "required", "read_only")
_SHOWN = ("label", "hint", "guidance_hint", "constraint_message", "required_message")
_YES_NO = {"yes", "no", "true", "false", "true()", "false()"}
_HALF_REFERENCE = re.compile(r"\$\{[^}]*$|\$\{\s|\$\{[^}]*\s\}|(?<!\$)\{[a-z]\w*\}|\$[a-z]\w*")
_ONE_REFERENCE = re.compile(r"\$\{[^}]+\}")
BOUND_ADVICE = f"Give the number a constraint such as . <= 20, with at most {MOST_REPEATS}."


def xpath_cell_faults(book: Book) -> Iterator[Fault]:
    """Every cell that holds an XPath, the choice filters, and the instance name."""
    scope = scope_of(book)
    for row in book.survey:
        for column in _XPATHS:
            text = row[column]
            if text and not (column in {"required", "read_only"} and text.lower() in _YES_NO):
                yield from ((row.at(column), *reason) for reason in xpath_faults(text, scope))
        if row["default"] and is_expression(row["default"]):
            yield from ((row.at("default"), *reason) for reason in xpath_faults(row["default"], scope))
        if row["choice_filter"]:
            own = _own_list(book, row)
            yield from ((row.at("choice_filter"), *reason) for reason in xpath_faults(row["choice_filter"], scope, own))
    for row in book.settings[:1]:
        if row["instance_name"]:
            yield from (("settings, instance_name", *reason) for reason in xpath_faults(row["instance_name"], scope))


def _own_list(book: Book, row: SheetRow) -> OwnList:
    name = row.list_name
    if row.kind in FILE_SELECTS:
        return OwnList(name, book.rosters.get(name.rsplit(".", 1)[0]))
    return OwnList("the sheet choices", frozenset(headers_of(book.sheets, "choices")) or None)


def shown_text_faults(book: Book) -> Iterator[Fault]:
    """Answers that a text shows: references to what does not exist, and references that are misspelt."""
    scope = scope_of(book)
    for row in (*book.survey, *book.choices):
        for base in _SHOWN:
            for column, text in row.texts(base):
                if found := _HALF_REFERENCE.search(text):
                    what = f"{found.group().strip()} is not a reference to a question"
                    yield row.at(column), what, "Write ${name}, without spaces."
                yield from ((row.at(column), *reason) for reason in reference_faults(text, scope))


def placement_faults(book: Book) -> Iterator[Fault]:
    """Cells that have no meaning for the type of their row, and calculations that are missing."""
    for row in book.survey:
        is_choice = row.kind in (*SELECTS, *FILE_SELECTS)
        if row["choice_filter"] and not is_choice:
            yield row.at("choice_filter"), f"{row.kind} has no choices to filter", "Delete it."
        if row["repeat_count"] and row.kind != "begin_repeat":
            yield row.at("repeat_count"), "only a repeat has a count", "Delete it."
        if row.kind == "calculate" and not row["calculation"]:
            yield row.place, "computes nothing", "Write the column calculation."
        if row["constraint"] and row.kind in {"note", "calculate"}:
            yield row.at("constraint"), f"nobody answers a {row.kind}, so it cannot be refused", "Delete it."
        if row.kind in FILE_SELECTS and not row["choice_filter"]:
            yield row.place, "shows a whole roster", "Filter it, or a phone shows people of other groups."
        if row["trigger"]:
            yield from ((row.at("trigger"), *reason) for reason in _trigger_reasons(row["trigger"], book))
        if row.kind == "select_one" and row["default"] and not is_expression(row["default"]):
            yield from _default_faults(row, book.codes(row.list_name))


def _default_faults(row: SheetRow, codes: tuple[str, ...]) -> Iterator[Fault]:
    if codes and row["default"] not in codes:
        advice = advise(row["default"], codes, f"Write one of {', '.join(codes[:8])}.")
        yield row.at("default"), f"{row['default']} is not a code of {row.list_name}", advice


def _trigger_reasons(text: str, book: Book) -> Iterator[tuple[str, str]]:
    if len(references_in(text)) > 1:
        yield "KoboToolbox drops all but one question of a trigger", "Name one question."
    elif not _ONE_REFERENCE.fullmatch(text.strip()):
        yield f"{text} is not a reference to a question", "Write ${name} of one question."
    for name in references_in(text):
        if name in book.named and book.named[name].is_beginning:
            yield f"{name} is a group, which nobody answers", "Name a question."
    yield from reference_faults(text, scope_of(book))


def circle_faults(book: Book) -> Iterator[Fault]:
    """Calculations and conditions that need each other, also through the condition of a group around them."""
    needs: dict[str, set[str]] = {}
    for row in book.survey:
        if row.name and not row.is_ending:
            above = [group.name for group in book.around[row.number][-1:]]
            own = [name for column in _CONDITIONS for name in references_in(row[column])]
            itself = [row.name for column in _CONDITIONS if "." in row[column] and reads_itself(row[column])]
            needs.setdefault(row.name, set()).update(own, above, itself)
    circle = find_circle(needs)
    if circle:
        row = book.named[circle[0]]
        yield row.place, f"needs itself: {' → '.join(circle)}", "Break the circle; no phone opens such a form."


def repeat_faults(book: Book) -> Iterator[Fault]:
    """Repeats whose number can be typed without an upper limit."""
    for row in book.survey:
        if row.kind != "begin_repeat" or not row["repeat_count"]:
            continue
        tree = _tree(row["repeat_count"])
        if isinstance(tree, Number) and float(tree.text) > MOST_REPEATS:
            yield row.at("repeat_count"), f"{tree.text} repeats are more than {MOST_REPEATS}", "Lower the number."
        for name in _typed_behind(book, references_in(row["repeat_count"])):
            limit = _limit(book.named[name]["constraint"])
            if limit is None:
                yield row.at("repeat_count"), f"{name} has no upper limit", BOUND_ADVICE
            elif limit > MOST_REPEATS:
                what = f"{name} may be as high as {limit:g}; a phone would build that many repeats"
                yield row.at("repeat_count"), what, BOUND_ADVICE


def _typed_behind(book: Book, names: tuple[str, ...]) -> Iterator[str]:
    """Yield the typed questions that a number comes from, directly or through calculations."""
    waiting, seen = list(names), set()
    while waiting:
        name = waiting.pop(0)
        row = book.named.get(name)
        if row is None or name in seen:
            continue
        seen.add(name)
        if row.kind in {"integer", "decimal", "text"}:
            yield name
        elif row.kind == "calculate":
            waiting.extend(references_in(row["calculation"]))


def _limit(constraint: str) -> float | None:
    tree = _tree(constraint)
    return None if tree is None else upper_bound(tree)


def _tree(text: str) -> Node | None:
    use = _use(text)
    return None if use is None else use.tree


def _use(text: str) -> Use | None:
    try:
        return use_of(text)
    except XPathError:
        return None


def outside_faults(book: Book) -> Iterator[Fault]:
    """Answers inside a repeat that are wanted as one value outside of it, where there may be many or none."""
    inside = {name: repeats for name, row in book.named.items() if (repeats := _repeats_around(book, row))}
    for row in book.survey if inside else ():
        here = _repeats_around(book, row)
        for column in (*_XPATHS, "choice_filter"):
            for name in _wanted(row[column]):
                if not inside.get(name, set()) <= here:
                    yield row.at(column), *_outside_reason(name)
        for column, text in [pair for base in _SHOWN for pair in row.texts(base)]:
            for name in references_in(text):
                if not inside.get(name, set()) <= here:
                    yield row.at(column), *_outside_reason(name)
    for name in _wanted(next((row["instance_name"] for row in book.settings), "")):
        if name in inside:
            yield "settings, instance_name", *_outside_reason(name)


def _repeats_around(book: Book, row: SheetRow) -> set[int]:
    return {group.number for group in book.around[row.number] if group.kind == "begin_repeat"}


def _wanted(text: str) -> tuple[str, ...]:
    use = _use(text) if "${" in text else None
    return () if use is None else use.single


def _outside_reason(name: str) -> tuple[str, str]:
    what = f"{name} is asked in a repeat and has many answers outside of it"
    return what, f"Write sum(${{{name}}}), max(${{{name}}}) or the like, or move the row into the repeat."


def instance_name_faults(book: Book) -> Iterator[Fault]:
    """The name of a record stays on the phone, also after sending: it shows codes, not what was typed or who it is."""
    text = next((row["instance_name"] for row in book.settings), "")
    advice = "Show a code; the name stays on the phone after sending."
    for name in references_in(text):
        row = book.named.get(name)
        if row is not None and row.kind == "text":
            yield "settings, instance_name", f"shows {name}, which is typed and may name a person", advice
    if "jr:choice-name" in text or re.search(r"instance\([^)]*\)[^,]*/label", text):
        yield "settings, instance_name", "shows a label, which may name a person", advice


def scope_of(book: Book) -> Scope:
    """Return what the XPaths of a workbook may refer to."""
    codes = {
        name: frozenset(book.codes(row.list_name))
        for name, row in book.named.items()
        if row.kind in {"select_one", "select_multiple"} and book.codes(row.list_name)
    }
    asked = {name for name, row in book.named.items() if row.kind not in {"csv-external", "xml-external"}}
    names = frozenset({*asked, "instanceID", "instanceName"})
    return Scope(names, codes, _known_lists(book))


def _known_lists(book: Book) -> dict[str, frozenset[str] | None]:
    """The columns of every list that instance('…') can read: choice lists in use, rosters, attached lists."""
    used = {row.list_name for row in book.survey if row.list_name}
    columns = frozenset(headers_of(book.sheets, "choices")) - {"list_name"}
    found: dict[str, frozenset[str] | None] = {name: columns for name in used if "." not in name}
    stems = {name.rsplit(".", 1)[0] for name in used if "." in name}
    found |= {stem: book.rosters.get(stem) for stem in stems}
    return found | {row.name: None for row in book.survey if row.kind in {"csv-external", "xml-external"}}
