"""This week: who needs care now, which sessions met, who was missing, which CHAs are silent."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from connector.alert_handling import STATES, record_handling
from connector.errors import HealingError
from dashboard import clock, show
from dashboard.closed_view import closed_note, members_left_behind
from dashboard.frame import chosen_filters
from dashboard.queries_alerts import alert_counts, handling_history, open_alerts
from dashboard.queries_data import unread_safety
from dashboard.queries_sessions import members_now, people_missing, sessions_due, sessions_to_chase, silent_chas
from dashboard.source import ask, forget, writing_engine
from dashboard.wording import (
    ALERT_KINDS,
    ALERT_STATES,
    LEVELS,
    SESSION_STATUSES,
    action_words,
    answer_words,
    counted,
    is_missing,
    percent,
    person_words,
)
from forms.programme import PROGRAMME

ALERT_NOTE = (
    "Worst first: by level, overdue before the rest, then the oldest. Overdue: nobody has made contact by the time set "
    "for the level ({hours}). One that becomes more serious is open again. For names, open the person in "
    "Healing groups."
)
UNREAD = "{what} about safety could not be understood and raise no alert. Open the page Data and look at them today."
COLUMNS = {
    "Level": st.column_config.TextColumn(width=78),
    "Client": st.column_config.TextColumn(width=92),
    "Open for": st.column_config.TextColumn(width=70),
    "State": st.column_config.TextColumn(width="medium"),
}


def alert_rows(alerts: pd.DataFrame) -> pd.DataFrame:
    """Return what the list of alerts shows: level, client code, age of the alert, state with the overdue mark."""
    now = clock.now()
    ages = [clock.age(opened, now) for opened in pd.to_datetime(alerts["opened_at"])]
    states = [state_words(state, bool(late)) for state, late in zip(alerts["state"], alerts["is_overdue"], strict=True)]
    who = [
        person_words(person, code) if is_missing(code) else code
        for person, code in zip(alerts["person"], alerts["client_code"], strict=True)
    ]
    return pd.DataFrame({"Level": alerts["level"].map(LEVELS), "Client": who, "Open for": ages, "State": states})


def state_words(state: str, is_overdue: bool) -> str:
    """Return the state of an alert, what matters most first: `Overdue`, `Overdue · acknowledged`, `Contacted`."""
    if not is_overdue:
        return ALERT_STATES[state]
    return "Overdue" if state == "open" else f"Overdue · {ALERT_STATES[state].lower()}"


def alert_figures(counts: pd.DataFrame) -> None:
    """Show how many alerts are open at each level, and how many of them are overdue."""
    shown = []
    for row in counts.itertuples():
        hours = PROGRAMME.alert_hours[row.level]
        definition = (
            f"Alerts of this level that nobody has closed. Overdue: no contact within {counted(hours, 'hour')}."
        )
        shown.append((f"{LEVELS[row.level]}, open", str(row.open), f"{row.overdue} overdue", definition))
    show.figures(*shown)


def alert_list() -> None:
    """Show the open alerts, and for the one that is chosen what was done and a form to record more."""
    st.subheader("Who needs care", anchor=False)
    filters = chosen_filters()
    if unread := int(ask(unread_safety).iloc[0]["problems"]):
        st.error(UNREAD.format(what=counted(unread, "question or answer", "questions or answers")))
    counts = ask(alert_counts, filters, clock.now())
    alert_figures(counts)
    alerts = ask(open_alerts, filters, clock.now())
    if alerts.empty:
        show.nothing("No alert is open.")
        return
    place = show.choice(alert_rows(alerts), COLUMNS, "alerts", alerts["alert_id"])
    if place is None:
        show.nothing("Choose a row to see what was done and to record what you do.")
    else:
        alert_form(alerts.iloc[place])
    hours = ", ".join(f"{LEVELS[level].lower()} {limit} h" for level, limit in PROGRAMME.alert_hours.items())
    show.note(ALERT_NOTE.format(hours=hours))
    if len(alerts) < counts["open"].sum():
        show.note(f"The {len(alerts)} most urgent of {counts['open'].sum()}.")


def alert_form(alert: pd.Series) -> None:
    """Show one alert's history and a form that records acknowledged, contacted or closed with initials."""
    with st.container(border=True):
        place = f"healing group {alert['healing_group']}, {alert['cha_code']}"
        due = clock.moment(pd.Timestamp(alert["due_at"]).to_pydatetime())
        opened = clock.moment(pd.Timestamp(alert["opened_at"]).to_pydatetime())
        who = person_words(alert["person"], alert["client_code"])
        st.markdown(f"**{who}** · {LEVELS[alert['level']]} · {ALERT_KINDS.get(alert['kind'], '')} · {place}")
        st.markdown(f"Opened {opened}, contact due by {due}.")
        if done := action_words(alert["actions"]):
            st.markdown(f"Done at once: {done}.")
        for entry in ask(handling_history, alert["alert_id"]).itertuples():
            level = "" if is_missing(entry.level) else f" as {LEVELS[entry.level].lower()}"
            st.markdown(f"- {ALERT_STATES[entry.state]}{level} by {entry.handled_by}, {clock.moment(entry.handled_at)}")
        if alert["person"] == "client" and st.button(
            "Open this person", key=f"open-{alert['alert_id']}", icon=":material/person:"
        ):
            st.session_state.update(group=alert["healing_group"], client=alert["client_code"])
            st.switch_page("app_pages/healing_groups.py")
        with st.form(f"handle-{alert['alert_id']}", border=False, clear_on_submit=True):
            state = st.segmented_control(
                "What was done", STATES, format_func=ALERT_STATES.__getitem__, default=STATES[0]
            )
            initials = st.text_input("Your initials or role", max_chars=24)
            if st.form_submit_button("Record", type="primary"):
                save(str(alert["alert_id"]), state or "", initials)


