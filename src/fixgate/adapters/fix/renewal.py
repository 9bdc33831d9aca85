"""Sequence numbers that begin again, or go on from others.

Here: Renewal, of one session: at its time, by the client's Logon (141=Y), or by an operator. What
was never written under the old numbers is handed back, since nobody can ask for it any more.
Not here: when the time is (server), the numbers themselves (sender, engine).
"""

from collections.abc import Callable
from typing import Protocol

from fixgate.adapters.fix.beginning import Beginning
from fixgate.adapters.fix.engine import EngineSession, Taken
from fixgate.adapters.fix.repeater import Repeater
from fixgate.adapters.fix.sender import Sender
from fixgate.adapters.fix.undelivered import Undelivered
from fixgate.adapters.fix.untaken import Untaken
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.journal import Sent
from fixgate.domain.errors import require


class Renewed(Protocol):
    """The session whose numbers they are."""

    @property
    def connected(self) -> bool:
        """Whether a connection belongs to it."""
        ...

    def logout(self, text: str) -> None:
        """Send Logout and wait for the client's."""
        ...

    def note_prices(self) -> None:
        """Put on record what was sent past the core."""
        ...

    def after(self, taken: Taken, why: str) -> None:
        """Write what the engine sent; end the connection if it wants that."""
        ...


class Renewal:
    """Of one session.

    began: when and where its numbers last began at 1.
    durable: told, when they have begun again at their time, what to call once that is durable.
    pending: why they are about to begin again, if they are: nobody may log on meanwhile.
    """

    def __init__(
        self,
        session: Renewed,
        engine: EngineSession,
        sender: Sender,
        repeater: Repeater,
        undelivered: Undelivered,
        *,
        untaken: Untaken,
        began: Beginning,
        sent: Sent,
        clock: Clock,
    ) -> None:
        self.began = began
        self.durable: Callable[[Callable[[], None]], None] = lambda durable: durable()
        self.pending: str | None = None
        self._session = session
        self._engine = engine
        self._sender = sender
        self._repeater = repeater
        self._undelivered = undelivered
        self._untaken = untaken
        self._sent = sent
        self._clock = clock
        repeater.numbers_began(began.place)

    # --- at their time

    def request(self, text: str) -> None:
        """Log out if need be, then begin again from 1 on both sides."""
        if self.pending is None:
            self.pending = text
            if self._session.connected:
                self._session.logout(text)
        self.go_on()

    def go_on(self) -> None:
        """The next step, once the client has gone and no commit is under way."""
        if self.pending is None or self._session.connected:
            return
        if self.try_set(next_sender=1, next_target=1):
            self.pending = None
            self._begin_here()
            self.durable(self.began.keep)

    def reschedule(self) -> None:
        """There is another schedule: a boundary of it that has passed was none when it passed."""
        self.began.begin(self._clock.now_ns(), self.began.place)
        self.began.keep()

    # --- by the client

    def by_logon(self, feed: Callable[[], None]) -> None:
        """Begin again with the client's Logon, which ``feed`` gives to the engine."""
        hand_back = self._to_hand_back()
        self._untaken.forget()
        self._begin()
        self._sender.numbers_begin()
        self.began.keep()
        feed()
        hand_back()

    # --- by an operator

    def try_reset(self) -> bool:
        """Begin again from 1 on both sides; False while reports are being committed."""
        if self._sender.in_flight:
            return False
        hand_back = self._to_hand_back()
        self._untaken.forget()
        self._begin()
        self._session.after(self._sender.reset(), "the sequence numbers were reset")
        hand_back()
        return True

    def try_set(self, *, next_sender: int | None, next_target: int | None) -> bool:
        """Go on from these numbers; False while reports are being committed.

        The connection must have ended. Nothing sent under a number that is now used again can be
        asked for any more.
        """
        require(not self._session.connected, "numbers are set while a client is connected")
        if self._sender.in_flight:
            return False
        if next_sender is not None:
            begins = next_sender < self._engine.next_sender
            hand_back = self._to_hand_back()
            if begins:
                self._begin()
            self._sender.set_next(next_sender)
            if begins:
                hand_back()
        if next_target is not None:
            self._untaken.forget()
            self._engine.next_target = next_target
        return True

    # --- the rest

    def _begin(self) -> None:
        self._session.note_prices()  # what was sent under the old numbers
        self._repeater.numbers_begin()
        self._begin_here()

    def _begin_here(self) -> None:
        self.began.begin(self._clock.now_ns(), self._sent.position())

    def _to_hand_back(self) -> Callable[[], None]:
        """Called once the new numbers hold: hands back what the old ones still owe."""
        unwritten, since = self._sender.unwritten(), self._repeater.since

        def hand_back() -> None:
            if unwritten is not None:
                self._undelivered.hand_back(unwritten, since=since)

        return hand_back
