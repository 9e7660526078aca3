"""The PDF of a report: texts are set as they were typed, the file is tagged, and equal data make equal bytes."""

import io
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ideas.errors import TaskDied
from ideas.typesetting import fonts, typeset
from ideas.worker import SentFile, Worker
from tests import factories

LONG_WORD = "Lebensmittelverpackungsverzichte"


def typed(words, rtl=False):
    return {"words": words, "rtl": rtl}


def row(place, words):
    return {
        "place": str(place),
        "title": typed(words),
        "state": {"key": "chosen", "words": "Chosen"},
        "counts": "11 of 12 yes",
        "label": "92 %, between 65 % and 99 %",
        "score": "92 %",
        "at": 0.92,
        "low": 0.65,
        "high": 0.99,
        "few": place == 2,
        "bars": [{"start": 0.0, "share": 0.4, "depth": 0.2}, {"start": 0.4, "share": 0.6, "depth": 0.9}],
    }


def report(words="Boxes that come back", *, rows=8, **fields):
    """The data of a report in which every text that people type is `words`."""
    cuts = [(rows, 3), (3, 1), (1, 0)]
    return {
        "language": "de",
        "typed": "de",
        "title": typed(words),
        "organisation": typed(words),
        "from": "Mill & Oven",
        "foot": "Report",
        "page": "Page {n} of {m}",
        "warnings": ["This was a rehearsal."],
        "decided": [f"The organisation chose \u2068{words}\u2069."],
        "figures": [{"number": "12", "unit": "people"}],
        "pictures": [{"file": "picture-0", "title": typed(words), "alt": words}],
        "verdict": {
            "lead": {"kicker": "Place 1", "titles": [typed(words)], "more": "", "sentences": ["Both agree."]},
            "rows": [{"place": "1", "title": typed(words), "said": "votes 1, jury 1"}],
        },
        "votes": [
            {
                "prompt": typed(words),
                "lead": {"kicker": "Place 1", "titles": [typed(words)], "more": "", "sentences": ["11 say yes."]},
                "ticks": [{"at": 0.0, "label": "0 %"}, {"at": 1.0, "label": "100 %"}],
                "rows": [row(place, words) for place in range(1, rows + 1)],
            }
        ],
        "outcomes": {
            "counts": "Chosen: 1",
            "ahead": [{"state": {"key": "chosen", "words": "Chosen"}, "title": typed(words), "reason": typed(words)}],
        },
        "prizes": [{"prize": typed(words), "amount": "€100.00", "title": typed(words)}],
        "debated": [
            {"place": "1 · ", "title": typed(words), "pro": typed(words), "contra": typed(""), "more": "1 more"}
            for _ in range(3)
        ],
        "chart": {
            "dots": [{"x": 0.3, "y": 0.5}, {"x": 1.0, "y": 1.0}],
            "label": "6 of 12 after a minute",
            "end": "3 minutes",
            "people": "12",
            "sentence": "Half after a minute.",
            "note": "At least five.",
        },
        "facts": ["New ideas appeared without approval."],
        "digest": "ab" * 32,
        "address": "https://example.org/result",
        "qr": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><path d="M0 0h1v1z"/></svg>',
        "words": {
            **dict.fromkeys(
                ("result", "place", "idea", "score", "verdict", "outcomes", "prizes", "arguments", "rule"), "Word"
            ),
            **dict.fromkeys(("pro", "contra", "none", "turnout", "start", "facts", "address", "check", "qr"), "Word"),
        },
        "cuts": [
            {"votes": [{"places": n, "more": f"{rows - n} more ideas"}], "debated": k, "answers": 1, "pictures": 1}
            for n, k in cuts
        ],
        **fields,
    }


def pdf(data, pictures=None):
    out = io.BytesIO()
    typeset(out, "report", data, {"picture-0": PICTURE} if pictures is None else pictures)
    return out.getvalue()


PICTURE = factories.picture("WEBP", (64, 48)).getvalue()


def read(data):
    return pypdf.PdfReader(io.BytesIO(data))


def text_of(data):
    """The words of a PDF without spaces and hyphens, since lines break."""
    found = "".join(page.extract_text() for page in read(data).pages)
    return "".join(found.split()).replace("-", "").replace("\u2010", "").replace("\u00ad", "")


HOSTILE = {
    "a function": '#read("/etc/passwd")',
    "a function with a bracket": '#{ panic("x") } ] ) }',
    "mathematics": "$ x^2 $ and $5",
    "a backslash": r"C:\new\test \u{41} \ ",
    "shapes": "*bold* _thin_ `raw` = heading",
    "a label": "<pages> @ref",
    "a comment": "a // b /* c */",
    "an address": "https://example.org/?a=1&b=2",
    "an escape of JSON": '", "title": {"words": "x"} \\u0041 \\"',
    "an import": '#import "@preview/cetz:0.3.0"',
    "Chinese and Korean": "漢字の箱 한글 상자",
    "Greek and Cyrillic": "Ελληνικά Русский",
    "a long word": LONG_WORD * 3,
    "emoji": "Boxes 😀 ☕",
}


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_texts_of_people_are_set_letter_for_letter(words):
    found = text_of(pdf(report(words)))

    assert "".join(words.split()).replace("-", "") in found
    assert "root:" not in found


