"""Knows how to play a simulated programme against a KoboToolbox server, exactly as phones and a coordinator would."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

from connector.garbage import collect_new, collections_by_hand
from connector.progress import OnProgress, no_progress
from connector.sandbox.field_days import Deed, field_days
from connector.sandbox.field_fill import Notebook, fill_record
from connector.sandbox.field_journal import Journal
from connector.sandbox.field_office import Office, as_edit
from connector.sandbox.field_phone import FieldPhone, HeldForm, Shelf
from connector.sandbox.story import HealingGroup, Membership, Programme, Record, Session
from connector.sandbox.story_rosters import rosters_shown

_ROOT = re.compile(r"(<\?xml[^>]*\?>\s*<[^\s>]+)")
_INSTANCE_ID = re.compile(r"<instanceID>([^<]+)</instanceID>")
_CLIENT_CODE = re.compile(r"<client_code>([^<]+)</client_code>")


@dataclass(frozen=True, slots=True)
class FieldReport:
    """What a run did: deeds by kind, and the attendance records whose phone listed other members than the story."""

    done: Mapping[str, int]
    roster_differences: tuple[str, ...]


class FieldWork:
    """Plays `programme` on the server; a second run goes on where the first stopped and doubles nothing.

    `asset_uids` names the project of each form, `password_of` gives the password of an account, `folder` keeps what
    is done. `publish_rosters(day)` must bring the lists of healing groups and members on the server up to date;
    `record_move(client code, healing group, day)` is told of each transfer, `record_closing(healing group)` of each
    that has ended. Raises the errors of `connector.errors`.
    """

    def __init__(
        self,
        programme: Programme,
        server_url: str,
        *,
        asset_uids: Mapping[str, str],
        password_of: Callable[[str], str],
        folder: Path,
        coordinator: str = "coordinator",
        publish_rosters: Callable[[dt.date], None] = lambda day: None,
        record_move: Callable[[str, str, dt.date], None] = lambda code, group, day: None,
        record_closing: Callable[[HealingGroup], None] = lambda group: None,
    ) -> None:
        self.programme = programme
        self._server_url = server_url
        self._asset_uids = asset_uids
        self._password_of = password_of
        self._folder = folder
        self._coordinator = coordinator
        self._publish_rosters = publish_rosters
        self._record_move = record_move
        self._record_closing = record_closing

    def run(self, on_progress: OnProgress = no_progress) -> FieldReport:
        """Do every deed of the story that is not done yet, in order of time."""
        deeds = [deed for day in field_days(self.programme) for deed in day.deeds]
        with _Run(self) as run, collections_by_hand():
            for position, deed in enumerate(deeds, 1):
                run.do(deed)
                collect_new()
                on_progress("filling and sending forms", position, len(deeds))
        return run.report()

    def client_codes(self) -> dict[str, str]:
        """Client id -> the client code that the phone made; empty before the first run."""
        journal = Journal(self._folder)
        journal.close()
        return _codes(journal)


class _Run:
    """One run: the phones, the office, and the one thread that sends while the next form is being filled."""

    def __init__(self, work: FieldWork) -> None:
        self.work = work
        self.programme = work.programme
        self.journal = Journal(work._folder)
        self.codes = _codes(self.journal)
        people = {each.client_id: each.person.person_id for each in self.programme.clients.values()}
        self.cards = _cards(self.journal, self.programme)
        self.notebook = Notebook(self.programme.seed, self.codes, people, self.cards)
        self.expected = rosters_shown(self.programme)
        self.differences: list[str] = []
        self.done: Counter[str] = Counter()
        self.shelf = Shelf()
        self.phones: dict[str, FieldPhone] = {}
        self.fresh: set[str] = set()
        self.office: Office | None = None
        self.sender = ThreadPoolExecutor(1, thread_name_prefix="sender")
        self.sending: list[Future[None]] = []

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, *error: object) -> None:
        self.sender.shutdown(cancel_futures=error[0] is not None)
        try:
            if error[0] is None:
                self.drain()
        finally:
            for phone in self.phones.values():
                phone.close()
            if self.office:
                self.office.close()
            self.journal.close()

    def do(self, deed: Deed) -> None:
        if deed.deed_id in self.journal:
            return
        getattr(self, f"_{deed.kind}")(deed, deed.about)
        self.done[deed.kind] += 1

    def report(self) -> FieldReport:
        return FieldReport(dict(self.done), tuple(self.differences))

    def drain(self) -> None:
        """Wait until everything that was handed over is on the server; raises what went wrong."""
        waiting, self.sending = self.sending, []
        for sent in waiting:
            sent.result()

    def _fill(self, deed: Deed, record: Record) -> None:
        held = self._held_form(record)
        filled = fill_record(self.notebook, held, record, record.subject)
        self.journal.keep(f"send {record.record_id}", filled.xml)
        if record.corrected:
            corrected = fill_record(self.notebook, held, record, record.corrected)
            self.journal.keep(f"edit {record.record_id}", corrected.xml)
        if filled.listed is not None and not self._is_expected(record, filled.listed):
            self.differences.append(record.record_id)
        facts = {"instance_id": _first(_INSTANCE_ID, filled.xml)}
        if record.form == "intake":
            facts["client_code"] = self.codes[_client_of(deed.deed_id)] = _first(_CLIENT_CODE, filled.xml)
        if filled.newcomers:
            facts["newcomer_codes"] = " ".join(filled.newcomers)
            self.cards.update(_handed_out(record, filled.newcomers))
        self.journal.note(deed.deed_id, **facts)

    def _send(self, deed: Deed, record: Record) -> None:
        phone = self._phone(record.username)
        self.sending.append(self.sender.submit(self._hand_over, phone, deed.deed_id, deed.deed_id, record.sent_at))

    def _edit(self, deed: Deed, record: Record) -> None:
        self.drain()
        name, instance_id = deed.deed_id, self._instance_id(record)
        rng = Random(f"{self.programme.seed}/{name}")
        self.journal.keep(f"{name} whole", as_edit(self.journal.kept(name), instance_id, rng))
        self._hand_over(self._phone(self.work._coordinator), name, f"{name} whole", record.sent_at)
        self.journal.discard(name)

    def _review(self, deed: Deed, record: Record) -> None:
        self.drain()
        self._at_office().review(self.work._asset_uids[record.form], self._instance_id(record), record.review)
        self.journal.note(deed.deed_id)

    def _delete(self, deed: Deed, record: Record) -> None:
        self.drain()
        self._at_office().delete(self.work._asset_uids[record.form], self._instance_id(record))
        self.journal.note(deed.deed_id)

    def _roster(self, deed: Deed, day: dt.date) -> None:
        self.drain()
        self.work._publish_rosters(day)
        self.fresh.clear()
        self.journal.note(deed.deed_id)

    def _move(self, deed: Deed, move: Membership) -> None:
        self.drain()
        self.work._record_move(self.codes[move.client_id], move.group, move.joined_on)
        self.journal.note(deed.deed_id)

    def _close(self, deed: Deed, group: HealingGroup) -> None:
        self.drain()
        self.work._record_closing(group)
        self.journal.note(deed.deed_id)

    def _hand_over(self, phone: FieldPhone, deed_id: str, name: str, sent_at: dt.datetime) -> None:
        phone.send(_back_dated(self.journal.kept(name), sent_at))
        self.journal.note(deed_id)
        self.journal.discard(name)

    def _held_form(self, record: Record) -> HeldForm:
        """The form on the CHA's phone, which looks for new lists once after each roster day."""
        phone = self._phone(record.username)
        if phone.username not in self.fresh:
            self.drain()
            phone.refresh()
            self.fresh.add(phone.username)
        return phone.form(self.work._asset_uids[record.form])

    def _phone(self, username: str) -> FieldPhone:
        if username not in self.phones:
            password = self.work._password_of(username)
            self.phones[username] = FieldPhone(self.work._server_url, username, password, self.shelf)
        return self.phones[username]

    def _at_office(self) -> Office:
        if self.office is None:
            username = self.work._coordinator
            self.office = Office(self.work._server_url, username, self.work._password_of(username))
        return self.office

    def _instance_id(self, record: Record) -> str:
        return self.journal.facts(f"fill {record.record_id}")["instance_id"]

    def _is_expected(self, record: Record, listed: tuple[str, ...]) -> bool:
        return set(listed) == {self.codes[client] for client in self.expected[record.record_id]}


