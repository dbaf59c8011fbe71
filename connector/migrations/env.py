"""Knows how Alembic runs a step: inside the transaction that the caller has begun, whole or not at all."""

from alembic import context

from connector.precious_schema import precious

context.configure(connection=context.config.attributes["connection"], target_metadata=precious, transactional_ddl=True)
context.run_migrations()
