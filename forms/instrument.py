"""The vocabulary of instruments: choices, items, scores, bands, cut-offs and licences as frozen values."""

from __future__ import annotations

from dataclasses import dataclass

from forms.expression import Expression, If, Literal, Ref, Round, all_of, first_case, total

REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that can be ticked: `code` is stored, `label` is its English text."""

    code: str
    label: str
    filters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ChoiceList:
    """A named list of choices; `translated=False` for proper names, which are the same in every language."""

    name: str
    choices: tuple[Choice, ...]
    translated: bool = True

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes in their order on the screen."""
        return tuple(choice.code for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Item:
    """One question of an instrument, worded exactly as in the source."""

    name: str
    wording: str


@dataclass(frozen=True, slots=True)
class Band:
    """A range of scores, both ends included, with its usual name; a description of symptoms, never a diagnosis."""

    code: str
    label: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class CutOff:
    """Scores of `at_least` and more count as a positive screen in `population`, according to `source`."""

    name: str
    at_least: int
    population: str
    source: str


@dataclass(frozen=True, slots=True)
class ReliableChange:
    """A difference of `points` or more between two waves counts as a real change, according to `source`."""

    points: int
    source: str


@dataclass(frozen=True, slots=True)
class MissingRule:
    """With fewer than `minimum_answered` answers there is no score; with some missing, the sum is prorated."""

    minimum_answered: int
    source: str


@dataclass(frozen=True, slots=True)
class Licence:
    """On what terms an instrument may be reproduced, and where that is said."""

    terms: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """A questionnaire with one sum score: everything that the phone, the connector and the codebook need."""

    name: str
    title: str
    measures: str
    recall: str
    instruction: str
    items: tuple[Item, ...]
    answers: ChoiceList
    bands: tuple[Band, ...]
    band_source: str
    cut_offs: tuple[CutOff, ...]
    reliable_change: tuple[ReliableChange, ...]
    missing_rule: MissingRule
    licence: Licence
    source: str
    safety_item: str = ""
    untranslated_source: str = ""

    @property
    def code_range(self) -> tuple[int, int]:
        """Lowest and highest scored code of an answer."""
        scored = [int(code) for code in self.answers.codes if code != REFUSED]
        return min(scored), max(scored)

    @property
    def highest_score(self) -> int:
        """The highest possible score."""
        return len(self.items) * self.code_range[1]

    @property
    def answered_name(self) -> str:
        """Name of the calculated number of scored answers."""
        return f"{self.name}_answered"

    @property
    def score_name(self) -> str:
        """Name of the calculated score."""
        return f"{self.name}_score"

    @property
    def band_name(self) -> str:
        """Name of the calculated band."""
        return f"{self.name}_band"

    @property
    def sum_name(self) -> str:
        """Name of the calculated plain sum of the scored answers."""
        return f"{self.name}_sum"

    def answered(self) -> Expression:
        """Return the number of items with a scored answer (refusals and blanks do not count)."""
        return total(If(self._scored(item), Literal(1), Literal(0)) for item in self.items)

    def plain_sum(self) -> Expression:
        """Return the sum of the scored answers."""
        return total(If(self._scored(item), Ref(item.name), Literal(0)) for item in self.items)

    def score(self) -> Expression:
        """Return the score from `answered` and `plain_sum`: prorated and rounded, blank below the minimum answered."""
        answered = Ref(self.answered_name)
        prorated = Round(Ref(self.sum_name) * len(self.items) / answered)
        return If(answered >= self.missing_rule.minimum_answered, prorated, Literal(""))

    def band(self) -> Expression:
        """Return the code of the band that the score falls in; blank without a score."""
        score = Ref(self.score_name)
        cases = [(all_of(score >= band.low, score <= band.high), band.code) for band in self.bands]
        return first_case(cases, "")

    def calculations(self) -> tuple[tuple[str, Expression], ...]:
        """Return (name, expression) of everything that is calculated, in the order of dependence."""
        return (
            (self.answered_name, self.answered()),
            (self.sum_name, self.plain_sum()),
            (self.score_name, self.score()),
            (self.band_name, self.band()),
        )

    def _scored(self, item: Item) -> Expression:
        low, high = self.code_range
        return all_of(Ref(item.name) >= low, Ref(item.name) <= high)
