"""The moderator's pages for merging two ideas, and what everybody sees of it."""

import re
from html import unescape
from types import SimpleNamespace

import pytest

from ideas.database import db
from ideas.models import Entry, EntryStatus, Stance
from ideas.queries.news import news_of
from ideas.services import moderation, participants
from ideas.services.hands import count_hands
from ideas.services.merging import merge_ideas, unmerge_idea
from tests import factories


@pytest.fixture
def at(app, browser_of):
    """A room with three ideas of three authors, each with an argument on it, a voter, and the moderator."""
    room = factories.room()
    authors = [factories.participant(room, name) for name in ("Anna Kern", "Ben Ott", "Cora Lind")]
    ideas = [factories.idea(room, who, title) for who, title in zip(authors, ("Bench", "Seat", "Cake"), strict=True)]
    voter = factories.participant(room)
    arguments = [factories.argument(idea, voter, f"Because {idea}", Stance.FOR) for idea in ideas]
    return SimpleNamespace(
        room=room,
        authors=authors,
        ideas=ideas,
        voter=voter,
        arguments=arguments,
        owner=browser_of(room.owner),
        reader=browser_of(voter),
        paths=[factories.idea_path(idea) for idea in ideas],
    )


def words(answer):
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def merge(at, gone=1, stays=0, **fields):
    form = {"with": at.ideas[stays], "stays": at.ideas[stays], "version": 1, "other_version": 1} | fields
    return at.owner.post(f"/ideas/{at.ideas[gone]}/merge", data=form)


def status(idea):
    db.session.rollback()
    return db.session.query(Entry).filter_by(idea_id=idea).one().status


def test_a_moderator_chooses_the_other_idea_and_sees_both(at):
    choice = at.owner.get(f"/ideas/{at.ideas[1]}/merge")
    both = at.owner.get(f"/ideas/{at.ideas[1]}/merge?with={at.ideas[0]}")

    assert f"with={at.ideas[0]}" in choice.text
    assert f"with={at.ideas[1]}" not in choice.text  # not with itself
    assert "Everyone who voted on both counts once, with their latest vote." in words(both)
    assert re.findall(r'name="stays" value="(\d+)"( checked)?', both.text) == [
        (str(at.ideas[1]), ""),
        (str(at.ideas[0]), " checked"),
    ]


@pytest.mark.parametrize("stays", [0, 1])
def test_the_idea_that_was_chosen_stays(at, stays):
    answer = at.owner.post(
        f"/ideas/{at.ideas[1]}/merge",
        data={"with": at.ideas[0], "stays": at.ideas[stays], "version": 1, "other_version": 1},
    )

    assert answer.location == at.paths[stays]
    assert [status(idea) for idea in at.ideas[:2]].index(EntryStatus.VISIBLE) == stays


def test_everybody_sees_one_card_with_all_authors_and_arguments(at):
    merge(at)

    room, page = at.reader.get(at.room.path), at.reader.get(at.paths[0])

    assert f'id="idea-{at.ideas[1]}"' not in room.text
    card = room.text[room.text.index(f'id="idea-{at.ideas[0]}"') :]
    for text in (card, page.text):
        assert {*re.findall("Anna Kern|Ben Ott", text)} == {"Anna Kern", "Ben Ott"}
    assert page.text.count('class="argument argument--for"') == 2
    assert "on: Seat" in words(page)


def test_the_page_of_a_merged_idea_leads_to_the_one_that_stays(at, browser_of):
    merge(at)

    assert at.reader.get(at.paths[1]).location == at.paths[0]
    own = browser_of(at.authors[1]).get(at.paths[1])
    assert "This idea is part of another one now: Bench" in words(own)


def test_an_author_reads_what_became_of_their_idea_and_may_withdraw_it(at, browser_of):
    author = browser_of(at.authors[1])
    merge(at)

    own = unescape(author.get(f"/challenges/{at.room.id}/mine").json["html"])
    page = author.get(at.paths[1])

    assert "This idea is part of another one now:" in own
    assert "You withdrew it." not in own
    assert f"/ideas/{at.ideas[1]}/withdrawal" in page.text
    assert f"/ideas/{at.ideas[1]}/edit" not in page.text
    assert author.post(f"/ideas/{at.ideas[1]}/withdrawal").status_code == 303
    assert f"/ideas/{at.ideas[1]}/reinstatement" not in author.get(at.paths[1]).text
    assert "Ben Ott" not in at.reader.get(at.paths[0]).text


def test_the_title_of_a_hidden_idea_is_not_told_to_the_author_of_one_that_was_merged_into_it(at, browser_of):
    author = browser_of(at.authors[1])
    merge(at)
    assert "Bench" in author.get(at.paths[1]).text
    moderation.hide_idea(at.room.owner, at.ideas[0], "")

    page, own = author.get(at.paths[1]), author.get(f"/challenges/{at.room.id}/mine").json["html"]

    assert "This idea is part of another one now." in words(page)
    assert "Bench" not in page.text + own


