"""A session with hours: who comes too early hears when to come back."""

from datetime import UTC, datetime, time, timedelta

from fixgate.domain.hours import Hours, Window
from integration.door_kit import EchoGateway, RawClient, a_name
from unit.adapters.fix.messages import SystemClock, config, logon


def hours(*, is_open: bool) -> Hours:
    """Open all week, but for one hour around now or far from now."""
    now = datetime.fromtimestamp(SystemClock().now_ns() / 1e9, UTC)
    gap = now - timedelta(minutes=30) if not is_open else now + timedelta(days=3)
    begin = gap + timedelta(hours=1)
    opens = time(begin.hour, begin.minute, begin.second)
    whole = timedelta(days=7) - timedelta(hours=1)
    return Hours(zone=UTC, windows=(Window(day=begin.weekday(), opens=opens, length=whole),))


async def test_a_logon_outside_the_hours_is_answered_with_when_the_session_opens(tmp_path):
    name = a_name()
    wanted = config(name, hours=hours(is_open=False))
    async with EchoGateway(tmp_path, [wanted]) as gateway:
        for number in (1, 2):
            client = await RawClient.connect(gateway, name)
            client.send(logon(number, client=name))
            (said,) = await client.closed()
            assert (said["35"], said["34"]) == ("5", str(number))
            assert said["58"].startswith("The session is closed; it opens ")
            assert said["58"].endswith(" UTC)")
        assert not gateway.is_connected(name)
        assert (await gateway.until_refused()).startswith("The session is closed")


async def test_a_stranger_learns_nothing_of_a_sessions_hours(tmp_path):
    name = a_name()
    wanted = config(name, hours=hours(is_open=False), username="me", password_ok=lambda _: False)
    async with EchoGateway(tmp_path, [wanted]) as gateway:
        client = await RawClient.connect(gateway, name)
        client.send(logon(1, client=name))
        assert await client.closed() == []


async def test_within_its_hours_a_session_trades(tmp_path):
    name = a_name()
    async with EchoGateway(tmp_path, [config(name, hours=hours(is_open=True))]) as gateway:
        client = await RawClient.log_on(gateway, name)
        await client.trade()
