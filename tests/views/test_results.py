"""The result's page and files: sealed before the close, the same for everybody after it."""

import re

import pytest

from ideas.models import Anonymity, Stance
from ideas.services import ideas
from tests import factories


def result(of):
    return f"/challenges/{of.id}/result"


def text(response):
    return response.get_data(as_text=True)


@pytest.fixture
def of(app):
    """A listed, closed room: three ideas, the second and third with the same votes; one hidden, one taken back."""
    from ideas.services import moderation

    of = factories.listed_room()
    author = factories.participant(of, "Biene 12")
    voters = [factories.participant(of, f"Igel {n}") for n in range(12)]
    first = factories.idea(of, author, "Boxes that come back", "They *return*.")
    second = factories.idea(of, author, "Deposit cups")
    third = factories.idea(of, author, "Bring a bag")
    hidden = factories.idea(of, author, "Something rude")
    factories.argument(first, voters[0], "The dishwasher stands still", Stance.FOR)
    remark = factories.argument(first, voters[1], "A rude remark", Stance.AGAINST)
    for n, voter in enumerate(voters):
        factories.mark(of, voter, {first: 1 if n < 11 else -1})
        if n < 4:
            factories.mark(of, voter, {second: 1, third: 1})
    moderation.hide_idea(of.owner, hidden, "Insults somebody")
    moderation.hide_argument(of.owner, remark, "Also rude")
    withdrawn = factories.idea(of, author, "Never mind")
    ideas.withdraw_idea(author.actor, withdrawn)
    factories.close(of)
    return of


def test_the_result_is_sealed_before_the_close(app, client):
    sealed = factories.listed_room()

    response = client.get(result(sealed))

    assert response.status_code == 409
    assert "sealed" in text(response)
    assert client.get(f"{result(sealed)}.csv").status_code == 302


def test_not_even_facilitators_export_an_open_round(app, browser_of):
    sealed = factories.room()

    for form in ("csv", "json", "xlsx"):
        assert browser_of(sealed.owner).get(f"{result(sealed)}.{form}").status_code == 409


def test_everybody_sees_the_result_of_a_listed_question(of, client):
    page = text(client.get(result(of)))

    assert "Boxes that come back" in page
    assert "11 yes · 1 no · 0 skipped · 12 judged" in page
    assert "<em>return</em>" in page
    assert "The dishwasher stands still" in page
    assert "by Biene 12" in page


def test_only_those_inside_see_the_result_of_a_question_by_link(app, client, browser_of):
    closed = factories.room()
    person = factories.participant(closed)
    factories.close(closed)

    assert client.get(result(closed)).status_code == 404
    assert browser_of(factories.account()).get(result(closed)).status_code == 404
    assert browser_of(person).get(result(closed)).status_code == 200
    assert browser_of(closed.owner).get(result(closed)).status_code == 200


def test_a_tie_is_shown_as_a_tie_and_few_votes_as_few(of, client):
    page = text(client.get(result(of)))

    assert re.findall(r'rank__place">(\d+)', page) == ["1", "2", "2"]
    assert "2 ideas share a place exactly." in page
    assert page.count("(tied)") == 2
    assert page.count("too few votes</span>") == 2
    assert page.count("interval--few") == 2


def test_what_is_left_out_shows_to_facilitators_only(of, client, browser_of):
    stranger, owner = text(client.get(result(of))), text(browser_of(of.owner).get(result(of)))

    for words in ("Something rude", "Insults somebody", "Never mind", "A rude remark", "Also rude"):
        assert words in owner
        assert words not in stranger
    assert "redaction" in owner
    assert "redaction" not in stranger


@pytest.mark.parametrize(
    ("anonymity", "shown"), [(Anonymity.NAMED, True), (Anonymity.UNTIL_RESULT, True), (Anonymity.FOR_GOOD, False)]
)
def test_names_show_as_anonymity_promises(app, browser_of, anonymity, shown):
    closed = factories.room(anonymity=anonymity)
    author = factories.participant(closed, "Biene 12")
    idea = factories.idea(closed, author)
    factories.argument(idea, author)
    factories.mark(closed, factories.participant(closed), {idea: 1})
    factories.close(closed)

    assert ("Biene 12" in text(browser_of(closed.owner).get(result(closed)))) is shown


