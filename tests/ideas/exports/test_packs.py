"""A pack recounts without the server, and it holds no ballot."""

import ast
import hashlib
import io
import itertools
import json
import random
import runpy
import subprocess
import sys
import zipfile
from collections import Counter

import pytest

from ideas import journal
from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.exports import pack
from ideas.exports.pack import write_pack
from ideas.exports.pack.verifying import verify
from ideas.models import Anonymity, Challenge, Entry, FlagKind, JournalEntry, Participant, Stance, TieRule
from ideas.prizes import PrizePlan, PrizeRules
from ideas.queries.awards import order_of, proposed, version_of
from ideas.queries.counts import (
    AskedQuestion,
    ScoredCriterion,
    _published_counts,
    _published_criterion,
    values_by_entry,
)
from ideas.services import flags, guests, ideas, moderation
from ideas.services.arguments import withdraw_argument
from ideas.services.awards import give_awards
from ideas.voting.rules import Grades, rule_of
from ideas.voting.scores import Counts, scores
from ideas.voting.verdict import Criterion, scored
from tests import crowds, factories, verdicts
from tests.doubles import partly_here


def packed(room):
    db.session.rollback()
    out = io.BytesIO()
    write_pack(db.session(), room.round, out)
    return out.getvalue()


def files_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def write_files(path, files):
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return path


@pytest.fixture
def recount(tmp_path):
    """Run the script that the pack contains, alone in a folder, without the packages of the server."""

    def run(data, *arguments):
        file, script = tmp_path / "pack.zip", tmp_path / "recount.py"
        file.write_bytes(data) if isinstance(data, bytes) else write_files(file, data)
        script.write_bytes((pack.HERE / pack.SCRIPT).read_bytes())
        command = [sys.executable, "-I", str(script), str(file), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    return run


def wrong(said):
    return [line.removeprefix("WRONG").strip() for line in said.stdout.splitlines() if line.startswith("WRONG")]


@pytest.fixture
def full(app, noise):
    """A room with ideas and arguments of every status, a picture, and a guest whose marks were combined."""
    room = factories.room()
    ann, ben, cy = (factories.participant(room, name) for name in ("Ann 1", "Ben 2", "Cy 3"))
    good = factories.idea(room, ann, "Good idea", "With a text", factories.picture())
    bad, hidden = factories.idea(room, ben, "Bad idea"), factories.idea(room, ben, "Hidden words")
    back = factories.idea(room, cy, "Withdrawn words")
    ideas.edit_idea(ben.actor, bad, ideas.IdeaForm("Better idea", ""))
    factories.argument(good, ben, "It is good", Stance.FOR)
    withdraw_argument(cy.actor, factories.argument(good, cy, "Regretted words", Stance.AGAINST))
    account = factories.account()
    holder = factories.participant(room, "Account 4", account)
    factories.mark(room, ben, {good: 1})
    factories.mark(room, cy, {good: 1, bad: -1, hidden: 1})
    factories.mark(room, cy, {bad: 1})
    factories.mark(room, holder, {good: 1, bad: -1})
    guests.adopt_guest(cy.actor.person_id, account.account_id)
    moderation.hide_idea(room.owner, hidden, "Off topic")
    ideas.withdraw_idea(holder.actor, back)
    factories.close(room)
    return room


def test_the_pack_of_a_full_room_recounts(full, recount):
    said = recount(packed(full))

    assert (said.returncode, wrong(said)) == (0, []), said.stdout + said.stderr
    assert "2 entries have the places that were counted" in said.stdout
    assert "3 texts have the digests of the journal" in said.stdout


def test_two_packs_of_one_round_are_equal_bytes(full):
    assert packed(full) == packed(full)


def test_the_pack_holds_words_and_pictures_of_visible_ideas_only(full):
    files = files_of(packed(full))

    everything = b"".join(files.values())
    shown = {row["title"]: row for row in json.loads(files["ideas.json"]) if "title" in row}
    assert set(shown) == {"Good idea", "Better idea"}
    assert shown["Good idea"]["author"] == "Ann 1"
    assert files[shown["Good idea"]["picture"]].startswith(b"RIFF")
    assert [row["status"] for row in json.loads(files["ideas.json"])] == ["visible", "visible", "hidden", "withdrawn"]
    for words in (b"Hidden words", b"Withdrawn words", b"Regretted words", b"Off topic", b"Noise"):
        assert words not in everything


def test_the_pack_holds_every_number_and_link_of_the_journal(full):
    lines = [json.loads(line) for line in files_of(packed(full))["journal.jsonl"].splitlines()]

    rows = db.session.scalars(
        db.select(JournalEntry).filter_by(chain_id=full.chain_id).order_by(JournalEntry.seq)
    ).all()
    assert [(line["seq"], line["h"]) for line in lines] == [(row.seq, row.h.hex()) for row in rows]
    hidden = {row.kind for row, line in zip(rows, lines, strict=True) if "body" not in line}
    assert hidden == {"mark", "exclude", "join", "combine", "result", "assess"}


def test_a_pack_holds_no_pseudonym_and_no_secret(full):
    everything = b"".join(files_of(packed(full)).values())

    people = db.session.scalars(db.select(Participant).filter_by(challenge_id=full.id)).all()
    for person in people:
        assert journal.pseudonym(full.round.key, person.secret).encode() not in everything
        assert person.secret.hex().encode() not in everything
    assert full.round.key.hex().encode() not in everything


@pytest.mark.parametrize("rule", crowds.RULES)
def test_every_rule_recounts_for_a_crowd(app, recount, rule):
    said = recount(packed(crowds.closed(rule, QuestionPlan("approval", "Doable?"))))

    assert (said.returncode, wrong(said)) == (0, []), said.stdout + said.stderr
    assert said.stdout.count("entries have the places") == 2


@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "approval", "ranked"))
def test_every_rule_recounts_with_ties_unread_and_hidden_ideas(app, recount, rule):
    room, people = crowds.group(rule, voters=3)
    for _ in range(3):
        factories.idea(room, people[0])
    moderation.hide_idea(room.owner, factories.idea(room, people[1]), "")
    moderation.hide_idea(room.owner, db.session.scalars(db.select(Entry.idea_id).order_by(Entry.id)).all()[2], "")
    factories.close(room)

    said = recount(packed(room))

    assert (said.returncode, wrong(said)) == (0, []), said.stdout + said.stderr
    claimed = [row["place"] for row in json.loads(files_of(packed(room))["ranking.json"])[0]["ranking"]]
    assert len(set(claimed)) < len(claimed) == 8


