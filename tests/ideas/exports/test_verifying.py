"""`verify` finds every change of a pack, also one by somebody who makes the manifest anew."""

import hashlib
import io
import json
import zipfile

import pytest

from ideas import journal, signing
from ideas.database import db
from ideas.exports.pack import write_pack
from ideas.exports.pack.verifying import NoPack, verify
from ideas.services import moderation
from tests import crowds, factories, verdicts
from tests.doubles import partly_here


def packed(room):
    db.session.rollback()
    out = io.BytesIO()
    write_pack(db.session(), room.round, out)
    return out.getvalue()


def files_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return out.getvalue()


def wrong(data, *arguments, **options):
    return [found.text for found in verify(db.session(), data, *arguments, **options) if not found.holds]


def signed_again(files):
    """The files with a manifest that fits them, signed with the key of the installation."""
    manifest = json.loads(files["manifest.json"])
    for name in manifest["files"]:
        of = {"bytes": len(files[name]), "sha256": hashlib.sha256(files[name]).hexdigest()}
        manifest["files"][name] = of
    data = json.dumps(manifest).encode()
    return {**files, "manifest.json": data, "manifest.sig": signing.sign(data).hex().encode()}


@pytest.fixture
def room(app, noise):
    of = factories.room()
    author, voter = factories.participant(of), factories.participant(of)
    good, bad = factories.idea(of, author, "Good", "", factories.picture()), factories.idea(of, author, "Bad")
    factories.argument(good, voter)
    receipts = [factories.mark(of, voter, {good: value, bad: -1}).receipt for value in (-1, 1)]
    factories.close(of)
    return of, receipts


@pytest.mark.parametrize("rule", crowds.RULES)
def test_the_pack_of_every_rule_is_right(app, rule):
    assert wrong(packed(crowds.closed(rule))) == []


@pytest.mark.parametrize("percent", partly_here([0, 55, 100], 100))
@pytest.mark.parametrize("grades", verdicts.JURIES.values(), ids=verdicts.JURIES)
def test_the_order_of_crowd_and_jury_is_right(app, grades, percent):
    found = verify(db.session(), packed(verdicts.closed(grades, percent)))

    assert [finding.text for finding in found if not finding.holds] == []
    assert "crowd and jury: scores and places are those of a count" in [finding.text for finding in found]


@pytest.mark.parametrize("column", range(6), ids=["entry", "place", "crowd", "jury", "score", "of"])
def test_another_order_of_crowd_and_jury_is_found(app, column):
    files = files_of(packed(verdicts.closed(verdicts.DISAGREEING, 55)))
    counts = json.loads(files["counts.json"])
    counts["verdict"]["rows"][0][column] += 1
    files["counts.json"] = journal.canonical(counts)

    assert "crowd and jury: scores and places are not those of a count" in wrong(zipped(signed_again(files)))


@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "grades", "pairs"))
def test_ties_and_hidden_ideas_are_right_too(app, rule):
    of, people = crowds.group(rule, voters=3)
    moderation.hide_idea(of.owner, factories.idea(of, people[0]), "")
    factories.idea(of, people[0])
    factories.close(of)

    assert wrong(packed(of)) == []


