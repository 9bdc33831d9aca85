"""Asking a running gateway something over its control socket.

Here: asked(), as every command that talks to a gateway uses it.
Not here: any command; the protocol (adapters.control).
"""

from pathlib import Path
from typing import TYPE_CHECKING

from fixgate.cli.console import FAILED, USAGE, Problem

if TYPE_CHECKING:
    from fixgate.adapters.control.words import Json


def asked(
    data_dir: Path,
    verb: str,
    args: "Json | None" = None,
    *,
    reason: str = "",
    acting_as: str | None = None,
    dry_run: bool = False,
    timeout_s: float | None = None,
) -> "Json | None":
    """The running gateway's answer; None: no gateway runs with this data directory."""
    from fixgate.adapters.control.client import ANSWER_S, NotRunning, ask  # noqa: PLC0415 - with its users
    from fixgate.adapters.control.words import Misused, Refused  # noqa: PLC0415 - the same

    try:
        return ask(
            data_dir,
            verb,
            args,
            reason=reason,
            acting_as=acting_as,
            dry_run=dry_run,
            timeout_s=ANSWER_S if timeout_s is None else timeout_s,
        )
    except NotRunning:
        return None
    except Misused as error:
        raise Problem(str(error), USAGE) from None
    except Refused as error:
        raise Problem(str(error), FAILED) from None
    except OSError as error:
        raise Problem(f"{data_dir}: the gateway does not answer: {error}") from None