def save(alert_id: str, state: str, initials: str) -> None:
    """Record what was done about an alert and show the page anew; a refusal is shown and nothing is written."""
    try:
        engine = writing_engine()
        record_handling(engine, alert_id, state, initials, clock.now())
        engine.dispose()
    except HealingError as error:
        show.problem(error)
        return
    forget()
    st.rerun()


def sessions() -> None:
    """Show the sessions of the last seven days: held, not held, not reported, and which ones to ask about."""
    st.subheader("Sessions of the last 7 days", anchor=False)
    counts = ask(sessions_due, chosen_filters(), clock.today()).set_index("status")["sessions"]
    due = int(counts.sum())
    behind = {status: f"{percent(counts[status], due)} of {due} due" for status in counts.index}
    show.figures(
        ("Held", str(counts["held"]), behind["held"], "Sessions due in the last 7 days that a CHA reported as held."),
        (
            "Not held",
            str(counts["not_held"]),
            behind["not_held"],
            "Sessions due in the last 7 days reported as not held.",
        ),
        (
            "Not reported",
            str(counts["no_report"]),
            behind["no_report"],
            f"Sessions due in the last 7 days without any report {PROGRAMME.report_within_hours} hours later.",
        ),
        (
            "Awaited",
            str(counts["awaited"]),
            behind["awaited"],
            f"Sessions due less than {PROGRAMME.report_within_hours} hours ago whose report is still in time.",
        ),
    )
    closed_note("After its last day a healing group owes no session; those before it count here.")
    rows = ask(sessions_to_chase, chosen_filters(), clock.today())
    if rows.empty:
        return
    status = [
        SESSION_STATUSES[s] + (f": {answer_words(reason).lower()}" if s == "not_held" else "")
        for s, reason in zip(rows["status"], rows["not_held_reason"], strict=True)
    ]
    due_on = [clock.day(value) for value in pd.to_datetime(rows["due_on"])]
    shown = pd.DataFrame(
        {"Group": rows["healing_group"], "Due": due_on, "What happened": status, "CHA": rows["cha_code"]}
    )
    show.table(shown, "to_chase")
    if chosen_filters().sex:
        show.note("A session has no sex: that filter is left out here.")


def missing_people() -> None:
    """Show who was absent from the last two or more held sessions of a running healing group."""
    least = PROGRAMME.missed_in_row_alarm
    st.subheader(f"Missed {least} or more in a row", anchor=False)
    people = ask(people_missing, chosen_filters(), clock.today(), least)
    members = int(ask(members_now, chosen_filters(), clock.today()).iloc[0]["members"])
    definition = f"Members of running healing groups who were absent from the last {least} or more held sessions."
    show.figures(("To visit", str(len(people)), f"{percent(len(people), members)} of {members}", definition))
    if people.empty:
        show.nothing("Nobody.")
        return
    last = ["never" if value is pd.NaT else clock.day(value) for value in pd.to_datetime(people["last_attended_on"])]
    words = {"Client": people["client_code"], "Group": people["healing_group"], "Missed": people["missed_in_row"]}
    shown = pd.DataFrame(words | {"Last came": last})
    show.table(shown, "missing_people")


def silent() -> None:
    """Show the CHAs who owed a report in the last two weeks and sent none."""
    days = PROGRAMME.silent_after_days
    st.subheader("CHAs who are silent", anchor=False)
    chas = ask(silent_chas, chosen_filters(), clock.today(), days)
    show.note(f"A report was due in the last {days} days and none of those sessions is reported.")
    if chas.empty:
        show.nothing("None.")
        return
    last = [
        "never" if value is pd.NaT else clock.moment(value.to_pydatetime())
        for value in pd.to_datetime(chas["last_report_at"])
    ]
    shown = pd.DataFrame({"CHA": chas["cha_code"], "Reports due": chas["due"], "Last report": last})
    show.table(shown, "silent_chas")


alert_list()
sessions()
missing_people()
members_left_behind()
silent()