@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "pairs", "stars"))
def test_a_round_without_ideas_or_votes_recounts(app, recount, rule):
    empty, unvoted = (factories.room(questions=(QuestionPlan(rule),)) for _ in range(2))
    factories.idea(unvoted, factories.participant(unvoted))
    for room in (empty, unvoted):
        factories.close(room)

        said = recount(packed(room))

        assert (said.returncode, wrong(said)) == (0, []), said.stdout + said.stderr


@pytest.mark.parametrize("percent", partly_here([0, 55, 100], 55))
@pytest.mark.parametrize("grades", verdicts.JURIES.values(), ids=verdicts.JURIES)
def test_the_order_of_crowd_and_jury_recounts(app, recount, grades, percent):
    said = recount(packed(verdicts.closed(grades, percent)))

    assert (said.returncode, wrong(said)) == (0, []), said.stdout + said.stderr
    assert f"crowd and jury ({percent} %): {len(grades)} entries have the scores and places" in said.stdout


@pytest.mark.parametrize("column", range(6), ids=["entry", "place", "crowd", "jury", "score", "of"])
def test_a_changed_verdict_is_found(app, recount, column):
    files = files_of(packed(verdicts.closed(verdicts.DISAGREEING, 55)))
    counts = json.loads(files["counts.json"])
    counts["verdict"]["rows"][0][column] += 1

    said = recount(with_changed(files, "counts.json", journal.canonical(counts)))

    found = [line for line in wrong(said) if line.startswith("crowd and jury (55 %)")]
    assert (said.returncode, len(found)) == (1, 1)


@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "points", "grades"))
def test_exchanged_places_are_found(app, recount, rule):
    files = files_of(packed(crowds.closed(rule)))
    ranking = json.loads(files["ranking.json"])
    first, *_, last = ranking[0]["ranking"]
    first["place"], last["place"] = last["place"], first["place"]

    said = recount(with_changed(files, "ranking.json", json.dumps(ranking).encode()))

    assert said.returncode == 1
    assert "others when counted" in "".join(wrong(said))


