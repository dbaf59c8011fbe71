"""Knows how a scale of answers is written: codes in steps of one, a pictogram a step, and the ways out at the end."""

from __future__ import annotations

from collections.abc import Sequence

from forms.instrument import Choice, ChoiceList
from forms.instruments.refusal import REFUSED_CHOICE, STOPPED_CHOICE


def answer_scale(name: str, family: str, labels: Sequence[str], first: int = 0) -> ChoiceList:
    """Return the answers `labels` with codes from `first` on; a blank `family` is a scale without pictograms.

    A pictogram is `<family>_<number of steps>_<position from 0>.png`.
    """
    steps = len(labels)
    images = (f"{family}_{steps}_{place}.png" if family else "" for place in range(steps))
    scored = (
        Choice(str(code), label, image=image)
        for code, (label, image) in enumerate(zip(labels, images, strict=True), first)
    )
    return ChoiceList(name, (*scored, REFUSED_CHOICE, STOPPED_CHOICE))