def test_the_formula_carries_the_winners_numbers(of, client):
    page = text(client.get(f"{result(of)}/counting"))

    assert "(11 + 1) / (11 + 1 + 2) = 0.8571" in page
    assert "0.6461 … 0.9851" in page


def test_many_votes_are_drawn_as_at_most_150_dots_and_the_scale_is_said(app, client):
    from ideas.voting import approval

    standing = approval.rank([approval.Counts(1, 300, 100)])[0]
    assert standing.yes == 300

    macro = "{% from 'components/swarm.html' import gathered %}{{ gathered(300, 100, 'label', most=150) }}"
    with app.test_request_context():
        drawn = app.jinja_env.from_string(macro).render()

    assert drawn.count('class="yes"') + drawn.count('class="no"') == 150


def test_a_round_without_ideas_and_one_without_votes_have_a_page(app, browser_of):
    empty, silent = factories.room(), factories.room()
    factories.idea(silent, factories.participant(silent), "Nobody cared")
    for of in (empty, silent):
        factories.close(of)

    assert "No ideas, no ranking" in text(browser_of(empty.owner).get(result(empty)))
    page = text(browser_of(silent.owner).get(result(silent)))
    assert "Nobody said yes" in page
    assert "Nobody cared" in page


def test_a_rehearsal_says_so(app, browser_of):
    rehearsed = factories.room(is_rehearsal=True)
    factories.close(rehearsed)

    assert "rehearsal" in text(browser_of(rehearsed.owner).get(result(rehearsed)))


def test_places_beyond_the_first_are_folded_never_tearing_a_tie(app, browser_of):
    closed = factories.room()
    author, voter = factories.participant(closed), factories.participant(closed)
    found = [factories.idea(closed, author) for _ in range(30)]
    factories.mark(closed, voter, {found[0]: 1})
    factories.close(closed)

    page = text(browser_of(closed.owner).get(result(closed)))
    assert "Show all 30 places" not in page  # 29 share the second place

    closed = factories.room()
    author, voters = factories.participant(closed), [factories.participant(closed) for _ in range(24)]
    found = [factories.idea(closed, author) for _ in range(24)]
    for n, person in enumerate(voters):
        factories.mark(closed, person, dict.fromkeys(found[n:], 1))
    factories.close(closed)

    assert "Show all 24 places" in text(browser_of(closed.owner).get(result(closed)))


def test_erased_words_are_gone_and_the_figures_stay(of, browser_of):
    owner = browser_of(of.owner)
    page = text(owner.get(result(of)))
    idea = re.search(r'rank__item" id="idea-(\d+)"', page).group(1)

    owner.post(f"/ideas/{idea}/redaction", data={"words": "unlawful"})

    page = text(owner.get(result(of)))
    assert "Boxes that come back" not in page
    assert "A facilitator erased these words" in page
    assert "11 yes · 1 no · 0 skipped · 12 judged" in page


def test_facilitators_download_the_result(of, browser_of, client):
    owner = browser_of(of.owner)

    csv = owner.get(f"{result(of)}.csv")
    assert csv.mimetype == "text/csv"
    assert "attachment" in csv.headers["Content-Disposition"]
    columns = "place,idea,source_id,title,author,yes,no,skip,judged,score,low,high,status,question,rule,reads"
    assert text(csv).splitlines()[0].startswith(columns)
    assert "Something rude" not in text(csv)
    assert "Something rude" in text(owner.get(f"{result(of)}.csv?all=1"))
    assert owner.get(f"{result(of)}.json").json["schwarm"] == 2
    assert owner.get(f"{result(of)}.xlsx").data[:2] == b"PK"
    assert owner.get(f"{result(of)}.pdf").status_code == 404


def test_nobody_else_downloads(of, client, browser_of):
    assert client.get(f"{result(of)}.csv").status_code == 302
    assert browser_of(factories.account()).get(f"{result(of)}.csv").status_code == 403
