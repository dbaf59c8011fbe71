"""Knows the steps from one version of the precious tables to the next (Alembic)."""