def test_a_changed_byte_in_any_named_file_is_found(room):
    files = files_of(packed(room[0]))

    for name in json.loads(files["manifest.json"])["files"]:
        for place in (0, len(files[name]) // 2, len(files[name]) - 1):
            data = bytearray(files[name])
            data[place] ^= 1
            try:
                assert f"{name} was changed" in wrong(zipped({**files, name: bytes(data)})), (name, place)
            except NoPack:
                continue


def test_a_changed_manifest_and_signature_are_found(room):
    files = files_of(packed(room[0]))
    manifest = files["manifest.json"].replace(b'"challenge"', b'"Challenge"')

    assert "the signature is not that of the manifest" in wrong(
        zipped({**files, "manifest.json": manifest.replace(b'"Challenge"', b'"challenge" ')})
    )
    assert "the signature is not that of the manifest" in wrong(
        zipped({**files, "manifest.sig": files["manifest.sig"][::-1].strip()})
    )


def test_a_pack_signed_by_another_key_is_found_unless_the_key_is_named(room, tmp_path):
    data = packed(room[0])
    fingerprint = signing.fingerprint(signing.public_key())
    (tmp_path / signing.KEY_FILE).unlink()

    assert wrong(data) == [f"another key signed the pack: {fingerprint}"]
    assert wrong(data, fingerprint=fingerprint) == []


def test_missing_strange_and_double_files_are_found(room):
    files = files_of(packed(room[0]))
    picture = next(name for name in files if name.startswith("pictures/"))

    assert wrong(zipped({n: d for n, d in files.items() if n != picture})) == [f"{picture} is missing"]
    assert wrong(zipped({**files, "more.txt": b""})) == ["the manifest does not name more.txt"]
    out = io.BytesIO(packed(room[0]))
    with zipfile.ZipFile(out, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("README.txt", files["README.txt"])
    assert wrong(out.getvalue()) == ["two files have one name"]


def test_an_operator_who_signs_again_is_found_by_the_journal(room):
    files = files_of(packed(room[0]))
    counts = json.loads(files["counts.json"])
    counts["questions"][0]["counts"][0][2] += 5
    ranking = json.loads(files["ranking.json"])
    for row in ranking[0]["ranking"]:
        row["place"] = 3 - row["place"]
    lines = files["journal.jsonl"].splitlines(keepends=True)

    for name, data, problem in (
        ("counts.json", journal.canonical(counts), "the journal names other counts"),
        ("ranking.json", json.dumps(ranking).encode(), "the places are not those of a count"),
        ("journal.jsonl", b"".join(lines[:-1]), "the journal does not end with the head of the manifest"),
        ("journal.jsonl", b"".join(lines[:3] + lines[4:]), "entry 4 of the journal or one before it was changed"),
    ):
        assert problem in " ".join(wrong(zipped(signed_again({**files, name: data})))), name


def test_a_rewritten_journal_of_the_server_no_longer_continues_the_pack(room):
    data = packed(room[0])
    last = json.loads(files_of(data)["manifest.json"])["head"][0]
    db.session.execute(
        db.text("UPDATE journal SET h = zeroblob(32) WHERE chain_id = :c AND seq = :n"),
        {"c": room[0].chain_id, "n": last},
    )
    db.session.commit()

    assert wrong(data) == ["the journal of this server is not that of the pack"]


def test_receipts_are_checked_with_the_key_of_the_round(room):
    of, receipts = room
    data = packed(of)
    seq, digits, key = receipts[0].split("-")

    assert wrong(data, receipts) == []
    assert wrong(data, [f"{seq}-{digits}-{'0' * 8}"]) == [
        f"the last 8 digits of the receipt are not those of entry {seq}"
    ]
    assert wrong(data, [f"{seq}-{digits[::-1]}-{key}"]) == [f"the entry {seq} of the receipt is not in the journal"]
    assert wrong(data, ["receipt"]) == ["'receipt' is no receipt: a number, 16 digits and 8 digits"]
    first = json.loads(files_of(data)["journal.jsonl"].splitlines()[0])
    opening = journal.receipt(of.round.key, 1, bytes.fromhex(first["h"]))
    assert wrong(data, [opening]) == ["entry 1 is no vote"]


def test_kept_heads_are_checked(room):
    data = packed(room[0])
    h = json.loads(files_of(data)["journal.jsonl"].splitlines()[2])["h"]

    assert wrong(data, [], [f"3:{h}", f"3:{h[:4]} {h[4:8]} {h[8:12]} {h[12:16]}"]) == []
    assert wrong(data, [], [f"4:{h}"]) == ["head 4 is not in the journal"]
    assert wrong(data, [], [h]) == [f"{h!r} is no head: a number, a colon and at least 16 digits"]


@pytest.mark.parametrize(
    "data", [b"", b"PK", zipped({}), zipped({"manifest.json": b"{}"}), zipped({"manifest.json": b"7"})]
)
def test_a_file_that_is_no_pack_is_refused(app, data):
    with pytest.raises(NoPack):
        verify(db.session(), data)


class TestCommand:
    @pytest.fixture
    def file(self, room, tmp_path):
        path = tmp_path / "pack.zip"
        path.write_bytes(packed(room[0]))
        return path

    def test_a_right_pack_ends_with_zero_and_names_each_check(self, app, room, file):
        done = app.test_cli_runner().invoke(args=["verify", str(file), "--receipt", room[1][0]])

        assert (done.exit_code, done.stderr) == (0, "")
        assert "signed by the key" in done.stdout
        assert "the receipt is that of entry" in done.stdout

    def test_a_wrong_pack_ends_with_one_and_says_what_is_wrong(self, app, file):
        done = app.test_cli_runner().invoke(args=["verify", str(file), "--head", f"1:{'0' * 16}"])

        assert (done.exit_code, done.stderr) == (1, "WRONG  head 1 is not in the journal\n")

    def test_a_file_that_is_no_pack_is_refused_in_a_sentence(self, app, tmp_path):
        (tmp_path / "x").write_text("x")

        done = app.test_cli_runner().invoke(args=["verify", str(tmp_path / "x")])

        assert (done.exit_code, done.stderr) == (1, f"Error: {tmp_path / 'x'} is no pack, or it is damaged.\n")
