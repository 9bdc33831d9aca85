"""The only place that reads configuration, builds adapters and hands them to use cases.

Here: settings (what the files may say), loading (files and environment), gateway (the parts put
together and run).
Not here: anything that trades.
"""
