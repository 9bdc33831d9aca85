"""How the schema came to be, step by step, for Alembic. One step for each schema version.

Here: the steps (versions/) and what runs them (env). A step that was released is not edited.
Not here: what the tables are today (tables); who asks for an upgrade (upgrading).
"""
