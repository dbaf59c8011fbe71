"""Which names a question may have: a column, a statistical variable and an element of XML at the same time."""

from __future__ import annotations

import re
from collections.abc import Iterator

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}", re.ASCII)
_OF_KOBOTOOLBOX = frozenset({
    "meta", "formhub", "instanceid", "instancename", "rootuuid", "deprecatedid", "__version__", "_id", "_uuid",
    "_submission_time", "_submitted_by", "_status", "_validation_status", "_attachments", "_geolocation", "_notes",
    "_tags", "data", "_xform_id_string", "_version_", "_index", "_parent_index", "_parent_table_name",
})  # fmt: skip
_OF_STATISTICS = frozenset({
    "all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with",
    "byte", "double", "float", "if", "in", "int", "long", "using", "strl", "div", "mod",
})  # fmt: skip


def name_reasons(name: str) -> Iterator[tuple[str, str]]:
    """Yield (what, advice) when a question, group or repeat may not have this name."""
    if name.lower() in _OF_KOBOTOOLBOX:
        yield "the name is taken by KoboToolbox", "Choose another name."
    elif not NAME.fullmatch(name):
        yield "not a usable name", "Use a-z, 0-9 and _, a letter first, at most 31 characters."
    elif name in _OF_STATISTICS:
        yield "the name is a word of Stata, SPSS or XPath", "Choose another name."
