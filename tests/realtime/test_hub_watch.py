"""A hub that is late is counted, and named in the log once a minute."""

import logging

from ideas.counters import COUNTERS
from realtime import hub_watch
from realtime.hub_watch import HubWatch


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_a_late_hub_is_named_once_a_minute_with_its_longest_delay(caplog):
    clock = Clock()
    watch = HubWatch(lambda _: None, clock)
    counted = sum(COUNTERS.lags.counts)

    for late in (0.01, 0.09, 0.25):
        watch.note(late)
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    assert "by 250 ms at the most, and 1 times by more than 100 ms" in caplog.text

    for late in (0.4, 0.7, 0.2):
        clock.now += 10
        watch.note(late)
    assert len(caplog.records) == 1, "once a minute"
    clock.now += 60
    watch.note(0.02)
    assert "by 700 ms at the most, and 3 times" in caplog.records[1].message
    assert sum(COUNTERS.lags.counts) == counted + 7


def test_the_delay_is_what_a_pause_takes_too_long():
    class Over(Exception):
        pass

    clock, noted = Clock(), []

    def sleep(seconds):
        if noted:
            raise Over
        clock.now += seconds + 0.3

    watch = HubWatch(sleep, clock)
    watch.note = noted.append
    try:
        watch.run()
    except Over:
        assert [round(late, 6) for late in noted] == [0.3]
    assert hub_watch.TICK_SECONDS <= hub_watch.WARN_SECONDS
