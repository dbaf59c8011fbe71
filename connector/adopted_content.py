"""Knows how to read what one version of a project asks: questions, repeats and choice lists, as Kobo has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connector.adopted_kinds import ANSWER_KINDS, SILENT_KINDS, STORAGES, may_name

Json = Mapping[str, Any]
Labels = Mapping[str, str]
Path = tuple[str, ...]
OTHER = "other"
"""The code, and the end of the question's name, that `or_other` adds to a question."""
_BEGIN = {"begin_group": "group", "begin_repeat": "repeat", "begin_score": "score", "begin_rank": "rank"}
_MATRIX = "begin_kobomatrix"


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a list; `labels` by language ("" where the form has only one)."""

    code: str
    labels: Labels
    kuid: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question or a repeat as one version has it.

    `path` is its key in a record, `repeats` the paths of the repeats around it, the outermost first. `may_name`: an
    answer may name or locate a person, as far as the form tells.
    """

    name: str
    path: str
    repeats: Path
    kind: str
    labels: Labels
    kuid: str = ""
    list_name: str = ""
    codes: frozenset[str] | None = None
    calculation: str = ""
    may_name: bool = True

    @property
    def group(self) -> str:
        """The path of the group that it stands in."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Content:
    """What one version asks, in the order of the form; a repeat comes before what it holds."""

    questions: tuple[Asked, ...]
    repeats: tuple[Asked, ...]
    lists: Mapping[str, tuple[Option, ...]]


def read_content(content: Json) -> Content:
    """Read a version's content as the server gives it; rows that make no sense are passed over, never an error."""
    languages = _languages(content)
    lists = _lists(_rows(content, "choices"), languages)
    reading = _Reading(languages, lists)
    for row in _rows(content, "survey"):
        reading.read(row)
    harmless = _harmless(tuple(reading.questions.values()))
    questions = tuple(replace(each, may_name=each.name not in harmless) for each in reading.questions.values())
    return Content(questions, tuple(reading.repeats), lists)


def _rows(content: Json, sheet: str) -> Iterator[Json]:
    rows = content.get(sheet)
    yield from (row for row in rows if isinstance(row, Mapping)) if isinstance(rows, list) else ()


def _languages(content: Json) -> tuple[str, ...]:
    found = content.get("translations")
    return tuple(str(each or "") for each in found) if isinstance(found, list) and found else ("",)


def _labels(value: Any, languages: Sequence[str]) -> Labels:
    """Labels by language: the server writes a list beside `translations`, or one text where there is one language."""
    texts = value if isinstance(value, list) else [value]
    pairs = zip(languages, texts, strict=False)
    return {language: text for language, text in pairs if isinstance(text, str) and text}


def _lists(rows: Iterable[Json], languages: Sequence[str]) -> dict[str, tuple[Option, ...]]:
    found: dict[str, list[Option]] = {}
    for row in rows:
        code = _text(row, "name") or _text(row, "$autovalue")
        if code:
            option = Option(code, _labels(row.get("label"), languages), _text(row, "$kuid"))
            found.setdefault(_text(row, "list_name"), []).append(option)
    return {name: tuple(options) for name, options in found.items()}


def _text(row: Json, key: str) -> str:
    value = row.get(key)
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _name(row: Json) -> str:
    return _text(row, "name") or _text(row, "$autoname")


def _kind(row: Json) -> tuple[str, str]:
    """The kind of a row and its choice list; both in one cell where nobody has taken them apart."""
    kind, _, rest = _text(row, "type").partition(" ")
    return kind, _text(row, "select_from_list_name") or rest.split(" ")[0]


