"""Knows how a test opens a page of the dashboard and reads what is on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[2] / "dashboard" / "streamlit_app.py"
PAGES = ("this_week", "healing_groups", "cascade", "outcomes", "data")


def open_page(monkeypatch: pytest.MonkeyPatch, url: str, page: str, **address: str | list[str]) -> AppTest:
    """A page of the dashboard as it is after its first run."""
    monkeypatch.setenv("DATABASE_URL", url)
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    return app if page == PAGES[0] else app.switch_page(f"app_pages/{page}.py").run()


_SEEN: dict[object, AppTest] = {}


def see_page(monkeypatch: pytest.MonkeyPatch, url: str, page: str, **address: str) -> AppTest:
    """A page of a database in which nobody writes, for those who only look at it: opened for the first of them."""
    key = (url, page, *address.items())
    if key not in _SEEN:
        _SEEN[key] = open_page(monkeypatch, url, page, **address)
    return _SEEN[key]


def words(app: AppTest) -> str:
    """Everything that the page sends to the browser, tables and charts included."""
    return "\n".join(str(node.proto) for part in (app.main, app.sidebar) for node in part if hasattr(node, "proto"))


def readable(app: AppTest) -> str:
    """The texts of a page, without tables and charts."""
    kinds = (app.title, app.subheader, app.markdown, app.caption, app.info, app.warning, app.error)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def metrics(app: AppTest) -> dict[str, tuple[str, str]]:
    """The figures of a page: name → value and the counts behind it."""
    return {metric.label: (metric.value, metric.delta) for metric in app.metric}
