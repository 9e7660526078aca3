"""Reading Polis files: both layouts, the peculiarities of real files, and the exact position of an error."""

import gzip
import hashlib

import pytest

from ideas.errors import BrokenFile
from ideas.polis import headline, read_conversation
from tests.conversations import LONDON, RAW, copy

COMMENTS = "timestamp,comment-id,author-id,agrees,disagrees,moderated,is-meta,is-seed,comment-body\n"
VOTES = "timestamp,comment-id,voter-id,vote\n"


def conversation(folder, comments=f"{COMMENTS}1700000000000,0,1,0,0,1,false,true,Hello\n", votes=VOTES):
    folder.mkdir(exist_ok=True)
    (folder / "comments.csv").write_bytes(comments if isinstance(comments, bytes) else comments.encode())
    (folder / "votes.csv").write_bytes(votes if isinstance(votes, bytes) else votes.encode())
    return folder


def complaint(folder):
    with pytest.raises(BrokenFile) as caught:
        read_conversation(folder)
    return caught.value.file, caught.value.line


def test_an_export_of_polis_is_read():
    found = read_conversation(RAW)

    assert found.topic == "Less packaging, more lunch?"
    assert found.description == "What should the canteen try?"
    assert [s.id for s in found.statements] == ["0", "1", "2", "3", "4", "5", "6"]
    assert [s.moderated for s in found.statements] == [1, 0, -1, 1, 1, 1, 1]
    assert found.statements[1].text == ""
    assert found.statements[2].text == 'First line\nsecond line, with a comma\n\nand "quotes"'
    assert found.statements[3].text.startswith("<b>Bold</b> & <script>")
    assert found.statements[0].at_ms == 1_700_000_000_000
    assert sorted(found.people) == ["1", "2", "3", "4", "7", "9"]


def test_the_latest_vote_counts_and_the_later_row_wins_at_equal_times():
    latest = {(v.voter, v.idea): v.value for v in read_conversation(RAW).latest_votes()}

    assert latest == {
        ("1", "0"): 1,
        ("2", "0"): -1,
        ("3", "0"): 0,
        ("3", "3"): 1,
        ("4", "2"): -1,
        ("4", "1"): 0,
        ("4", "0"): 1,
    }


def test_votes_are_in_time_order():
    times = [v.at_ms for v in read_conversation(RAW).latest_votes()]

    assert times == sorted(times)


def test_the_layout_of_open_data_sets_is_read():
    found = read_conversation(LONDON)

    assert found.topic.startswith("What is the best way to engage more young people")
    assert (len(found.statements), len(found.votes), len(found.latest_votes())) == (39, 640, 638)
    assert found.language == "en"


def test_the_digests_are_those_of_the_stored_files():
    digests = read_conversation(LONDON).digests

    assert digests == {
        name: hashlib.sha256((LONDON / name).read_bytes()).hexdigest() for name in ("ideas.csv", "votes.csv.gz")
    }


def test_newer_exports_have_other_columns_and_count_in_seconds(tmp_path):
    folder = conversation(
        tmp_path / "new",
        comments="is-seed,comment-body,moderated,author-id,comment-id,timestamp\ntrue,Hello,1,4,17,1700000000\n",
        votes="vote,voter-id,comment-id,timestamp\n+1,5,17,1700000001\n",
    )

    found = read_conversation(folder)

    assert found.statements[0].at_ms == 1_700_000_000_000
    assert (found.votes[0].voter, found.votes[0].value, found.votes[0].at_ms) == ("5", 1, 1_700_000_001_000)
    assert found.topic == "new"
    assert found.language == "en"