@dataclass(slots=True)
class _Reading:
    """What has been read so far, questions by path, and the groups and repeats that are open."""

    languages: Sequence[str]
    lists: Mapping[str, tuple[Option, ...]]
    questions: dict[str, Asked] = field(default_factory=dict)
    repeats: list[Asked] = field(default_factory=list)
    open: list[Json] = field(default_factory=list)
    matrix: list[Json] | None = None

    def read(self, row: Json) -> None:
        kind, _ = _kind(row)
        if kind in ("end_kobomatrix", "end_matrix"):
            self._close_matrix()
        elif self.matrix is not None:
            self.matrix.append(row)
        elif kind == _MATRIX:
            self.matrix = [row]
        elif kind in _BEGIN:
            self._open(row, kind)
        elif kind.startswith("end_"):
            del self.open[-1:]
        elif kind not in SILENT_KINDS or _text(row, "calculation") or _text(row, "default"):
            self._ask(row)

    def _open(self, row: Json, kind: str) -> None:
        if kind == "begin_repeat" and _name(row):
            self.repeats.append(self._asked(row, "repeat", ""))
            self._add_implied(row, "count", "repeat_count")
        self.open.append(row)

    def _ask(self, row: Json) -> None:
        if not _name(row):
            return
        kind, list_name = _kind(row)
        list_name = list_name or self._list_around(kind)
        asked = self._asked(row, kind, list_name)
        self.questions[asked.path] = asked
        if _has_other(row):
            self._add_implied(row, OTHER, "text")

    def _add_implied(self, row: Json, end: str, kind: str) -> None:
        """Add a question that the server makes of another one; where the form asks it itself, that one counts."""
        kuid = f"{_text(row, '$kuid')}:{end}" if _text(row, "$kuid") else ""
        made = {"name": f"{_name(row)}_{end}", "label": row.get("label"), "$kuid": kuid}
        asked = self._asked(made, kind, "")
        self.questions.setdefault(asked.path, asked)

    def _list_around(self, kind: str) -> str:
        """The list of a line in KoboToolbox's own question types, which the group around it names."""
        key = {"score__row": "kobo--score-choices", "rank__level": "kobo--rank-items"}.get(kind)
        return _text(self.open[-1], key) if key and self.open else ""

    def _asked(self, row: Json, kind: str, list_name: str) -> Asked:
        path, repeats = "", []
        for around in self.open:
            path = f"{path}{_name(around)}/" if _name(around) else path
            if _kind(around)[0] == "begin_repeat" and _name(around):
                repeats.append(path[:-1])
        labels = _labels(row.get("label"), self.languages)
        codes = self._codes(row, list_name)
        kuid, calculation = _text(row, "$kuid"), _text(row, "calculation") or _formula(_text(row, "default"))
        return Asked(_name(row), path + _name(row), tuple(repeats), kind, labels, kuid, list_name, codes, calculation)

    def _codes(self, row: Json, list_name: str) -> frozenset[str] | None:
        """The codes that can be answered, where the form itself knows them."""
        if list_name not in self.lists or "search(" in _text(row, "appearance"):
            return None
        more = {OTHER} if _has_other(row) else set()
        return frozenset(option.code for option in self.lists[list_name]) | more

    def _close_matrix(self) -> None:
        """Ask what a matrix asks: every one of its questions once for every line, in a group for each line."""
        head, *columns = self.matrix or [{}]
        self.matrix = None
        for option in self.lists.get(_text(head, "kobo--matrix_list"), ()):
            line = f"{_name(head)}_{option.code}"
            self.open.append({"type": "begin_group", "name": line})
            for column in columns:
                self._ask(self._of_line(column, line, option))
            del self.open[-1:]

    def _of_line(self, column: Json, line: str, option: Option) -> Json:
        texts = _labels(column.get("label"), self.languages)
        labels = [_joined(option.labels.get(language), texts.get(language)) for language in self.languages]
        kuid = f"{_text(column, '$kuid')}:{option.code}" if _text(column, "$kuid") else ""
        return {**column, "name": f"{line}_{_name(column)}", "label": labels, "$kuid": kuid}


def _formula(default: str) -> str:
    """What fills an answer in beforehand, where that is more than a fixed value."""
    return default if "${" in default or "(" in default else ""


def _has_other(row: Json) -> bool:
    return bool(row.get("_or_other")) or "or_other" in _text(row, "type").split()


def _joined(*texts: str | None) -> str | None:
    return ", ".join(filter(None, texts)) or None


def _harmless(questions: Sequence[Asked]) -> set[str]:
    """The names of questions whose answers can name nobody: by their kind, and by what a formula in them uses."""
    by_name: dict[str, list[Asked]] = {}
    for each in questions:
        by_name.setdefault(each.name, []).append(each)
    found: set[str] = set()
    before = -1
    while before < len(found):
        before = len(found)
        found.update(name for name, alike in by_name.items() if all(_is_harmless(each, found) for each in alike))
    return found


def _is_harmless(question: Asked, harmless: set[str]) -> bool:
    return not _is_open(question) and not may_name(question.calculation, harmless)


def _is_open(question: Asked) -> bool:
    """Whether an answer may be any text: by its kind, or because its list or its formula cannot be read here."""
    is_choice = STORAGES.get(question.kind) in ("code", "codes")
    is_unread = is_choice and question.codes is None
    return question.kind not in ANSWER_KINDS or is_unread or (question.kind == "calculate" and not question.calculation)
