"""The client's own picture of its orders follows the reports."""

from fixgate.cli.book import Book
from fixgate.cli.fixtext import compose
from fixgate.cli.ticket import Changes, make_ticket
from unit.cli.peer import from_gateway, report

AT_NS = 1_790_000_000_000_000_000


def _sent(book, msg_type, fields):
    message = compose("FIX.4.4", [(35, msg_type), (34, "2"), *fields])
    book.sent(message)
    return message


def _working(book, cl_ord_id="A1"):
    ticket = make_ticket("buy", "0.5", "BTC/USDT", {"limit": "50000", "tif": "gtc"})
    _sent(book, "D", ticket.fields(cl_ord_id, AT_NS))
    book.received(report(2, cl_ord_id, "0", "0", t151="0.5"))
    order = book.find(cl_ord_id)
    assert order is not None
    return order


def test_an_order_is_found_by_number_by_its_name_and_by_order_id():
    book = Book()
    order = _working(book)

    assert all(book.find(each) is order for each in ("1", "#1", "A1", "O1"))
    assert book.find("2") is book.find("0") is book.find("x") is None


def test_an_accepted_replace_gives_the_order_its_name_and_terms():
    book = Book()
    order = _working(book)
    _sent(book, "G", order.replace_fields("A2", AT_NS, Changes(price="49000")))
    book.received(report(3, "A2", "E", "E", t41="A1"))
    assert order.cl_ord_id == "A1"

    book.received(report(4, "A2", "5", "0", t41="A1", t44="49000"))

    assert (order.cl_ord_id, order.terms[44], order.terms[38]) == ("A2", "49000", "0.5")
    assert order.requests == {}


def test_a_refused_request_leaves_the_name():
    """OrigClOrdID names the last accepted ClOrdID; that of a refused request is not it."""
    book = Book()
    order = _working(book)
    _sent(book, "F", order.request_fields("A2", AT_NS))

    book.received(from_gateway("9", 3, (11, "A2"), (41, "A1"), (37, "O1"), (39, "0"), (434, "1")))

    assert order.cl_ord_id == "A1"
    assert order.requests == {}
    assert not order.is_over


def test_a_refused_duplicate_does_not_touch_the_first_order():
    book = Book()
    order = _working(book)

    book.received(report(3, "A1", "8", "8", t37="O2"))

    assert (order.ord_status, order.order_id) == ("0", "O1")


def test_a_price_makes_a_market_order_a_limit_order():
    book = Book()
    _sent(book, "D", make_ticket("buy", "1", "BTC/USDT", {}).fields("A1", AT_NS))
    order = book.find("A1")
    assert order is not None

    fields = dict(order.replace_fields("A2", AT_NS, Changes(price="5")))

    assert (fields[40], fields[44], fields[41]) == ("2", "5", "A1")


def test_another_time_in_force_drops_the_old_expiry():
    book = Book()
    ticket = make_ticket("buy", "1", "BTC/USDT", {"limit": "5", "expire": "2030-12-31"})
    _sent(book, "D", ticket.fields("A1", AT_NS))
    order = book.find("A1")
    assert order is not None

    fields = dict(order.replace_fields("A2", AT_NS, Changes(time_in_force="1")))

    assert fields[59] == "1"
    assert 432 not in fields