def test_byte_order_mark_windows_line_ends_and_gzip_are_read(tmp_path):
    folder = copy(RAW, tmp_path / "copy")
    for name in ("comments.csv", "votes.csv"):
        data = (folder / name).read_bytes().replace(b"\n", b"\r\n")
        (folder / f"{name}.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + data))
        (folder / name).unlink()

    found, plain = read_conversation(folder), read_conversation(RAW)

    assert found.votes == plain.votes
    assert [s.id for s in found.statements] == [s.id for s in plain.statements]


@pytest.mark.parametrize(
    ("votes", "line"),
    [
        ("1700000000000,0,1,2\n", 2),
        ("1700000000000,0,1,1\n1700000000000,0,2,\n", 3),
        ("1700000000000,0,1,agree\n", 2),
        ("1700000000000,99,1,1\n", 2),
        ("1700000000000,0,1\n", 2),
        ("1700000000000,0,1,1,1\n", 2),
        ("1700000000000,0,someone,1\n", 2),
        ("yesterday,0,1,1\n", 2),
        ("-5,0,1,1\n", 2),
        ('1700000000000,0,1,1\n1700000000000,0,"1,1\n1700000000000,0,3,1\n', 3),
        ("\n\n1700000000000,0,1,7\n", 4),
    ],
)
def test_a_broken_vote_is_reported_with_its_line(tmp_path, votes, line):
    assert read_conversation(conversation(tmp_path / "whole", votes=f"{VOTES}1700000000000,0,1,1\n")).votes

    assert complaint(conversation(tmp_path / "broken", votes=VOTES + votes)) == ("votes.csv", line)


def test_the_reported_line_is_right_after_a_multi_line_text(tmp_path):
    comments = COMMENTS + '1700000000000,0,1,0,0,1,false,true,"one\ntwo\nthree"\n1700000000000,1,1,0,0,5,false,true,x\n'

    assert complaint(conversation(tmp_path / "c", comments=comments)) == ("comments.csv", 5)


def test_invalid_utf8_is_reported_with_its_line(tmp_path):
    comments = COMMENTS.encode() + "1700000000000,0,1,0,0,1,false,true,Größe\n".encode("latin-1")

    assert complaint(conversation(tmp_path / "c", comments=comments)) == ("comments.csv", 2)
    assert complaint(conversation(tmp_path / "d", comments=b"\xef\xbb\xbf" + comments)) == ("comments.csv", 2)


def test_the_header_alone_tells_the_separator(tmp_path):
    comments = COMMENTS.replace(",", ";") + "1700000000000;0;1;0;0;1;false;true;Hello\n1700000000000;1\n"

    assert complaint(conversation(tmp_path / "c", comments=comments)) == ("comments.csv", 3)


def test_a_missing_column_and_a_missing_file_are_reported(tmp_path):
    comments = COMMENTS.replace("author-id", "writer") + "1700000000000,0,1,0,0,1,false,true,Hello\n"
    folder = conversation(tmp_path / "c", comments=comments)

    assert complaint(folder) == ("comments.csv", 1)
    (folder / "comments.csv").unlink()
    assert complaint(folder) == (str(folder), 0)


def test_an_empty_file_and_a_damaged_gzip_are_refused(tmp_path):
    folder = conversation(tmp_path / "c", comments="")

    assert complaint(folder) == ("comments.csv", 1)
    (folder / "comments.csv").unlink()
    (folder / "comments.csv.gz").write_bytes(gzip.compress(COMMENTS.encode())[:-9])
    assert complaint(folder) == ("comments.csv.gz", 0)


def test_one_id_with_two_texts_is_refused(tmp_path):
    row = "1700000000000,0,1,0,0,1,false,true,Hello\n"

    assert len(read_conversation(conversation(tmp_path / "same", comments=COMMENTS + row + row)).statements) == 1
    other = row.replace("Hello", "Goodbye")
    assert complaint(conversation(tmp_path / "two", comments=COMMENTS + row + other)) == ("comments.csv", 3)


def test_a_short_text_becomes_the_title_and_a_long_one_stays_whole_in_the_text():
    assert headline("  Bring your own cup\n") == ("Bring your own cup", "")
    assert headline("One\n\ntwo") == ("One two", "One\n\ntwo")
    assert headline("") == ("", "")
    long = "word " * 60
    title, text = headline(long)
    assert title.endswith("word…")
    assert len(title) <= 200
    assert text == long.strip()
    assert headline("bell\x07\x00 and null") == ("bell and null", "")


DOWNLOADED = "2026-11-20-0900-9abcdefghk-"


def renamed(folder, to):
    for path in list(copy(RAW, folder).iterdir()):
        path.rename(folder / to.format(path.stem))
    return folder


@pytest.mark.parametrize("to", [DOWNLOADED + "{}.csv", "{} (1).csv", "Exporte_{}.CSV"])
def test_the_names_that_polis_and_browsers_give_are_understood(tmp_path, to):
    folder = renamed(tmp_path / "c", to)
    (folder / f"{DOWNLOADED}participant-votes.csv").write_text("participant,0\n1,1\n")
    (folder / f"{DOWNLOADED}comment-groups.csv").write_text("comment-id\n0\n")

    found, plain = read_conversation(folder), read_conversation(RAW)

    assert (found.topic, found.statements, found.votes) == (plain.topic, plain.statements, plain.votes)
    assert found.digests.keys() == {"comments.csv", "votes.csv"}


def test_two_conversations_in_one_folder_are_refused(tmp_path):
    folder = copy(RAW, tmp_path / "c")
    renamed(tmp_path / "d", DOWNLOADED + "{}.csv")
    for path in (tmp_path / "d").iterdir():
        path.rename(folder / path.name)

    with pytest.raises(BrokenFile, match="same_role"):
        read_conversation(folder)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_conversation_that_a_spreadsheet_saved_is_read(tmp_path, separator):
    comments = "\ufeff" + f"{COMMENTS}1700000000000,0,1,0,0,1,false,true,Hello\n".replace(",", separator)
    votes = "\ufeff" + f"{VOTES}1700000002000,0,2,1\n".replace(",", separator)

    found = read_conversation(conversation(tmp_path / "c", comments.encode(), votes))

    assert [s.text for s in found.statements] == ["Hello"]
    assert [v.value for v in found.votes] == [1]


def test_a_compressed_file_that_grows_without_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("ideas.polis.FILE_MAX", 1000)
    folder = conversation(tmp_path / "c")
    (folder / "votes.csv").unlink()
    (folder / "votes.csv.gz").write_bytes(gzip.compress(bytes(2000)))

    with pytest.raises(BrokenFile, match="too_large"):
        read_conversation(folder)
