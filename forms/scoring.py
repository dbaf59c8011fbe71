"""Knows how an instrument is scored: number answered, sum, score, band and cluster rule as expressions.

An answer counts only with a code of the scale: a refusal, a stop, a blank or a strange code never does, and neither
does an item that is not asked of the person's sex.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from forms.expression import Expression, If, Literal, Ref, Round, all_of, any_of, first_case, total

if TYPE_CHECKING:
    from forms.instrument import Cluster, Instrument, Item


def calculations(instrument: Instrument) -> Iterator[tuple[str, Expression]]:
    """Yield (name, expression) in the order of dependence; nothing while the codes of a slot are not known."""
    if not instrument.scored_codes:
        return
    yield instrument.answered_name, answered(instrument)
    if not instrument.is_scored:
        return
    yield instrument.sum_name, plain_sum(instrument)
    yield instrument.score_name, score(instrument)
    if instrument.bands:
        yield instrument.band_name, band(instrument)
    if instrument.clusters:
        yield instrument.cluster_name, cluster_rule(instrument)


def answered(instrument: Instrument) -> Expression:
    """Return the number of items with a scored answer (refusals and blanks do not count)."""
    return total(If(each, Literal(1), Literal(0)) for each in _counting(instrument))


def plain_sum(instrument: Instrument) -> Expression:
    """Return the sum of the scored answers."""
    counting = zip(instrument.items, _counting(instrument), strict=True)
    return total(If(each, Ref(item.name), Literal(0)) for item, each in counting)


def asked(instrument: Instrument) -> Expression:
    """Return the number of items that are asked of a person, by sex where an item is for one sex only."""
    always = sum(not item.asked_of for item in instrument.items)
    conditions = (item.condition() for item in instrument.items)
    return total((Literal(always), *(If(each, Literal(1), Literal(0)) for each in conditions if each)))


def score(instrument: Instrument) -> Expression:
    """Return the score from the number answered and the sum: blank when too few items are answered.

    Prorated scores are rounded, halves upward. The rule and its source are `instrument.missing_rule`.
    """
    rule, counted = instrument.missing_rule, Ref(instrument.answered_name)
    needed = asked(instrument) if rule.treatment == "complete" else Literal(rule.minimum_answered)
    points: Expression = Ref(instrument.sum_name)
    if instrument.factor != 1:
        points = points * instrument.factor
    if rule.treatment == "prorate":
        points = Round(points * asked(instrument) / counted)
    return If(counted >= needed, points, Literal(""))


def band(instrument: Instrument) -> Expression:
    """Return the code of the band that the score falls in; blank without a score."""
    points = Ref(instrument.score_name)
    cases = [(all_of(points >= each.low, points <= each.high), each.code) for each in instrument.bands]
    return first_case(cases, "")


def cluster_rule(instrument: Instrument) -> Expression:
    """Return met, not_met, or blank when the missing answers could still decide.

    met: the answered items alone reach every cluster's minimum. not_met: a cluster would miss its minimum even if
    every missing item were a symptom.
    """
    clusters = instrument.clusters
    met = all_of(*(_symptoms(each, instrument) >= each.minimum for each in clusters))
    out_of_reach = any_of(*(_possible_symptoms(each, instrument) < each.minimum for each in clusters))
    return first_case([(met, "met"), (out_of_reach, "not_met")], "")


def _symptoms(cluster: Cluster, instrument: Instrument) -> Expression:
    high = instrument.code_range[1]
    present = (all_of(Ref(name) >= cluster.symptom_from, Ref(name) <= high) for name in cluster.items)
    return total(If(each, Literal(1), Literal(0)) for each in present)


def _possible_symptoms(cluster: Cluster, instrument: Instrument) -> Expression:
    low = instrument.code_range[0]
    denied = (all_of(Ref(name) >= low, Ref(name) < cluster.symptom_from) for name in cluster.items)
    return total(If(each, Literal(0), Literal(1)) for each in denied)


def _counting(instrument: Instrument) -> list[Expression]:
    """When the answer to each item counts."""
    low, high = instrument.code_range
    return [_counts(item, low, high) for item in instrument.items]


def _counts(item: Item, low: int, high: int) -> Expression:
    in_range = all_of(Ref(item.name) >= low, Ref(item.name) <= high)
    condition = item.condition()
    return in_range if condition is None else condition & in_range
