"""`fixgate reload`: a running gateway takes over changed session files.

Here: the command. Not here: what a reload does (bootstrap.reloading).
"""

from fixgate.cli.asking import asked
from fixgate.cli.console import FAILED, HERE, Home, Problem, load_configuration, say
from fixgate.cli.operating import Person, Reason


def reload(
    reason: Reason = None,
    person: Person = None,
    home: Home = HERE,
) -> int:
    """Take over added, changed and removed session files, aliases, certificates and limits.

    Limits change only with a reason, which is journaled.

    A file with a fault leaves everything as it was. The exit status is 1 if something that was
    changed could not take effect; each such thing is named, with the reason.
    """
    data_dir = load_configuration(home, status=FAILED).data_dir
    found = asked(data_dir, "reload", reason=(reason or "").strip(), acting_as=person)
    if found is None:
        raise Problem(f"no gateway is running with {data_dir}", FAILED)
    for line in found["done"]:
        say(line)
    for line in found["not_done"]:
        say(f"NOT DONE  {line}")
    if not found["done"] and not found["not_done"]:
        say("Nothing has changed.")
    return FAILED if found["not_done"] else 0