SCRIPTS = {
    "Hebrew": "שלום לכולם",
    "Arabic": "مرحبا بالجميع",
    "Thai": "ไทย",
    "Hindi": "हिन्दी",
    "joined emoji": "👨\u200d👩\u200d👧 👍🏽 🇩🇪",
    "overrides": "a\u202eb\u2066c",
    "many marks": "e\u030b\u0301\u0302",
}


@pytest.mark.parametrize("words", SCRIPTS.values(), ids=SCRIPTS)
def test_other_scripts_and_joined_letters_are_set(words):
    assert fonts.letters() >= {ord(c) for c in words}

    assert len(read(pdf(report(words))).pages) <= 2


def test_a_letter_that_no_font_has_is_a_square():
    unknown = "\U0001d538\ue000\x07\x00\ufeff"
    assert not fonts.letters() & {ord(c) for c in unknown}

    assert "a□□□□□b" in text_of(pdf(report(f"a{unknown}b")))


def test_a_letter_that_cannot_be_displayed_after_all_costs_the_standard_and_not_the_report(monkeypatch, caplog):
    everything = frozenset(range(0x110000))
    monkeypatch.setattr(fonts, "letters", lambda: everything)

    found = read(pdf(report("a\U0001d538b")))

    assert "PDF/UA-1" in caplog.text
    assert found.trailer["/Root"]["/MarkInfo"]["/Marked"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=220), st.booleans())
def test_any_text_makes_a_report_of_at_most_two_pages(words, rtl):
    data = report(words or "x")
    data["title"] = typed(words or "x", rtl)

    assert len(read(pdf(data)).pages) <= 2


def test_too_long_a_report_shows_less():
    found = pdf(report(" ".join([LONG_WORD] * 5), rows=60))

    assert len(read(found).pages) <= 2
    assert "57moreideas" in text_of(found)


def test_the_pdf_is_tagged_and_has_a_language_a_title_and_texts_for_pictures():
    data = report("Boxes <that> come back")

    found = read(pdf(data))

    root = found.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "de"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert found.metadata.title == "Boxes <that> come back"
    assert found.xmp_metadata.stream.get_data().count(b"<pdfuaid:part>1</pdfuaid:part>") == 1
    tags = list(tags_of(root["/StructTreeRoot"]))
    assert {"/H1", "/H2", "/H3", "/Table", "/TH", "/TD", "/Figure", "/L", "/Link"} <= {tag["/S"] for tag in tags}
    described = [tag["/Alt"] for tag in tags if tag["/S"] == "/Figure"]
    assert described.count("92 %, between 65 % and 99 %") == 8
    assert {"6 of 12 after a minute", "Boxes <that> come back", "Word"} <= set(described)
    assert "Page1of2" in text_of(pdf(data))


def tags_of(node):
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        found = kid.get_object()
        if isinstance(found, dict) and "/S" in found:
            yield found
            yield from tags_of(found)


def test_equal_data_make_equal_bytes():
    assert pdf(report()) == pdf(report())
    assert pdf(report()) != pdf(report("Others"))


def test_a_picture_that_is_missing_fails_without_harm():
    with pytest.raises(RuntimeError, match="not found"):
        pdf(report(), pictures={})


def test_a_report_without_the_fonts_of_other_scripts_has_squares(monkeypatch):
    monkeypatch.setattr(fonts, "FALLBACK_PACKAGES", ())
    fonts.letters.cache_clear()
    try:
        assert "a???b" in text_of(pdf(report("a漢字😀b")))
    finally:
        monkeypatch.undo()
        fonts.letters.cache_clear()


@pytest.fixture
def working():
    started = Worker()
    yield started
    started.stop()


def test_the_worker_makes_two_reports_at_once_within_its_memory(working):
    found = {}

    def make(n):
        with working.run_to_file(typeset, "report", report(f"Report {n}"), {"picture-0": PICTURE}) as file:
            found[n] = file.read()

    threads = [threading.Thread(target=make, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [text_of(found[n]).count(f"Report{n}") > 0 for n in range(2)] == [True, True]
    assert working.starts == 1


def test_a_worker_that_is_killed_fails_one_report_and_makes_the_next(working, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(make_until_the_worker_dies, working, tmp_path / "out")
        while not (tmp_path / "out").exists() and not made.done():
            time.sleep(0.001)
        os.kill(working.pid, signal.SIGKILL)

        assert isinstance(made.exception(), TaskDied)

    with working.run_to_file(typeset, "report", report(), {"picture-0": PICTURE}) as file:
        assert file.read(5) == b"%PDF-"


def make_until_the_worker_dies(working, path):
    while True:
        working.run(typeset, SentFile(path, "w+b"), "report", report(), {"picture-0": PICTURE})
