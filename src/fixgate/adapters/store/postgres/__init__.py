"""The durable record in PostgreSQL.

Here: where the database is, connections, the lease of the one gateway, commits, partitions.
Not here: what is recorded; tables, rows and the hash chain, which all databases share.
"""
