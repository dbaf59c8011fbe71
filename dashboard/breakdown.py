"""Knows how a breakdown by sex or sector is written once small counts are hidden."""

from __future__ import annotations

import pandas as pd

from dashboard.disclosure import SMALLEST_SHOWN, hidden_cells, is_small
from dashboard.queries_outcomes import VERDICTS
from dashboard.wording import share

HIDDEN = f"<{SMALLEST_SHOWN} or hidden"
NOT_SHOWN = "hidden"


def cascade_rows(steps: pd.DataFrame, column: str, step: str) -> pd.DataFrame:
    """Return one row for each value of `column` at one step: People, Of the step before, Of screened, as text.

    `steps` as `queries_cascade.cascade` gives them with `by=column`. What to hide is decided over all steps at once,
    because a reader can look at each of them; a share is hidden with any small or hidden count that it is made of.
    """
    values = list(dict.fromkeys(_key(value) for value in steps[column]))
    codes = list(dict.fromkeys(steps["step"]))
    table = steps.assign(key=[_key(value) for value in steps[column]]).set_index(["key", "step"])
    counts = [[int(table.loc[(value, code), "n"]) for code in codes] for value in values]
    hidden = hidden_cells(counts)
    place, before = codes.index(step), max(codes.index(step) - 1, 0)
    rows = []
    for number, value in enumerate(values):
        row = table.loc[(value, step)]
        is_hidden = (number, place) in hidden
        before_counts, screened_of = (int(row["before_n"]), int(row["before_of"])), int(row["screened_of"])
        no_share = is_hidden or (number, before) in hidden or any(is_small(count) for count in before_counts)
        no_screened = is_hidden or (number, 0) in hidden or is_small(screened_of)
        rows.append(
            {
                column: value,
                "People": HIDDEN if is_hidden else f"{row['n']}",
                "Of the step before": NOT_SHOWN if no_share else share(*before_counts),
                "Of screened": NOT_SHOWN if no_screened else share(int(row["n"]), screened_of),
            }
        )
    return pd.DataFrame(rows)


def verdict_rows(verdicts: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return one row for each value of `column`: Improved, No change, Worse as text, small counts hidden.

    `verdicts` as `queries_outcomes.verdicts` gives them with `by=column`; N is the number of people with both scores.
    """
    counts = verdicts[list(VERDICTS)].astype(int).to_numpy().tolist()
    hidden = hidden_cells(counts, row_totals=True)
    rows = []
    for number, (value, row) in enumerate(zip(verdicts[column], counts, strict=True)):
        paired, total_hidden = sum(row), (number, len(VERDICTS)) in hidden
        words = [
            NOT_SHOWN if (number, place) in hidden else f"{count}" if total_hidden else share(count, paired)
            for place, count in enumerate(row)
        ]
        rows.append({column: _key(value), "Improved": words[0], "No change": words[1], "Worse": words[2]})
    return pd.DataFrame(rows, columns=[column, "Improved", "No change", "Worse"])


def _key(value: object) -> object:
    return None if value is None or value != value else value
