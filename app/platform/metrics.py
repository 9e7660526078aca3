"""The numbers of this process in Prometheus' text format, for whoever knows METRICS_TOKEN.

https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4. A count is an addition, and this file is
all that the format needs; a library brings its own registry and takes several times as long for each count.
"""

import hmac
import os
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Flask, current_app, request
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from ideas.availability import is_away, note_away
from ideas.counters import COUNTERS, Histogram
from ideas.database import db
from ideas.models import Mail, MailState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# `{name: (help, function)}` in the extensions of the application: gauges of parts that this layer does not know.
GAUGES = "schwarm-gauges"

_STARTED_AT = time.time()


@dataclass(frozen=True)
class Metric:
    """One family: its samples are `(suffix, labels, value)`."""

    name: str
    kind: str
    words: str
    samples: tuple[tuple[str, dict[str, str], float], ...]


def init_app(app: Flask) -> None:
    app.extensions.setdefault(GAUGES, {})
    app.after_request(_count)


def _count(response: Response) -> Response:
    COUNTERS.requests[response.status_code // 100] += 1
    return response


def is_permitted() -> bool:
    """Whether this request carries the token; never where none is set. The comparison takes the same time always."""
    token = str(current_app.config["METRICS_TOKEN"])
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())


def text_of(app: Flask) -> str:
    """All metrics of this process."""
    return "".join(line + "\n" for metric in _metrics(app) for line in _lines(metric))


def _metrics(app: Flask) -> Iterator[Metric]:
    yield _count_of("messages_total", "Messages to sockets, one for each receiver.", COUNTERS.messages)
    yield _count_of("casts_total", "Casts that are on disk, over sockets and forms.", COUNTERS.casts)
    yield _count_of("casts_refused_total", "Casts that were refused by the rules.", COUNTERS.refused_casts)
    yield _count_of("marks_total", "Marks in these casts.", COUNTERS.marks)
    by_status = [("", {"status": f"{digit}xx"}, float(COUNTERS.requests[digit])) for digit in range(1, 6)]
    yield Metric("schwarm_requests_total", "counter", "Answered HTTP requests.", tuple(by_status))
    yield _histogram("cast_batch_size", "Casts in one transaction.", COUNTERS.batches)
    yield _histogram("commit_seconds", "The commits of write transactions.", COUNTERS.commits)
    yield _histogram("hub_lag_seconds", "How late the hub came to a timer.", COUNTERS.lags)
    waiting = _mails_waiting()
    if waiting is not None:
        yield _gauge("mails_waiting", "Mails that wait in the database, of all processes.", waiting)
    yield _gauge("database_up", "Whether the database answered.", waiting is not None)
    gauges: dict[str, tuple[str, Callable[[], float]]] = app.extensions[GAUGES]
    for name, (words, value) in gauges.items():
        yield _count_of(name, words, value()) if name.endswith("_total") else _gauge(name, words, value())
    yield from _of_process()


def _mails_waiting() -> int | None:
    """None if the database is away: the other numbers are wanted most then."""
    waiting = select(func.count()).select_from(Mail).where(Mail.state == MailState.WAITING)
    try:
        return db.session.scalar(waiting) or 0
    except SQLAlchemyError as error:
        if not is_away(error):
            raise
        note_away(error)
        return None


def _of_process() -> Iterator[Metric]:
    """The usual metrics of a process, under the names that dashboards know."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime
    yield Metric("process_cpu_seconds_total", "counter", "Processor time.", (("", {}, seconds),))
    yield Metric("process_start_time_seconds", "gauge", "When the process began, since 1970.", (("", {}, _STARTED_AT),))
    try:
        with open("/proc/self/statm") as statm:
            memory = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        files = len(os.listdir("/proc/self/fd"))
    except OSError:  # not Linux
        return
    yield Metric("process_resident_memory_bytes", "gauge", "Memory.", (("", {}, memory),))
    yield Metric("process_open_fds", "gauge", "Open files.", (("", {}, files),))


def _count_of(name: str, words: str, value: float) -> Metric:
    return Metric(f"schwarm_{name}", "counter", words, (("", {}, value),))


def _gauge(name: str, words: str, value: float) -> Metric:
    return Metric(f"schwarm_{name}", "gauge", words, (("", {}, value),))


def _histogram(name: str, words: str, histogram: Histogram) -> Metric:
    samples: list[tuple[str, dict[str, str], float]] = []
    below = 0
    for bound, count in zip((*map(str, histogram.bounds), "+Inf"), histogram.counts, strict=True):
        below += count
        samples.append(("_bucket", {"le": bound}, below))
    samples += [("_sum", {}, histogram.total), ("_count", {}, below)]
    return Metric(f"schwarm_{name}", "histogram", words, tuple(samples))


def _lines(metric: Metric) -> Iterator[str]:
    words = metric.words.replace("\\", "\\\\").replace("\n", "\\n")
    yield f"# HELP {metric.name} {words}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for suffix, labels, value in metric.samples:
        inside = ",".join(f'{name}="{_escaped(label)}"' for name, label in labels.items())
        yield f"{metric.name}{suffix}{f'{{{inside}}}' if inside else ''} {_number(value)}"


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
