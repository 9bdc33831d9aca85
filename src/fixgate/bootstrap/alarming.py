"""What people are told of, and how, as the configuration says.

Here: Alarming: the watches at the edge, the log, the webhooks.
Not here: what each of them does (application.noticing, application.alarms, adapters.webhooks).
"""

import os
from collections.abc import Callable

import structlog

from fixgate.adapters.clock_reading import ClockWatch
from fixgate.adapters.webhooks.sender import Target, Webhook
from fixgate.application.alarms import Alarms
from fixgate.application.inbox import Inbox
from fixgate.application.noticing import (
    BookWatch,
    Followed,
    JournalWatch,
    Noticer,
    RejectWatch,
    VenueWatch,
    Verdicts,
)
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.journal import AlertRow
from fixgate.application.ports.market import Market
from fixgate.bootstrap.loading import ConfigurationError
from fixgate.bootstrap.settings import (
    AlertSettings,
    CcxtSettings,
    Configuration,
    WebhookSettings,
)
from fixgate.domain.events import AlertRaised
from fixgate.domain.ids import VenueName
from fixgate.domain.state import State

log = structlog.get_logger("fixgate")


class Alarming:
    """Everything that raises and tells alerts beside the core.

    away: whether nothing can be written to the journal for now.

    Raises:
        ConfigurationError: the secret of a webhook is not in the environment.
    """

    def __init__(
        self,
        configuration: Configuration,
        clock: Clock,
        state: State,
        inbox: Inbox,
        *,
        market: Market,
        verdicts: Verdicts,
        away: Callable[[], bool],
    ) -> None:
        settings = configuration.gateway.alerts
        self._webhooks = [Webhook(_target(each), clock) for each in settings.webhook]
        hearers = [_log, *(each.hear for each in self._webhooks)]
        self._alarms = Alarms(hearers, after_ns=again_after_ns(settings))
        venues = [VenueName(each.name) for each in configuration.venues]
        self._noticer = Noticer(
            (
                VenueWatch(
                    venues,
                    lambda name: state.venues_up.get(name, False),
                    after_ns=int(settings.venue_down_after_s * 1e9),
                ),
                BookWatch(_followed(configuration), market),
                RejectWatch(
                    verdicts,
                    share=settings.reject_share,
                    orders_min=settings.reject_orders_min,
                    window_s=settings.reject_window_s,
                ),
                JournalWatch(inbox, away, lag_ns=int(settings.journal_lag_s * 1e9)),
                ClockWatch(offset_max_ms=settings.clock_offset_max_ms),
            ),
            inbox,
            away=away,
            tell=self.take,
        )

    def start(self) -> None:
        """Be ready to tell."""
        for each in self._webhooks:
            each.start()

    def stop(self) -> None:
        """Tell nobody any more."""
        for each in self._webhooks:
            each.stop()

    def look(self, now_ns: int) -> None:
        """Once a second: is there anything to notice?"""
        self._noticer.look(now_ns)

    def take(self, alert: AlertRaised, at_ns: int) -> None:
        """An alert for people."""
        self._alarms.take(alert, at_ns)


def _followed(configuration: Configuration) -> dict[VenueName, Followed]:
    """Whose prices come from outside this process."""
    return {
        VenueName(each.name): Followed(
            symbols=each.followed, stale_after_ns=int(each.market_data_stale_after_s * 1e9)
        )
        for each in configuration.venues
        if isinstance(each, CcxtSettings)
    }


def again_after_ns(settings: AlertSettings) -> int:
    """How long the same is one alert."""
    return int(settings.again_after_s * 1e9)


def _target(settings: WebhookSettings) -> Target:
    secret = None
    if settings.secret_env is not None:
        given = os.environ.get(settings.secret_env)
        if not given:
            raise ConfigurationError(
                f"alerts.webhook: environment variable {settings.secret_env} is not set"
            )
        secret = given.encode()
    return Target(url=settings.url, secret=secret, timeout_s=settings.timeout_s)


def _log(alert: AlertRow) -> None:
    log.warning("alert", subject=alert.subject, text=alert.text, order_id=alert.order_id)
