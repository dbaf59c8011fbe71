"""The entry of the dashboard: title, navigation, shared filters, and the page that was chosen."""

from __future__ import annotations

import streamlit as st

from dashboard import frame

PAGES = (
    ("app_pages/this_week.py", "This week", ":material/today:"),
    ("app_pages/healing_groups.py", "Healing groups", ":material/groups:"),
    ("app_pages/cascade.py", "Cascade", ":material/filter_list:"),
    ("app_pages/outcomes.py", "Outcomes", ":material/trending_down:"),
    ("app_pages/data.py", "Data", ":material/database:"),
)

st.set_page_config(page_title="Community healing", page_icon="🤝", layout="wide")
page = st.navigation([st.Page(path, title=title, icon=icon) for path, title, icon in PAGES])
st.title(page.title, anchor=False)
frame.run(page.run)
