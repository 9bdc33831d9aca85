"""`fixgate verify`: whether the journal is as it was written.

Here: the command. Not here: how it is checked (adapters.store.verifying).
"""

import time

from fixgate.cli.console import HERE, Home, Problem, load_configuration, say
from fixgate.cli.moments import microseconds
from fixgate.cli.progress import Bar
from fixgate.cli.records import Day, From, To, open_ledger, period, span_of, told


def verify(day: Day = None, begin: From = None, end: To = None, home: Home = HERE) -> None:
    """Check the journal's chain of hashes: all of it, a day, or a period."""
    since_ns, until_ns = period(day, begin, end)
    with open_ledger(load_configuration(home)) as ledger:
        span = span_of(ledger, since_ns, until_ns)
        if since_ns is None and until_ns is None:
            span = type(span)(1, span.last)
        started = time.perf_counter()
        with Bar("verify", span.last - span.first + 1) as bar:
            found = ledger.verify(span, progress=bar.done)
        took_s = time.perf_counter() - started
    if found.fault is not None:
        raise Problem(told(found.fault) + f"; the {found.records:,} records before are as written")
    say(f"Records       {span.first:,} to {span.last:,}, all as written")
    say(f"Last at       {microseconds(found.last_at_ns or 0)}")
    say(f"Last hash     {(found.last_hash or b'').hex()}")
    say(
        f"Checked       {found.records:,} in {took_s:.1f} s, {found.records / took_s:,.0f} a second"
    )
