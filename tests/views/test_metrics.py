"""The numbers for operators: absent without the token, and in the text format of Prometheus."""

import re

import pytest

from app.platform import metrics
from ideas.counters import COUNTERS, Histogram
from ideas.services import ballots
from tests import factories

# https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
NUMBER = r"[+-]?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Inf)|NaN"
SAMPLE = re.compile(rf"({NAME})((?:\{{{LABEL}(?:,{LABEL})*\}})?) ({NUMBER})")
HELP = re.compile(rf"# HELP ({NAME}) (?:[^\\\n]|\\\\|\\n)+")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram)")


def parse(text: str) -> dict[str, dict[str, float]]:
    """Read an exposition strictly. :return: by family, its samples. :raise AssertionError:"""
    assert text.endswith("\n")
    families: dict[str, dict[str, float]] = {}
    kinds: dict[str, str] = {}
    lines = iter(text.removesuffix("\n").split("\n"))
    name = ""
    for line in lines:
        if line.startswith("#"):
            found = HELP.fullmatch(line)
            assert found, line
            name = found[1]
            assert name not in families, f"{name} comes twice"
            kind = TYPE.fullmatch(next(lines))
            assert kind, line
            assert kind[1] == name
            kinds[name], families[name] = kind[2], {}
            continue
        found = SAMPLE.fullmatch(line)
        assert found, line
        suffixes = ("_bucket", "_sum", "_count") if kinds[name] == "histogram" else ("",)
        assert found[1] in [name + suffix for suffix in suffixes], f"{line} stands below {name}"
        sample = found[1].removeprefix(name) + found[2]
        assert sample not in families[name], line
        families[name][sample] = float(found[3])
    for name, samples in families.items():
        assert samples, name
        if kinds[name] == "histogram":
            buckets = [value for sample, value in samples.items() if sample.startswith("_bucket")]
            assert buckets == sorted(buckets)
            assert samples['_bucket{le="+Inf"}'] == samples["_count"]
            assert "_sum" in samples
    return families


@pytest.fixture
def operator(app, client):
    app.config["METRICS_TOKEN"] = "for the operator"
    return lambda token="for the operator": client.get("/metrics", headers={"Authorization": f"Bearer {token}"})


def test_without_a_token_there_are_no_numbers(app, client, operator):
    assert operator().status_code == 200
    assert operator("for the operato").status_code == operator("").status_code == 404
    assert client.get("/metrics").status_code == 404

    app.config["METRICS_TOKEN"] = ""
    assert operator("").status_code == client.get("/metrics").status_code == 404


def test_the_numbers_follow_the_format_and_count(operator):
    before = parse(operator().text)
    room = factories.room(factories.company())
    author, voter = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    factories.mark(room, voter, {idea: 1})

    response = operator()
    after = parse(response.text)

    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    for name in ("casts_total", "marks_total"):
        assert after[f"schwarm_{name}"][""] == before[f"schwarm_{name}"][""] + 1
    assert after["schwarm_commit_seconds"]["_count"] > before["schwarm_commit_seconds"]["_count"]
    assert after["schwarm_cast_batch_size"]["_count"] == before["schwarm_cast_batch_size"]["_count"] + 1
    assert after["schwarm_requests_total"]['{status="2xx"}'] > before["schwarm_requests_total"]['{status="2xx"}']
    assert {"schwarm_sockets", "schwarm_rooms", "schwarm_mails_waiting", "schwarm_hub_lag_seconds"} <= after.keys()


def test_hostile_words_are_escaped():
    family = metrics.Metric("x", "gauge", "a\\b\nc", (("", {"l": 'q"\\\n'}, 1.5),))

    assert list(metrics._lines(family)) == ["# HELP x a\\\\b\\nc", "# TYPE x gauge", 'x{l="q\\"\\\\\\n"} 1.5']
    parse("\n".join(metrics._lines(family)) + "\n")


def test_the_reader_of_this_test_refuses_wrong_lines():
    good = "# HELP x y\n# TYPE x counter\nx 1\n"
    assert parse(good) == {"x": {"": 1.0}}
    for wrong in (good.rstrip(), good + "x 1\n", good + "y 1\n", good * 2, good.replace("x 1", 'x{a="} 1')):
        with pytest.raises(AssertionError):
            parse(wrong)


def test_a_value_on_a_bound_belongs_to_it():
    histogram = Histogram((1, 2))
    for value in (0.5, 1, 1.5, 2, 3):
        histogram.note(value)

    assert (histogram.counts, histogram.total) == ([2, 2, 1], 8.0)


def test_refused_casts_are_counted_apart(app):
    room = factories.room(factories.company())
    author = factories.participant(room)
    idea = factories.idea(room, author)
    casts, refused = COUNTERS.casts, COUNTERS.refused_casts

    assert ballots.cast_ballots([factories.cast(room, author, {idea: 1})])[0].error, "nobody votes on an own idea"

    assert (COUNTERS.casts, COUNTERS.refused_casts) == (casts, refused + 1)
