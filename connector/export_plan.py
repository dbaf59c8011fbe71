"""Knows everything that an export reads, so that all of it can be read as of one moment."""

from __future__ import annotations

from sqlalchemy import Connection

from connector.adopted_export import exported_adopted
from connector.export import exported_columns, exported_tables
from connector.precious_schema import adopted_asset, asset_version
from connector.schema import derived
from connector.snapshot import Reading


def exported_readings(connection: Connection, with_identity: bool = False) -> list[Reading]:
    """Return the tables and columns that become files, and the two tables that say which forms are adopted.

    What is exported only with names is among them only then.
    """
    own = [derived.tables[name] for name in exported_tables(with_identity)]
    adopted = exported_adopted(connection, with_identity)
    return [
        *((table, exported_columns(table)) for table in own),
        *((table, tuple(table.columns)) for table in (adopted_asset, asset_version)),
        *((each.part.table, each.columns) for each in adopted),
    ]
