"""Knows how the answers of many records of an adopted form are taken out of them at once: a column a question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress, repeat
from operator import is_
from typing import Any

from connector.adopted_tables import Level
from connector.adopted_values import is_storable

Json = Mapping[str, Any]
Texts = tuple[str, ...]
SYSTEM_KEYS = (
    "__version__",
    "_attachments",
    "_date_modified",
    "_geolocation",
    "_id",
    "_notes",
    "_status",
    "_submission_time",
    "_submitted_by",
    "_supplementalDetails",
    "_tags",
    "_uuid",
    "_validation_status",
    "_xform_id_string",
    "formhub/uuid",
    "meta/deprecatedID",
    "meta/instanceID",
    "meta/instanceName",
    "meta/rootUuid",
)
LONGEST_POSITION = 64
_PLACES = tuple(str(number) for number in range(1, 1000))


@dataclass(slots=True)
class Taken:
    """The answers of records, or of rows of a repeat: `columns` in the order of the level's variables, "" for none.

    `odd` are the places of what is not as the form says, whose answers have to be read with care: it has an unknown
    key, or an answer that is no text, which is "" here. `doubtful` are those, and the records with odd rows inside.
    """

    columns: list[Texts]
    odd: set[int]
    inside: tuple[Rows, ...] = ()
    doubtful: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self.doubtful = self.odd.union(*(each.doubtful_owners() for each in self.inside))


@dataclass(slots=True)
class Rows:
    """The rows of one repeat, of all records: each with the place of its owner, and with its own position in words.

    `sizes` are how many each record has. `misfits` are (owner, position) of what stands where a row should or, with
    the owner's own position, where all of them should.
    """

    rows: list[Json]
    owners: list[int]
    positions: list[str]
    sizes: list[int]
    misfits: list[tuple[int, str]]
    taken: Taken

    def doubtful_owners(self) -> set[int]:
        """The places of the owners of whatever is odd."""
        return {owner for owner, _ in self.misfits} | {self.owners[place] for place in self.taken.doubtful}


class LevelKeys:
    """The keys of one level, records or rows of a repeat, in the order of its variables."""

    def __init__(self, level: Level, more_keys: Iterable[str] = ()) -> None:
        self.path = level.path
        self.parts = level.parts
        self.variables = tuple(each for part in level.parts for each in part.variables)
        self.repeats = tuple(LevelKeys(each) for each in level.repeats)
        self.keys = tuple(each.path for each in self.variables)
        self._blank: dict[str, Any] = dict.fromkeys(self.keys, "")
        for key in (*(each.path for each in self.repeats), *more_keys):
            self._blank.setdefault(key)

    def knows(self, key: str) -> bool:
        """Whether a key is one of the form's, or of the server's."""
        return key in self._blank

    def learn(self, key: str) -> None:
        """Know a key of its own that a newer server turns out to send."""
        self._blank[key] = None

    def take(self, records: Sequence[Json], positions: Sequence[str] | None = None) -> Taken:
        """Return the answers of records, or of rows that stand at these `positions` in their repeats.

        Laid over a blank one, all have their values in one order, and what has an unknown key has more of them.
        """
        blank, width, answers = self._blank, len(self._blank), len(self.keys)
        whole = [tuple({**blank, **record}.values()) for record in records]
        odd = {place for place, size in enumerate(map(len, whole)) if size != width}
        values = list(zip(*whole, strict=False)) or [()] * width
        columns = [self._texts(column, odd) for column in values[:answers]]
        around = positions or [""] * len(records)
        found = zip(self.repeats, values[answers:], strict=False)
        return Taken(columns, odd, tuple([inner.take_rows(rows, around) for inner, rows in found]))

    def take_rows(self, values: Sequence[Any], around: Sequence[str]) -> Rows:
        """Return the rows of this repeat; `values` is what the records have of it, `around` where these stand."""
        sizes = [len(value) if type(value) is list else 0 for value in values]
        rows = list(chain.from_iterable(compress(values, sizes)))
        owners = list(chain.from_iterable(map(repeat, range(len(sizes)), sizes)))
        positions = list(chain.from_iterable(map(_positions, around, sizes)))
        is_misfit = [value is not None and type(value) is not list for value in values]
        misfits = [(owner, around[owner]) for owner in compress(range(len(values)), is_misfit)]
        fits = [type(row) is dict and len(at) <= LONGEST_POSITION for row, at in zip(rows, positions, strict=True)]
        if not all(fits):
            misfits += [each for each, fit in zip(zip(owners, positions, strict=True), fits, strict=True) if not fit]
            rows, owners, positions = (list(compress(each, fits)) for each in (rows, owners, positions))
            counts = Counter(owners)
            sizes = [counts[owner] for owner in range(len(sizes))]
        return Rows(rows, owners, positions, sizes, misfits, self.take(rows, positions))

    @staticmethod
    def _texts(column: Texts, odd: set[int]) -> Texts:
        """A column with "" for what both databases could not take as a text, its place added to `odd`."""
        if _are_texts(column):
            return column
        odd |= {place for place, value in enumerate(column) if not _are_texts((value,))}
        return tuple([value if _are_texts((value,)) else "" for value in column])


def _are_texts(values: Texts) -> bool:
    try:
        return is_storable("".join(values))
    except TypeError:
        return False


def _positions(around: str, size: int) -> Sequence[str]:
    if not around and size <= len(_PLACES):
        return _PLACES[:size]
    return [f"{around}.{number}" if around else str(number) for number in range(1, size + 1)]


class Memory:
    """What was taken out of the last records: they are parted first, and their rows are made right after."""

    def __init__(self, keys: LevelKeys) -> None:
        self._keys = keys
        self._records: Sequence[Json] = ()
        self._taken: Taken | None = None

    def take(self, records: Sequence[Json]) -> Taken:
        """Return the answers of records, remembered or taken now."""
        if self._taken is None or len(records) != len(self._records) or not all(map(is_, records, self._records)):
            self._taken, self._records = self._keys.take(records), records
        return self._taken

    def forget(self) -> None:
        """Let go of all records."""
        self._records, self._taken = (), None
