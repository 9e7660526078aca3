"""The plan of a rehearsal: its participants, their ideas and votes, and the times of both."""

from app.rehearsal.play import PAUSE_MAX_MS, JudgeAct, SubmitAct, most_active, play_of
from ideas.polis import Conversation, PolisVote, Statement, read_conversation
from tests.conversations import LONDON, RAW, recount


def conversation(statements, votes):
    return Conversation("Topic", "", "en", statements, votes, {})


def statement(name, author="1", at_ms=0, text="Words"):
    return Statement(name, author, at_ms, 1, text)


def test_the_most_active_voters_take_part():
    votes = [PolisVote(voter, "0", 0, 1) for voter in ("5", "3", "3", "9", "9", "9", "10", "10")]

    assert most_active(votes, 3) == ["9", "3", "10"]
    assert len(most_active(votes, 99)) == 4


def test_all_statements_are_submitted_and_only_participants_vote():
    found = read_conversation(LONDON)

    play = play_of(found, 5, 60)

    assert len(play.parts) == 5
    assert play.count(SubmitAct) == 39
    assert play.count(JudgeAct) == sum(vote.voter in play.parts for vote in found.votes)
    submitted = [act.statement for acts in play.parts.values() for act in acts if isinstance(act, SubmitAct)]
    assert sorted(submitted, key=int) == [str(n) for n in range(39)]


def test_the_tallies_are_those_of_an_independent_recount():
    found = read_conversation(LONDON)

    tallies = play_of(found, 10_000, 60).tallies()

    assert {name: tuple(str(votes[value]) for value in (1, -1, 0)) for name, votes in tallies.items()} == {
        name: counts[:3] for name, counts in recount(LONDON, among_all=True).items()
    }


def test_the_latest_vote_of_a_player_counts():
    votes = [PolisVote("1", "0", 5, 1), PolisVote("2", "0", 6, 1), PolisVote("1", "0", 7, -1)]

    assert play_of(conversation([statement("0")], votes), 2, 60).tallies() == {"0": {1: 1, -1: 1}}


def test_authors_submit_their_own_ideas_and_the_rest_is_spread_evenly():
    found = read_conversation(LONDON)

    play = play_of(found, 5, 60)

    authors = {s.id: s.author for s in found.statements}
    for voter, acts in play.parts.items():
        for act in acts:
            if isinstance(act, SubmitAct) and authors[act.statement] in play.parts:
                assert authors[act.statement] == voter
    foreign = {
        voter: sum(isinstance(a, SubmitAct) and authors[a.statement] not in play.parts for a in acts)
        for voter, acts in play.parts.items()
    }
    assert sum(foreign.values()) > 5
    assert min(foreign.values()) > 0


def test_everything_happens_in_order_within_the_given_time():
    play = play_of(read_conversation(LONDON), 8, 60)

    for acts in play.parts.values():
        assert [act.due for act in acts] == sorted(act.due for act in acts)
    due = [act.due for acts in play.parts.values() for act in acts]
    assert min(due) == 0
    assert max(due) == 60


def test_a_long_pause_is_shortened_and_other_proportions_stay():
    hours = 3_600_000
    votes = [PolisVote("1", "0", at, 1) for at in (0, 30_000, 30_000 + 5 * hours)]

    play = play_of(conversation([statement("0")], votes), 1, 90)

    assert [act.due for act in play.parts["1"]] == [0, 0, 30, 90]
    assert PAUSE_MAX_MS == 60_000


def test_a_vote_older_than_its_statement_comes_after_it():
    found = conversation([statement("0", at_ms=0), statement("1", at_ms=50)], [PolisVote("1", "1", 10, 1)])

    acts = play_of(found, 1, 10).parts["1"]

    assert [(type(act), act.statement) for act in acts] == [(SubmitAct, "0"), (SubmitAct, "1"), (JudgeAct, "1")]


def test_a_statement_without_text_is_left_out_with_its_votes():
    found = read_conversation(RAW)

    play = play_of(found, 4, 10)

    assert play.left_out == 1
    assert "1" not in {act.statement for acts in play.parts.values() for act in acts}


def test_a_long_statement_gets_a_short_title_and_keeps_its_text():
    [act] = play_of(conversation([statement("0", text="word " * 80)], [PolisVote("1", "9", 0, 1)]), 1, 1).parts["1"]

    assert len(act.title) <= 200
    assert act.text == ("word " * 80).strip()
