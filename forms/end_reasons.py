"""Why a healing group ends before or after its weeks: a closed list, so that reasons can be counted."""

from __future__ import annotations

from forms.instrument import Choice, ChoiceList

COMPLETED, NEVER_STARTED = "completed", "never_started"
END_REASONS = ChoiceList(
    "end_reason",
    (
        Choice(COMPLETED, "Finished its weeks"),
        Choice("broke_up", "Broke up"),
        Choice("merged", "Merged with another healing group"),
        Choice(NEVER_STARTED, "Never began"),
    ),
)
