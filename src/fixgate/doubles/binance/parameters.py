"""The parameters of one request, read the way Binance reads them.

Here: Parameters: text in, checked values out, or a BinanceError of the 1100s.
Not here: what the parameters mean together.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final
from urllib.parse import parse_qsl

from fixgate.doubles.binance import errors

_DECIMAL: Final = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_INTEGER: Final = r"^[0-9]{1,20}$"
_CLIENT_ORDER_ID: Final = r"^[a-zA-Z0-9-_]{1,36}$"


class Parameters:
    """Named texts. Raises BinanceError on whatever Binance would refuse."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        listed = list(pairs)
        self._values = dict(listed)
        if len(self._values) != len(listed):
            raise errors.duplicate_parameter()

    @classmethod
    def of_text(cls, *texts: str) -> "Parameters":
        """From a query string, and a form-encoded body if there is one."""
        return cls(
            pair for text in texts if text for pair in parse_qsl(text, keep_blank_values=True)
        )

    def allow(self, names: frozenset[str]) -> None:
        """Refuse what the endpoint does not know."""
        unknown = self._values.keys() - names
        if unknown:
            sent = len(self._values)
            raise errors.unread_parameters(sent - len(unknown), sent)

    def as_dict(self) -> dict[str, str]:
        """A copy, for the record."""
        return dict(self._values)

    def text(self, name: str) -> str | None:
        """A text, or None if it was not sent."""
        value = self._values.get(name)
        if value is not None and not value:
            raise errors.empty_parameter(name)
        return value

    def need_text(self, name: str) -> str:
        """A text that must be there."""
        value = self._values.get(name)
        if not value:
            raise errors.mandatory_parameter(name)
        return value

    def decimal(self, name: str) -> Decimal | None:
        """A plain positive decimal number, or None if it was not sent."""
        value = self.text(name)
        if value is None:
            return None
        self._match(name, value, _DECIMAL)
        return Decimal(value)

    def need_decimal(self, name: str) -> Decimal:
        """A decimal that must be there."""
        self.need_text(name)
        value = self.decimal(name)
        if value is None:
            raise errors.mandatory_parameter(name)
        return value

    def integer(self, name: str) -> int | None:
        """A whole number, or None if it was not sent."""
        value = self.text(name)
        if value is None:
            return None
        self._match(name, value, _INTEGER)
        return int(value)

    def client_order_id(self, name: str) -> str | None:
        """A client order id, or None if it was not sent."""
        value = self.text(name)
        if value is not None:
            self._match(name, value, _CLIENT_ORDER_ID)
        return value

    @staticmethod
    def _match(name: str, value: str, legal: str) -> None:
        if not re.fullmatch(legal.strip("^$"), value, re.ASCII):
            raise errors.illegal_characters(name, legal)
