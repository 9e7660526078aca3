"""On whose behalf this thread or green thread works, for the lines of the log: ids that say nothing of a person."""

from contextvars import ContextVar

# The number of the HTTP request, as in its answer's X-Request-ID.
REQUEST: ContextVar[str] = ContextVar("request", default="")
# The id of the socket whose event is handled.
SOCKET: ContextVar[str] = ContextVar("socket", default="")
