"""The vocabulary of instruments: choices, items, bands, cut-offs, rules and licences as frozen values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms import scoring
from forms.expression import Expression, Ref

REFUSED = "refused"
STOPPED = "stopped"
"""The interview stops at this item: what comes after it is not asked."""
UNSCORED = (REFUSED, STOPPED)

INTERNATIONAL, RWANDA = "international", "rwanda"
AT_LEAST, AT_MOST = "at_least", "at_most"
PRORATE, ZERO, COMPLETE = "prorate", "zero", "complete"
SEX = "sex"
"""The question that decides about an item or a cut-off of one sex only."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that can be ticked: `code` is stored, `label` is its English text, `image` a pictogram's file."""

    code: str
    label: str
    filters: tuple[tuple[str, str], ...] = ()
    image: str = ""


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
    """One question of an instrument, worded exactly as in the source; `asked_of` is a sex, or blank for everybody."""

    name: str
    wording: str
    asked_of: str = ""

    def condition(self) -> Expression | None:
        """Return when the item is asked at all, or None when it always is."""
        return Ref(SEX).equals(self.asked_of) if self.asked_of else None


@dataclass(frozen=True, slots=True)
class Band:
    """A range of scores, both ends included, with its usual name; a description of symptoms, never a diagnosis."""

    code: str
    label: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class CutOff:
    """Scores from `points` on (or up to them: `direction`) are a positive screen in `population`, says `source`.

    `set_name` is international or rwanda; `sex` is blank for everybody.
    """

    name: str
    points: int
    population: str
    source: str
    set_name: str = INTERNATIONAL
    direction: str = AT_LEAST
    sex: str = ""

    @property
    def words(self) -> str:
        """The scores that screen positive, as a table shows them: `10+`, or `≤ 50`."""
        return f"{self.points}+" if self.direction == AT_LEAST else f"≤ {self.points}"

    def includes(self, score: float) -> bool:
        """Return whether a score screens positive."""
        return score >= self.points if self.direction == AT_LEAST else score <= self.points


@dataclass(frozen=True, slots=True)
class ReliableChange:
    """A difference of `points` or more between two waves counts as a real change, according to `source`."""

    points: int
    source: str


@dataclass(frozen=True, slots=True)
class MissingRule:
    """With fewer than `minimum_answered` answers there is no score. What the others count, `treatment` says.

    prorate: the mean of the answered items; zero: nothing; complete: no score unless every item asked is answered.
    """

    minimum_answered: int
    source: str
    treatment: str = PRORATE


@dataclass(frozen=True, slots=True)
class Cluster:
    """At least `minimum` of these items must be answered with `symptom_from` or more."""

    code: str
    items: tuple[str, ...]
    minimum: int
    symptom_from: int

    @property
    def words(self) -> str:
        """The rule in words: `2 or more of pcl5_8 to pcl5_14`."""
        return f"{self.minimum} or more of {self.items[0]} to {self.items[-1]}"


@dataclass(frozen=True, slots=True)
class Licence:
    """On what terms an instrument may be reproduced, and where that is said."""

    terms: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """A questionnaire with at most one score: everything that the phone, the connector and the codebook need.

    `is_published=False`: a slot, whose wording may not be in an open repository. `is_scored=False`: how it is scored
    is not known here. `has_own_instruction`: the instruction is the form's sentence, not the instrument's.
    """

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
    factor: int = 1
    higher_is_worse: bool = True
    clusters: tuple[Cluster, ...] = ()
    cluster_source: str = ""
    needs_privacy: bool = False
    is_published: bool = True
    is_scored: bool = True
    has_own_instruction: bool = False
    scoring_note: str = ""

    @property
    def scored_codes(self) -> tuple[int, ...]:
        """The codes that count; none while the codes of a slot are not known."""
        return tuple(int(code) for code in self.answers.codes if code not in UNSCORED)

    @property
    def code_range(self) -> tuple[int, int]:
        """Lowest and highest scored code of an answer; (0, 0) while the codes are not known."""
        codes = self.scored_codes
        return min(codes, default=0), max(codes, default=0)

    @property
    def lowest_score(self) -> int:
        """The lowest possible score."""
        return len(self.items) * self.code_range[0] * self.factor

    @property
    def highest_score(self) -> int:
        """The highest possible score, of those who are asked every item."""
        return len(self.items) * self.code_range[1] * self.factor

    @property
    def has_texts(self) -> bool:
        """Whether every item, answer and the instruction has its wording, so that a form can ask it."""
        return bool(self.scored_codes) and all(english for _, english in self.texts())

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

    @property
    def cluster_name(self) -> str:
        """Name of the calculated cluster rule."""
        return f"{self.name}_cluster_rule"

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield (catalogue key, English) of every text that belongs to the instrument itself."""
        if not self.has_own_instruction:
            yield f"{self.name}_instruction.label", self.instruction
        yield from ((f"{item.name}.label", item.wording) for item in self.items)
        for choice in self.answers.choices:
            if choice.code not in UNSCORED:
                yield f"{self.answers.name}.{choice.code}", choice.label

    def cut_offs_of(self, set_name: str) -> tuple[CutOff, ...]:
        """Return the cut-offs of one set, or of the other where this one has none."""
        return tuple(each for each in self.cut_offs if each.set_name == set_name) or self.cut_offs

    def safety_condition(self) -> Expression:
        """Return when the answer to the safety item leads to the triage: any code above 0, never a refusal."""
        return Ref(self.safety_item) >= 1

    def calculations(self) -> tuple[tuple[str, Expression], ...]:
        """Return (name, expression) of everything that is calculated, in the order of dependence."""
        return tuple(scoring.calculations(self))
