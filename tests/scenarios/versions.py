"""A report written in the values of FIX 4.4, as FIX 4.2 writes it.

Here: as_42(). It is written from the table in order-lifecycle.md, not from our dialects, which it
is there to check.
"""

_TRANS_TYPES = {"G": "2", "H": "1", "I": "3"}
_NOT_IN_42 = ("527", "790", "851")


def as_42(wanted: dict[str, str]) -> dict[str, str]:
    """What to expect under 4.2 where ``wanted`` is expected under 4.4."""
    changed = {tag: value for tag, value in wanted.items() if tag not in _NOT_IN_42}
    if wanted["35"] == "9":
        # 4.2 knows 0 to 3; the rest is 2, broker option.
        if changed.get("102") in ("6", "99"):
            changed["102"] = "2"
        return changed
    if wanted["35"] == "N":
        inside = {"103#1", "103#2", "103#3"} & changed.keys()
        return changed | {tag: _ord_rej_reason(changed[tag]) for tag in inside}
    if wanted["35"] != "8":
        return changed
    exec_type = wanted.get("150", "")
    changed["20"] = _TRANS_TYPES.get(exec_type, "0")
    if exec_type in ("F", "G", "H"):
        changed["150"] = _of_execution(wanted)
    elif exec_type == "I":
        changed["150"] = wanted.get("39", "*")
    elif exec_type == "L":
        changed["150"] = "D"
    if "103" in changed:
        changed["103"] = _ord_rej_reason(changed["103"])
    if changed.get("378") in ("6", "7", "99"):
        changed["378"] = "4"
    return changed


def _of_execution(wanted: dict[str, str]) -> str:
    """Matrices D34 and D35: Fill where the order is filled, else Partial Fill."""
    filled = wanted["39"] == "2" or (wanted["39"] in "6E" and wanted["151"] == "0")
    return "2" if filled else "1"


def _ord_rej_reason(wanted: str) -> str:
    """4.2 knows 0 to 8; the rest is 0, broker option."""
    return "0" if wanted in ("11", "13", "99") else wanted