def test_a_hidden_author_is_not_named_by_a_merge(app, browser_of):
    room = factories.sealed_room()
    authors = [factories.participant(room, name) for name in ("Anna Kern", "Ben Ott")]
    ideas = [factories.idea(room, who) for who in authors]
    reader = browser_of(factories.participant(room))

    merge_ideas(room.owner, ideas[1], ideas[0])

    for page in (room.path, factories.idea_path(ideas[0])):
        assert not {"Anna Kern", "Ben Ott"} & {*re.findall("Anna Kern|Ben Ott", reader.get(page).text)}


def test_no_credited_author_gets_the_question_on_the_page_of_the_idea(at, browser_of):
    assert 'name="value"' in browser_of(at.authors[1]).get(at.paths[0]).text
    merge(at)

    assert 'name="value"' not in browser_of(at.authors[1]).get(at.paths[0]).text
    assert 'name="value"' in browser_of(at.authors[2]).get(at.paths[0]).text


def test_people_are_told_what_concerns_them(at):
    factories.mark(at.room, at.voter, {at.ideas[0]: 1, at.ideas[1]: -1})
    merge(at)

    def told(who):
        return [row.reason for row in news_of(db.session(), who.actor)]

    assert told(at.voter) == ["marks_combined"]
    assert "idea_merged" in told(at.authors[1])
    assert "idea_merged" not in told(at.authors[0])
    assert told(at.authors[2]) == ["idea_argued"]
    unmerge_idea(at.room.owner, at.ideas[1])
    assert "idea_merged" not in told(at.authors[1])  # it is no longer true


def test_nobody_is_told_of_a_merge_that_has_ended(at):
    factories.mark(at.room, at.voter, {at.ideas[1]: 1})
    merge(at)
    readers = (at.voter, at.authors[1])
    before = [[row.reason for row in news_of(db.session(), who.actor)] for who in readers]

    unmerge_idea(at.room.owner, at.ideas[1])

    assert before[0] == ["marks_combined"]
    assert "idea_merged" in before[1]
    for who in readers:
        assert not {row.reason for row in news_of(db.session(), who.actor)} & {"marks_combined", "idea_merged"}


def test_the_most_similar_ideas_come_first_with_what_they_share(at):
    alike = factories.idea(at.room, at.authors[0], "A coffee cart under trees")
    asked = factories.idea(at.room, at.authors[1], "Coffee carts in the park")
    factories.idea(at.room, at.authors[2], "Free tea")

    page = at.owner.get(f"/ideas/{asked}/merge").text
    found = at.owner.get(f"/ideas/{asked}/merge?find_ideas=tea").text

    top, _, rest = page.partition("All others, newest first")
    assert re.findall(r"with=(\d+)", top)[0] == str(alike)
    assert "Shared words:" in top
    assert f"with={alike}" not in rest
    assert "Most similar" not in found


def test_the_merge_page_and_the_console_say_what_becomes_of_hands(at):
    count_hands(at.room.owner, at.room.question_id, factories.entry_id(at.ideas[1]), 1, 7)
    address = f"/ideas/{at.ideas[1]}/merge?with={at.ideas[0]}"
    assert "nobody knows who raised a hand for both" in words(at.owner.get(address))
    assert "nobody knows" not in words(at.owner.get(f"/ideas/{at.ideas[2]}/merge?with={at.ideas[0]}"))

    merge(at)

    assert "7 hands were raised for an idea that was merged into this one." in words(
        at.owner.get(f"{at.room.path}/console")
    )


def test_the_console_shows_where_an_idea_went_and_separates_it_again(at):
    merge(at)
    console = at.owner.get(f"{at.room.path}/console")
    asked = at.owner.get(f"/ideas/{at.ideas[1]}/separation")

    assert f"/ideas/{at.ideas[1]}/separation" in console.text
    assert "It was merged into “ Bench ”." in words(asked)
    answer = at.owner.post(f"/ideas/{at.ideas[1]}/separation", data={"into": at.ideas[0]})
    assert answer.location == at.paths[1]
    assert status(at.ideas[1]) == EntryStatus.VISIBLE
    assert at.reader.get(at.paths[1]).text.count('class="argument argument--for"') == 1


def test_what_changed_meanwhile_is_shown_and_not_merged(at):
    moderation.hide_idea(at.room.owner, at.ideas[0], "")

    answer = merge(at)

    assert answer.status_code == 409
    assert status(at.ideas[1]) == EntryStatus.VISIBLE


def test_a_merge_without_the_versions_that_were_seen_is_refused(at):
    answer = at.owner.post(f"/ideas/{at.ideas[1]}/merge", data={"with": at.ideas[0], "stays": at.ideas[0]})

    assert answer.status_code == 409
    assert status(at.ideas[1]) == EntryStatus.VISIBLE


def test_an_idea_is_not_merged_with_itself(at):
    answer = merge(at, gone=0, stays=0)

    assert answer.status_code == 400
    assert "Please choose another idea." in words(answer)


def test_a_participant_does_not_merge(at):
    assert at.reader.get(f"/ideas/{at.ideas[1]}/merge").status_code == 403
    participants.bar_participant(at.room.owner, at.room.id, at.authors[2].id, "")
    assert status(at.ideas[1]) == EntryStatus.VISIBLE
