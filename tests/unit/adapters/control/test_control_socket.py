"""The control socket: who may speak, what is understood, and what is refused without harm."""

import asyncio
import json
import os
import socket
import stat
from pathlib import Path

import pytest

from fixgate.adapters.control import server as server_module
from fixgate.adapters.control.client import NotRunning, ask
from fixgate.adapters.control.server import ControlServer
from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import (
    REQUEST_BYTES_MAX,
    SOCKET_NAME,
    Call,
    Misused,
    Refused,
)


class Shop:
    """Verbs that note what they were asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.verbs = Verbs()
        self.verbs.add("look", self._look, help="Look", args=("session", "at"))
        self.verbs.add("change", self._change, help="Change", args=("session",), changes=True)
        self.verbs.add("break", self._break, help="Break")

    async def _look(self, call: Call):
        self.calls.append(call)
        return {"session": call.text("session"), "at": call.number_or_none("at")}

    async def _change(self, call: Call):
        if call.dry_run:
            return {"would": "change it"}
        self.calls.append(call)
        if call.text_or_none("session") == "busy":
            raise Refused("it is busy")
        return {"by": call.person.name, "why": call.reason}

    async def _break(self, _: Call):
        raise ZeroDivisionError("one by zero")


@pytest.fixture
async def shop(tmp_path: Path):
    made = Shop()
    control = ControlServer(tmp_path / SOCKET_NAME, made.verbs, connections_max=3)
    await control.start()
    yield made
    await control.stop()
    assert not (tmp_path / SOCKET_NAME).exists()


async def _ask(folder: Path, verb: str, args=None, **more):
    return await asyncio.to_thread(ask, folder, verb, args, **more)


async def _say(folder: Path, data: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(folder / SOCKET_NAME))
    writer.write(data)
    answer = await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    return answer


async def test_a_verb_is_answered_with_what_it_returns(shop: Shop, tmp_path: Path):
    answer = await _ask(tmp_path, "look", {"session": "DEMO", "at": 7})
    assert answer == {"session": "DEMO", "at": 7}


async def test_a_change_notes_the_account_the_person_and_the_reason(shop: Shop, tmp_path: Path):
    answer = await _ask(tmp_path, "change", reason="client asked", acting_as="jane")
    assert answer["why"] == "client asked"
    assert answer["by"].startswith("jane (")
    assert shop.calls[0].person.user == answer["by"][6:-1] != ""


async def test_a_change_without_a_reason_is_refused_and_nothing_is_done(shop: Shop, tmp_path: Path):
    with pytest.raises(Misused, match="change needs a reason"):
        await _ask(tmp_path, "change", reason="  ")
    assert shop.calls == []


async def test_a_dry_run_of_something_that_changes_nothing_is_refused(shop: Shop, tmp_path: Path):
    assert await _ask(tmp_path, "change", reason="x", dry_run=True) == {"would": "change it"}
    with pytest.raises(Misused, match="dry run"):
        await _ask(tmp_path, "look", {"session": "DEMO"}, dry_run=True)
    assert shop.calls == []


async def test_what_cannot_be_done_is_told_from_what_was_asked_wrongly(shop: Shop, tmp_path: Path):
    with pytest.raises(Refused, match="it is busy") as caught:
        await _ask(tmp_path, "change", {"session": "busy"}, reason="x")
    assert not isinstance(caught.value, Misused)
    for verb, args, said in (
        ("dance", {}, "no verb 'dance'; there are: break, change, help, look"),
        ("look", {"colour": 1}, "no argument 'colour'"),
        ("look", {}, "look needs session"),
        ("look", {"session": 5}, "session must be text"),
        ("look", {"session": "a\nb"}, "cannot be printed"),
        ("look", {"session": "DEMO", "at": 0}, "at is 0; it must be 1 or more"),
        ("look", {"session": "DEMO", "at": "1"}, "at must be a whole number"),
        ("look", {"session": "DEMO", "at": True}, "at must be a whole number"),
        ("look", {"session": "DEMO", "at": 1.5}, "at must be a whole number"),
        ("look", {"session": "DEMO", "at": 10**18}, "at is too large; it must be"),
        ("look", {"session": "DEMO", "at": 10**30}, "at is too large; it must be"),
    ):
        with pytest.raises(Misused, match=said):
            await _ask(tmp_path, verb, args)


async def test_a_verb_that_fails_is_answered_and_the_next_one_works(shop: Shop, tmp_path: Path):
    with pytest.raises(Refused, match="internal error: ZeroDivisionError"):
        await _ask(tmp_path, "break")
    assert (await _ask(tmp_path, "look", {"session": "DEMO"}))["session"] == "DEMO"


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"hello\n",
        b"[]\n",
        b"{}\n",
        b'{"verb": 5}\n',
        b'{"verb": "look", "args": []}\n',
        b'{"verb": "look", "sudo": true}\n',
        b'{"verb": "\xff\xfe"}\n',
        b'{"verb": "look", "reason": "a\\nb"}\n',
        b'{"verb": "look", "as": "' + b"x" * 65 + b'"}\n',
        b'{"verb": "look", "args": {"a": ' + b"[" * 20_000 + b"]" * 20_000 + b"}}\n",
    ],
)
async def test_bytes_that_are_no_request_are_answered_with_one_line(
    shop: Shop, tmp_path: Path, line: bytes
):
    answer = json.loads(await _say(tmp_path, line))
    assert answer["ok"] is False
    assert answer["usage"] is True
    assert "\n" not in answer["error"]
    assert shop.calls == []


async def test_a_line_that_is_too_long_ends_the_connection_with_a_word(shop: Shop, tmp_path: Path):
    answer = json.loads(await _say(tmp_path, b"x" * (REQUEST_BYTES_MAX * 3)))
    assert answer == {
        "ok": False,
        "usage": True,
        "error": f"a request has at most {REQUEST_BYTES_MAX} bytes",
    }


async def test_one_connection_may_ask_many_times(shop: Shop, tmp_path: Path):
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / SOCKET_NAME))
    for number in range(1, 50):
        line = {"verb": "look", "args": {"session": "DEMO", "at": number}}
        writer.write(json.dumps(line).encode() + b"\n")
        answer = json.loads(await asyncio.wait_for(reader.readline(), 10))
        assert answer["result"]["at"] == number
    writer.close()


async def test_more_connections_than_allowed_are_told_so(shop: Shop, tmp_path: Path):
    held = [await asyncio.open_unix_connection(str(tmp_path / SOCKET_NAME)) for _ in range(3)]
    for reader, writer in held:  # each is being served
        writer.write(b"{}\n")
        await asyncio.wait_for(reader.readline(), 10)
    with pytest.raises(Refused, match="too many connections"):
        await _ask(tmp_path, "look", {"session": "DEMO"})
    for _, writer in held:
        writer.close()


async def test_a_silent_connection_is_closed(tmp_path: Path):
    control = ControlServer(tmp_path / SOCKET_NAME, Shop().verbs, idle_s=0.05)
    await control.start()
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / SOCKET_NAME))
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
    await control.stop()


async def test_only_this_account_and_root_may_speak(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        server_module, "_peer", lambda _: ("mallory", False)
    )  # a second account needs privileges to make
    with pytest.raises(Refused, match="not your gateway"):
        await _ask(tmp_path, "look", {"session": "DEMO"})
    assert shop.calls == []


async def test_the_peers_account_is_what_the_kernel_says():
    one, other = socket.socketpair()
    with one, other:
        user, allowed = server_module._peer(one)
    assert allowed
    assert user


async def test_the_socket_is_for_its_owner_only(shop: Shop, tmp_path: Path):
    mode = (tmp_path / SOCKET_NAME).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


async def test_a_socket_left_by_a_killed_gateway_is_replaced(tmp_path: Path):
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / SOCKET_NAME))
    left.close()
    shop = Shop()
    control = ControlServer(tmp_path / SOCKET_NAME, shop.verbs)
    await control.start()
    assert (await _ask(tmp_path, "look", {"session": "A"}))["session"] == "A"
    await control.stop()


async def test_a_socket_that_somebody_listens_at_is_left_alone(shop: Shop, tmp_path: Path):
    second = ControlServer(tmp_path / SOCKET_NAME, Shop().verbs)
    with pytest.raises(OSError, match="another gateway listens"):
        await second.start()
    assert (await _ask(tmp_path, "look", {"session": "A"}))["session"] == "A"


async def test_a_data_directory_deep_below_works_too(tmp_path: Path):
    folder = tmp_path
    while len(os.fsencode(folder)) < 150:
        folder = folder / "a-long-name-for-a-folder"
    folder.mkdir(parents=True)
    control = ControlServer(folder / SOCKET_NAME, Shop().verbs)
    await control.start()
    assert (await _ask(folder, "look", {"session": "A"}))["session"] == "A"
    await control.stop()


async def test_without_a_gateway_the_client_says_so(tmp_path: Path):
    with pytest.raises(NotRunning, match="no gateway is running with"):
        await _ask(tmp_path, "look")
