"""What one change between two versions of a form is: its kind, in plain words, and whether it changes meaning."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = {
    "wording": True,
    "translation": True,
    "kind": True,
    "choice_added": True,
    "choice_removed": True,
    "choice_relabelled": True,
    "choice_recoded": True,
    "scoring": True,
    "skip": True,
    "constraint": True,
    "filter": True,
    "question_added": True,
    "question_removed": True,
    "question_moved": False,
    "choice_moved": False,
    "place_list": False,
    "picture": False,
    "look": False,
    "setting": False,
}
"""Every kind of change, and whether an answer given before it may mean something else than one given after it."""
LONGEST = 160


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where (a question, a list's question, an instrument), what, and how it was and is.

    `refusal` says why it may not be deployed, "" when it may.
    """

    kind: str
    question: str
    what: str
    old: str
    new: str
    refusal: str = ""

    @property
    def changes_meaning(self) -> bool:
        """Whether answers before and after may not be read as one."""
        return KINDS[self.kind]

    @property
    def is_refused(self) -> bool:
        """Whether a name would be used again for something else."""
        return bool(self.refusal)

    def __str__(self) -> str:
        what = f", {self.what}" if self.what else ""
        refusal = f" REFUSED: {self.refusal}" if self.refusal else ""
        return f"{self.question} · {self.kind.replace('_', ' ')}{what}: {self.values}{refusal}"

    @property
    def values(self) -> str:
        """How it was and how it is, on one line; only how it is (or was) for what is new (or gone)."""
        old, new = focused(self.old, self.new)
        if self.kind.endswith(("_added", "_removed")):
            return new or old
        return f"{old or 'none'} → {new or 'none'}"


def focused(old: str, new: str) -> tuple[str, str]:
    """Return two texts on one line each, shortened to what differs when they are long."""
    old, new = " ".join(old.split()), " ".join(new.split())
    if max(len(old), len(new)) <= LONGEST:
        return old, new
    shortest = min(len(old), len(new))
    start = next((at for at in range(shortest) if old[at] != new[at]), shortest)
    start = max(start - 20, 0)
    return _cut(old, start), _cut(new, start)


def _cut(text: str, start: int) -> str:
    shown = text[start : start + LONGEST]
    return f"{'…' if start else ''}{shown}{'…' if start + LONGEST < len(text) else ''}"
