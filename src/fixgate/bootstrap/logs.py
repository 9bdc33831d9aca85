"""Where log lines go: stderr, one line each.

Here: configure_logging().
Not here: the message log, which is the journal.
"""

import logging
import sys

import structlog


def configure_logging(level: str) -> None:
    """Write log lines of ``level`` and above to stderr, as text for people."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