def _codes(journal: Journal) -> dict[str, str]:
    return {_client_of(deed_id): code for deed_id, code in journal.all_facts("client_code").items()}


def _cards(journal: Journal, programme: Programme) -> dict[str, str]:
    """Client id -> the code on the card that a newcomer got at a session."""
    records = {f"fill {record.record_id}": record for record in programme.records}
    made = journal.all_facts("newcomer_codes").items()
    return {who: card for deed_id, codes in made for who, card in _handed_out(records[deed_id], codes.split()).items()}


def _handed_out(record: Record, codes: Sequence[str]) -> dict[str, str]:
    """Who got which card; the codes of a report that was filled in a second time by mistake are on no card."""
    told = record.final
    return dict(zip(told.newcomers, codes, strict=False)) if isinstance(told, Session) and not record.copy_of else {}


def _client_of(deed_id: str) -> str:
    return deed_id.removeprefix("fill intake/")


def _first(pattern: re.Pattern[str], xml: str) -> str:
    found = pattern.search(xml)
    return found.group(1) if found else ""


def _back_dated(xml: str, sent_at: dt.datetime) -> str:
    """The submission with the time at which it arrived in the story, as ODK Briefcase writes it."""
    moment = sent_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return _ROOT.sub(rf'\1 submissionDate="{moment}"', xml, count=1)
