"""Knows how the records of one form come over: the new, then the changed, and last a proof that none is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connector.changes_markers import modified_text, seconds
from connector.completeness import Proof, Search, contradiction
from connector.quarantine import resolve, resolve_unseen
from connector.reconcile import VALIDATED, guard_deletions
from connector.store import mark_deleted
from connector.sync_changes import Findings, FormChanges
from connector.sync_here import NONE, Span
from connector.sync_state import Cursor


@dataclass(slots=True)
class FormSync(FormChanges):
    """One form of one run; see `FormChanges` for what it is made of."""

    def run(self) -> None:
        """Bring the database to what the server has. Every transaction is whole, so ending it anywhere does no harm.

        Raises the client's errors, StorageError and MassDeletionError; what was committed before is right and stays.
        """
        self.started = self.clock()
        with self.engine.connect() as connection:
            self.before = self.cursor = Cursor.read(connection, self.uid, self.project.form_id)
        size = self.here.size()
        doubles = max((self.before.server_count or 0) - size, 0)
        self.found = Findings(has_all=not self.before.last_id, doubles_before=doubles)
        if self.found.has_all or self.asset.submission_count > size:  # a hint: new records are listed in any case
            self.read_new()
        if not self.found.has_all:
            self.find_changes()
        self.read_again()
        proof = self.prove()
        self.check_statuses(proof)
        self.read_unread()
        self.conclude(proof)

    def prove(self) -> Proof:
        """Compare the server's counts with what is here, and look closer until they agree or cannot be made to.

        First come the numbers that this run did not list, by themselves: what comes meanwhile among the others cannot
        hide that one of them is gone. If nothing is new or gone, that is all. Counts that tell too little are believed
        only when every record was compared.
        """
        if not self.found.has_all and not self.here.unplaced():
            proof = self.look_closer(self.found.unlisted)
            if self.found.has_all or (proof.is_complete and not self._is_doubtful(proof)):
                return proof
        proof = self.look_closer(self._read_so_far())
        if proof.beyond or not proof.is_steady:
            self.read_new()
            proof = self.look_closer(self._read_so_far())
        if proof.is_complete and self._is_doubtful(proof) and not self.found.has_all:
            self.sweep()
            proof = self.look_closer(self._read_so_far())
        return proof

    def _is_doubtful(self, proof: Proof) -> bool:
        """Whether equal counts tell too little: they contradicted each other at the last run, or a record had two rows
        on the server and has one now, and it may be the other that is here.
        """
        if self.before.doubted_at or not self.found.doubles_before:
            return self.before.doubted_at is not None
        listed = proof.listed + (0 if self._is_whole(proof.span) else self.found.listed)
        return listed + len(proof.vanished) - self.here.size() < self.found.doubles_before

    def look_closer(self, span: Span) -> Proof:
        """Count a span; search it, and at last compare every record, while the counts differ for no known reason."""
        proof = self.look(span)
        if not proof.is_final:
            self.found.gone = set()  # these too are asked for once more
            self.search(proof)
            proof = self.look(span)
        if not proof.is_final:
            self.sweep()
            proof = self.look(self._read_so_far())
        return proof

    def look(self, span: Span) -> Proof:
        """Count on both sides, without those that were not given when asked for once more."""
        vanished = frozenset(self.settle())
        here, gone = self.here.size(span), self.here.size_of(vanished, span)
        listed = 0 if span == NONE else self.client.count(self.uid, up_to=span.up_to)
        expected = here - gone - self.found.nameless + self.found.doubles
        proof = Proof(span, listed, here, expected, vanished)
        if listed > expected or (proof.is_settled and not self._is_whole(span)):
            return replace(proof, is_agreed=self._is_quiet(proof))
        return self.compare_counts(proof)

    def _is_whole(self, span: Span) -> bool:
        return span != self.found.unlisted

    def _is_quiet(self, proof: Proof) -> bool:
        """Whether the count that the server kept elsewhere as the run began is that of its list, and all is as it was.

        What comes between the two questions could hide what the list lacks, so it is good enough only then.
        """
        is_same = proof.is_settled and not (proof.vanished or self.intake.new)
        return is_same and proof.listed + self.found.listed == self.asset.submission_count

    def compare_counts(self, proof: Proof) -> Proof:
        """Say whether the count that the server keeps elsewhere is that of its list, which may lack records."""
        total = proof.listed if self._is_whole(proof.span) else self.client.count(self.uid)
        for _attempt in range(3):
            self.asset, before = self.client.asset(self.uid), total
            total = self.client.count(self.uid)
            if total == before:
                break
        is_steady = total == before and (total == proof.listed or self._is_still_listed(proof))
        is_agreed = is_steady and total == self.asset.submission_count
        beyond = max(total - proof.listed, 0) if self._is_whole(proof.span) else 0
        return replace(proof, is_agreed=is_agreed, is_steady=is_steady, beyond=beyond)

    def _is_still_listed(self, proof: Proof) -> bool:
        return self.client.count(self.uid, up_to=proof.span.up_to) == proof.listed

    def settle(self) -> set[str]:
        """Ask once more, by identity, for what is here and was not given; return who was not given again.

        Whose deletion the history tells, and who was not given by name, is not asked for twice while the counts agree.
        """
        missing = self.here.present(self.found.missing)
        self.found.gone = (self.found.gone & missing) | self.intake.fetch_roots(missing - self.found.gone)
        self.found.missing = set(self.found.gone)
        return self.found.gone

    def check_statuses(self, proof: Proof) -> None:
        """Find statuses that were taken away, which leaves no mark: fewer records have one than here."""
        if not self.found.has_statuses or self.found.has_all or not proof.is_settled:
            return
        gone = self.here.rows_of(proof.vanished).values()
        stored = self.here.size_validated() - sum(row.validation_status is not None for row in gone)
        listed = self.client.count(self.uid, VALIDATED)
        if listed != stored:
            compared = Search(self.client, self.here, self.comparison, is_validated=True).find(listed, stored)
            self.intake.fetch_roots(compared.absent - proof.vanished)

    def conclude(self, proof: Proof) -> None:
        """Mark deletions and remember where we are, in one transaction. Raises MassDeletionError."""
        vanished = sorted(proof.vanished) if proof.is_complete else []
        if vanished:
            is_told = proof.vanished <= self.found.told
            guard_deletions(
                self.project.form_id,
                len(vanished),
                self.here.live(),
                self.accept_deletions,
                is_told,
                self.asset.is_partial,
            )
        if not proof.is_complete:
            self.tally.notes.append(contradiction(self.project.form_id, proof, self.asset.submission_count))
        cursor, now = self._cursor_after(proof), self.clock()
        with self.engine.begin() as connection:
            deleted = mark_deleted(connection, self.project, vanished, now)
            resolve(connection, self.uid, now, roots=vanished)
            if self.found.nameless and proof.is_complete:
                resolve_unseen(connection, self.uid, self.started, now)
            cursor.write(connection)
        self.tally.deleted += deleted

    def _cursor_after(self, proof: Proof) -> Cursor:
        """Where the next run goes on: what was not proved to be here is looked for again from the same moment."""
        cursor, found = self.cursor, self.found
        if proof.is_complete:
            cursor = cursor.moved(complete_as_of=self.started, server_count=self.asset.submission_count)
        if proof.is_settled and (proof.is_complete or not proof.vanished):
            cursor = cursor.moved(history_since=self.server_time.isoformat())
            if found.has_all or (found.has_statuses and found.has_edits):
                cursor = cursor.moved(validated_since=seconds(self.server_time))
            if found.has_all:
                cursor = cursor.moved(swept_at=self.started)
            if self.intake.is_dated or cursor.modified_since:
                cursor = cursor.moved(modified_since=modified_text(self.server_time))
        if proof.is_complete and found.has_all:
            cursor = cursor.moved(doubted_at=None)
        elif proof.is_steady and not proof.is_complete:
            cursor = cursor.moved(doubted_at=self.started)
        if cursor.feed == "markers" and cursor.modified_since:
            cursor = cursor.moved(feed="modified")
        return cursor

    def _read_so_far(self) -> Span:
        """What is here by number: records that come meanwhile do not blur a count of it. All, where nothing is here."""
        return Span(0, max(self.cursor.last_id, self.here.highest() or 0) or None)
