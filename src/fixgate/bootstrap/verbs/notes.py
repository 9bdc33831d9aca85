"""Verbs that only write something down: what the core has no part in.

Here: NoteVerbs.
Not here: what is done to the files (cli).
"""

from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json, Misused, Refused
from fixgate.bootstrap.verbs.giving import Core, names_or_none, noted


class NoteVerbs:
    """Registers the verbs."""

    def __init__(self, core: Core, verbs: Verbs) -> None:
        self._core = core
        verbs.add(
            "rotate_keys",
            self._rotate_keys,
            help="Write down that a venue's key file is replaced",
            args=("venue", "detail"),
            changes=True,
        )

        verbs.add(
            "acknowledge_alert",
            self._acknowledge,
            help="Say that somebody looks after an alert",
            args=("alert",),
            changes=True,
        )

    async def _acknowledge(self, call: Call) -> Json:
        number = call.number_or_none("alert")
        if number is None:
            raise Misused(f"{call.verb} needs alert: its number")
        if not self._core.reader.has_alert(number):
            raise Refused(f"there is no alert {number}")
        what = f"acknowledge alert {number}"
        if call.dry_run:
            return {"would": what}
        await self._core.give(noted(call, str(number)))
        return {"done": what}

    async def _rotate_keys(self, call: Call) -> Json:
        venue, detail = call.text("venue"), call.text("detail")
        names = [each.name for each in self._core.configuration.venues]
        if venue not in names:
            known = names_or_none(names)
            raise Misused(f"no venue is named {venue[:64]}; there are: {known}")
        what = f"venue {venue}: {detail}"
        if call.dry_run:
            return {"would": what}
        await self._core.give(noted(call, venue, detail))
        return {"done": what}
