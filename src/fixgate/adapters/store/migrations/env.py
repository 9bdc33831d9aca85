"""What Alembic runs: the steps, over the connection that it was given, in its transaction.

Here: nothing else. Not here: making connections (upgrading).
"""

from alembic import context

# SQLite too can take back a step that failed, if told to.
context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