def with_changed(files, name, data):
    """The files with one of them changed, and the manifest made anew, as an operator without the key can do it."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return {**files, name: data, "manifest.json": json.dumps(manifest).encode()}


def test_a_pack_does_not_tell_which_texts_were_flagged(app, recount):
    room = factories.room()
    author, reader = factories.participant(room), factories.participant(room)
    kept, hidden = factories.idea(room, author), factories.idea(room, author)
    for idea in (kept, hidden):
        flags.flag_idea(reader.actor, idea, flags.FlagForm(FlagKind.INSULTING, "Rude words"))
    factories.keep(room, room.owner, f"idea-{kept}")
    moderation.hide_idea(room.owner, hidden, "Insults someone")
    factories.mark(room, reader, {kept: 1})
    factories.close(room)

    files = files_of(packed(room))

    lines = [json.loads(line) for line in files["journal.jsonl"].splitlines()]
    rows = db.session.scalars(
        db.select(JournalEntry).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq)
    ).all()
    flagged = [line for row, line in zip(rows, lines, strict=True) if row.kind in ("flag", "flags")]
    assert len(flagged) == 4
    assert all("body" not in line for line in flagged)
    for word in (b"flag", b"Rude words", b"insulting", b"upheld"):
        assert not any(word in data for name, data in files.items() if name not in ("recount.py", "README.txt"))
    assert wrong(recount(packed(room))) == []


def test_changed_counts_are_found_by_the_journal(full, recount):
    files = files_of(packed(full))
    counts = json.loads(files["counts.json"])
    counts["questions"][0]["counts"][0][2] += 1

    said = recount(with_changed(files, "counts.json", journal.canonical(counts)))

    assert "the journal names other counts" in wrong(said)


def test_changed_words_are_found_by_the_journal(full, recount):
    files = files_of(packed(full))

    said = recount(with_changed(files, "ideas.json", files["ideas.json"].replace(b"Good idea", b"Evil idea")))

    assert "the words of entry" in "".join(wrong(said))


def test_any_changed_byte_of_a_named_file_is_found(full, recount):
    files = files_of(packed(full))

    for name in json.loads(files["manifest.json"])["files"]:
        data = bytearray(files[name])
        data[len(data) // 2] ^= 1
        said = recount({**files, name: bytes(data)})

        assert said.returncode in (1, 2), name
        assert f"{name} is not the file that the manifest names" in wrong(said)


def test_missing_and_strange_files_are_found(full, recount):
    files = files_of(packed(full))
    picture = next(name for name in files if name.startswith("pictures/"))

    assert wrong(recount({name: data for name, data in files.items() if name != picture})) == [f"{picture} is missing"]
    assert wrong(recount({**files, "more.txt": b""})) == ["the manifest does not name ['more.txt']"]


def test_a_receipt_is_found_also_of_a_mark_that_was_changed_later(app, recount):
    room = factories.room()
    idea, voter = factories.idea(room, factories.participant(room)), factories.participant(room)
    first, second = (factories.mark(room, voter, {idea: value}).receipt for value in (1, -1))
    factories.close(room)
    data = packed(room)

    said = recount(data, "--receipt", first, "--receipt", second)
    assert (said.returncode, said.stdout.count("of the receipt is in the journal")) == (0, 2), said.stdout
    seq, digits, key = first.split("-")
    for forged in (
        f"{int(seq) + 1}-{digits}-{key}",
        f"{seq}-{digits[::-1]}-{key}",
        f"999-{digits}-{key}",
        "7",
        f"0-{digits}-{key}",
    ):
        assert recount(data, "--receipt", forged).returncode == 1, forged


def test_a_head_that_was_kept_is_found_and_one_of_another_history_is_not(full, recount):
    row = db.session.scalars(db.select(JournalEntry).filter_by(chain_id=full.chain_id, seq=5)).one()
    data, digits = packed(full), row.h.hex()

    spaced = " ".join(digits[at : at + 4] for at in range(0, 16, 4))
    assert recount(data, "--head", f"5:{digits}", "--head", f"5: {spaced}").returncode == 0
    assert recount(data, "--head", f"6:{digits}").returncode == 1
    assert recount(data, "--head", f"5:{digits[:15]}").returncode == 1


def test_a_rewritten_history_breaks_the_chain(full, recount):
    files = files_of(packed(full))
    lines = files["journal.jsonl"].splitlines(keepends=True)

    for name, changed in (
        ("dropped", lines[:4] + lines[5:]),
        ("cut", lines[:-1]),
        ("swapped", lines[1::-1] + lines[2:]),
    ):
        said = recount(with_changed(files, "journal.jsonl", b"".join(changed)))
        assert said.returncode == 1, name


def test_redacted_words_are_gone_and_the_pack_still_recounts(full, recount):
    good = json.loads(files_of(packed(full))["ideas.json"])[0]["idea"]
    moderation.redact_idea(full.owner, good, "Unlawful")

    files = files_of(packed(full))

    assert b"Good idea" not in b"".join(files.values())
    assert not any(name.startswith("pictures/") for name in files)
    assert recount(files).returncode == 0


def test_a_round_hidden_for_good_shows_no_act_of_an_author(app, recount):
    room = factories.sealed_room()
    ann, ben = factories.participant(room, "Ann 1"), factories.participant(room, "Ben 2")
    good = factories.idea(room, ann, "Good idea")
    factories.argument(good, ben)
    factories.mark(room, ben, {good: 1})
    factories.close(room)

    files = files_of(packed(room))

    assert recount(files).returncode == 0
    [idea] = json.loads(files["ideas.json"])
    assert (idea["title"], idea.keys() & {"author", "salt", "written_at"}) == ("Good idea", set())
    bodies = [json.loads(line).get("body", "{}") for line in files["journal.jsonl"].splitlines()]
    kinds = {json.loads(body).get("kind") for body in bodies}
    assert kinds == {None, "open", "phase", "close", "counts"}
    assert room.round.challenge.anonymity == Anonymity.FOR_GOOD


@pytest.mark.parametrize("is_honest", [True, False])
def test_lots_for_prizes_are_drawn_again_from_the_seed_that_the_opening_bound(app, recount, is_honest):
    prizes = PrizeRules((PrizePlan("First", 500_00), PrizePlan("Second", 250_00)), tie=TieRule.DRAWN)
    room = factories.room(prizes=prizes)
    written = [factories.idea(room, factories.participant(room)) for _ in range(4)]
    factories.mark(room, factories.participant(room), dict.fromkeys(written, 1))
    factories.close(room)
    if not is_honest:
        db.session.execute(db.update(Challenge).filter_by(id=room.id).values(draw_seed=b"another seed".ljust(32)))
        db.session.commit()
    proposals = proposed(db.session(), room.round, order_of(db.session(), room.round))
    give_awards(room.owner, room.round_id, seen=version_of(db.session(), room.round, proposals))

    data = packed(room)

    said = recount(data)
    assert (said.returncode, wrong(said)) == ((0, []) if is_honest else (1, ["the draw is not that of the opening"]))
    assert ("ok     lots were drawn" in said.stdout) == is_honest
    [finding] = [found for found in verify(db.session(), data) if found.text.startswith("the lots")]
    assert finding.holds == is_honest


def test_the_script_imports_the_standard_library_only_and_is_short():
    source = (pack.HERE / pack.SCRIPT).read_text()

    modules = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert modules <= sys.stdlib_module_names
    assert len(source.splitlines()) <= 680


class TestAgainstTheProduct:
    """The script and the product rank random small counts alike; small numbers give many ties."""

    @pytest.fixture(scope="class")
    def script(self):
        return runpy.run_path(str(pack.HERE / pack.SCRIPT))

    @pytest.mark.parametrize("rule", crowds.RULES)
    def test_random_counts_get_equal_places(self, app, script, rule):
        draw, ballot_rule = random.Random(7), rule_of(rule, {})
        for _ in range(60):
            entries = list(range(1, draw.randint(2, 7)))
            counts = _random_counts(draw, ballot_rule, entries)
            asked = AskedQuestion(1, ballot_rule, counts, 0, {})
            question = _published_counts(asked, set(entries))

            found = script["places"](script["RULES"][rule](question, entries), 1e-8 if rule == "pairs" else 1e-12)

            assert found == {s.entry: s.place for s in scores(ballot_rule, entries, counts)}, (rule, counts)

    def test_random_grades_of_a_jury_give_equal_scores(self, script):
        draw = random.Random(7)
        for _ in range(200):
            entries, criteria = list(range(1, draw.randint(2, 7))), []
            for n in range(draw.randint(1, 3)):
                given = {e: [draw.randint(-1, 4) for _ in range(draw.randint(0, 5))] for e in entries}
                rows = [(e, 0, value, many) for e in entries for value, many in Counter(given[e]).items()]
                criteria.append(ScoredCriterion(n, Grades(steps=5), draw.randint(1, 3), 5, rows))
            shown = [_published_criterion(criterion, set(entries)) for criterion in criteria]

            found = script["jury_scores"](shown, entries)

            values = [Criterion(values_by_entry(c, set(entries)), 5, c.weight) for c in criteria]
            assert found == {s.entry: s.score for s in scored(values, entries) if s.score is not None}, shown


def _random_counts(draw, rule, entries):
    """Few people on few entries; entry 99 is not ranked."""
    subjects = list(itertools.combinations([*entries, 99], 2)) if rule.is_paired else [(e, 0) for e in [*entries, 99]]
    values = [v for v in range(-1, 4) if rule.takes(v)]
    if not rule.is_ordered:
        rows = [(*s, v, draw.randint(0, 3)) for s in subjects for v in values if draw.random() < 0.6]
        return Counts(9, rows)
    orders = []
    for _ in range(draw.randint(0, 5)):
        placed = draw.sample([*entries, 99], draw.randint(1, len(entries)))
        orders.append((draw.randint(1, 3), tuple((e, draw.randint(1, 3)) for e in placed)))
    return Counts(9, [], orders)
