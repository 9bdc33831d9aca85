"""What happens at its time: sessions that open and close, numbers that begin again, daily work.

Here: Jobs (jobs), over APScheduler.
Not here: what is done (bootstrap registers it), when sessions are open (domain.hours).
"""
