"""Knows where the server and this database differ by number alone: counts over ever smaller spans of `_id`."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log2

from connector.kobo import KoboClient
from connector.kobo_data import LARGEST_PAGE
from connector.reconcile import VALIDATED, Compared, Comparison
from connector.submission import Json
from connector.sync_here import ALL, Here, Span


@dataclass(frozen=True, slots=True)
class Proof:
    """What counting showed, for the numbers of a span.

    `listed` by the server's list, `here` in the database, `expected` what the list should count if the `vanished`
    are gone. `is_agreed`: the count that the server keeps in another place was that of its list, before and after it;
    `is_steady`: nothing came or went while it was asked for; `beyond` were listed after all that was read.
    """

    span: Span
    listed: int
    here: int
    expected: int
    vanished: frozenset[str]
    is_agreed: bool = False
    is_steady: bool = True
    beyond: int = 0

    @property
    def is_settled(self) -> bool:
        """Whether everything that the list shows is here."""
        return self.listed == self.expected

    @property
    def is_complete(self) -> bool:
        """Whether everything that the server has is here, and nothing else: then deletions may be believed."""
        return self.is_settled and self.is_agreed

    @property
    def is_final(self) -> bool:
        """Whether looking closer is of no use: it is settled, or the list shows too little and contradicts itself."""
        return self.is_settled or (self.listed < self.expected and not self.is_agreed)


def contradiction(form_id: str, proof: Proof, counted: int) -> str:
    """What a person should know about counts that do not agree; `counted` is the server's other count."""
    if not proof.is_steady:
        return f"{form_id}: records came or went while they were counted. See after the next run."
    unsaid = proof.here - proof.listed
    missing = f" {unsaid} records are not in its list; none was marked as deleted." if unsaid > 0 else ""
    against = f"and {proof.here} are here" if proof.is_agreed else f"but counts {counted}"
    reason = (
        "" if proof.is_agreed else " The account may not see all records of the project, or the server is not settled."
    )
    return f"{form_id}: the server lists {proof.listed} records {against}.{missing}{reason} See after the next run."


@dataclass(slots=True)
class Search:
    """Finds the spans in which the server counts another number of records than are here, and compares those.

    With `is_validated` it is the records with a validation status that are counted. A half whose counts agree is
    not looked at: one record that came and one that went in it hide each other, until the next full comparison.
    """

    client: KoboClient
    here: Here
    comparison: Comparison
    is_validated: bool = False
    page: int = LARGEST_PAGE
    asked: int = field(default=0, init=False)

    def find(self, listed: int, stored: int, span: Span = ALL) -> Compared:
        """Compare what differs in a span; `listed` is the server's count of it, `stored` ours.

        What differs is read again and stored. Raises the client's errors and StorageError.
        """
        if listed == stored:
            return Compared(listed)
        pages = max(listed, stored) / self.page
        if is_halving_cheaper(abs(listed - stored), pages):
            found = self._halve(listed, stored, span, budget=int(pages))
            if found is not None:
                return found
        return self.comparison.compare(span, self._only)

    def _halve(self, listed: int, stored: int, span: Span, budget: int) -> Compared | None:
        """The comparison of those parts of a span whose counts differ; None if it takes more requests than `budget`."""
        if listed == stored:
            return Compared(listed)
        self.asked += 1
        if self.asked > budget:
            return None
        middle = self.here.middle(span, stored // 2 - 1) if min(listed, stored) > self.page else None
        if middle is None:
            return self.comparison.compare(span, self._only)
        left, right = Span(span.after, middle), Span(middle, span.up_to)
        seen, known = self._listed(left), self._stored(left)
        found = self._halve(seen, known, left, budget)
        rest = self._halve(listed - seen, stored - known, right, budget) if found is not None else None
        if found is None or rest is None:
            return None
        found += rest
        return found

    def _listed(self, span: Span) -> int:
        return self.client.count(self.here.asset_uid, self._only, span.after, span.up_to)

    def _stored(self, span: Span) -> int:
        return self.here.size_validated(span) if self.is_validated else self.here.size(span)

    @property
    def _only(self) -> Json | None:
        return VALIDATED if self.is_validated else None


def is_halving_cheaper(difference: int, pages: float) -> bool:
    """Whether halving takes fewer requests than listing so many pages, with `difference` records scattered in them."""
    return difference * (log2(max(pages / difference, 1)) + 2) < pages
