"""Closed days of the journal as Parquet files, outside the database.

Here: the files (files), making them and dropping what they hold (closing), and the record of who
did what to them and what must be kept (actions).
Not here: when it happens (schedules), reading database and archive as one (store.ledger).
"""
