"""Knows which questions a phone shows together: KoboCollect's screens of one filled form, in the order of swiping.

As in KoboCollect, a question or a note is a screen; a group that is a field list is one screen with all its questions
that are relevant, and none when no question is; every other group is only a way to the next question. Where KoboCollect
stops is asked of the engine, event by event, never read from our definitions.
"""

from __future__ import annotations

from itertools import groupby

from connector.sandbox.phone import Filling

ScreenOfForm = tuple[str, ...]
"""The names of the questions and notes on one screen, from top to bottom."""


def screens_of(filling: Filling) -> tuple[ScreenOfForm, ...]:
    """Return the screens that somebody swipes through with the answers so far, first to last.

    The last screen of KoboCollect, which asks whether to finalize, belongs to no question and is not among them.
    """
    shown = [(prompt.field_list or prompt.path, prompt.name) for prompt in filling.prompts()]
    together = groupby(shown, key=lambda each: each[0])
    return tuple(tuple(name for _, name in screen) for _, screen in together)
