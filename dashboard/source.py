"""Knows which database the pages read, opens it once, and remembers answers for half a minute."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import FunctionType
from typing import Any, Concatenate

import pandas as pd
import streamlit as st
from sqlalchemy import Connection, Engine

from connector.database import open_database
from connector.export import table_csv
from connector.settings import load_settings

Question = Callable[Concatenate[Connection, ...], pd.DataFrame]

SECONDS_REMEMBERED = 30


def database_url() -> str:
    """Return the address of the database from the environment or healing.toml. Raises SettingsError."""
    return load_settings(environ=os.environ).database_url


@st.cache_resource(show_spinner=False)
def reading_engine(url: str) -> Engine:
    """Return the engine that pages read with, one for each address. Raises StorageError."""
    return open_database(url, read_only=True)


def writing_engine() -> Engine:
    """Return an engine that may write, for the few things that people record on pages. Raises StorageError."""
    return open_database(database_url())


def _name(function: FunctionType) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def ask_anew(question: Question, *arguments: Any) -> pd.DataFrame:
    """Return the answer of the database and remember nothing: for names, which no cache may hold."""
    with reading_engine(database_url()).connect() as connection:
        return question(connection, *arguments)


@st.cache_data(ttl=SECONDS_REMEMBERED, max_entries=500, show_spinner=False, hash_funcs={FunctionType: _name})
def _answer(url: str, question: Question, arguments: tuple[Any, ...]) -> pd.DataFrame:
    with reading_engine(url).connect() as connection:
        return question(connection, *arguments)


def ask(question: Question, *arguments: Any) -> pd.DataFrame:
    """Return the answer of the database to one of the functions in queries_*.py.

    The address, the question and all arguments are part of what is remembered, so no viewer gets another one's answer.
    """
    return _answer(database_url(), question, arguments)


def csv_of(table: str) -> bytes:
    """Return one derived table, without identity, as `healing export` writes it. Raises KeyError, StorageError."""
    with reading_engine(database_url()).connect() as connection:
        return table_csv(connection, table)


def forget() -> None:
    """Forget all answers, after something was written."""
    _answer.clear()
