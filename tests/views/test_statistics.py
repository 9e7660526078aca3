"""Statistics of a challenge, the links by which people come, and charts as files."""

import io
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from app.pages.charts import LEFT, RIGHT
from app.pages.statistics import course_of, joined_steps, pooled, pooled_sources
from app.platform.drawing import Box
from ideas import clock
from ideas.database import db, write
from ideas.errors import Changed, Forbidden, Invalid, NotFound
from ideas.models import InvitationKind, Participant, PersonalInvitation, ShareLink
from ideas.queries.statistics import SLOT_MS, Happened, LinkSource, Steps, happened_in, sources_of, steps_of
from ideas.services import sharing
from tests import factories
from tests.reported import closed_round
from tests.views.test_challenges import parse_form
from tests.views.test_statements import cost_of


@pytest.fixture
def room(app):
    return factories.room()


@pytest.fixture
def owner(room, browser_of):
    return browser_of(room.owner)


def text(response):
    assert response.status_code == 200, response.status
    return response.get_data(as_text=True)


def token_of(link_id):
    return db.session.get_one(ShareLink, link_id).token


def join(client, room, via):
    """Join by a link in a browser. :return: the participant's row."""
    address = f"/join/{room.code}?via={via}"
    form = parse_form(
        re.search(r'<form class="join-page__form.+?</form>', text(client.get(address)), re.DOTALL).group()
    )
    before = {row.id for row in db.session.query(Participant)}
    assert client.post(address, data=form).status_code == 303
    [joined] = [row for row in db.session.query(Participant) if row.id not in before]
    return joined


class TestLinks:
    def test_a_person_who_joins_by_a_link_is_counted_for_it(self, room, app):
        link = sharing.make_link(room.owner, room.id, " The   newsletter ")
        other = factories.room()

        by_link = join(app.test_client(), room, token_of(link))
        by_hand = join(app.test_client(), room, "made-up")
        elsewhere = join(app.test_client(), other, token_of(link))

        assert [row.link_id for row in (by_link, by_hand, elsewhere)] == [link, None, None]
        assert LinkSource("The newsletter", 1, 0) in sources_of(db.session(), room.id, room.round)
        assert db.session.get_one(ShareLink, link).label == "The newsletter"

    def test_the_short_address_keeps_the_link(self, room, client):
        assert client.get(f"/{room.code}?via=abc").location.endswith("via=abc")

    def test_a_retired_link_leads_in_and_counts_nobody_until_it_is_restored(self, room, app):
        link = sharing.make_link(room.owner, room.id, "Poster")
        sharing.retire_link(room.owner, room.id, link)
        assert join(app.test_client(), room, token_of(link)).link_id is None

        sharing.restore_link(room.owner, room.id, link)

        assert join(app.test_client(), room, token_of(link)).link_id == link

    def test_links_are_made_renamed_and_retired_on_the_page_for_sharing(self, room, owner):
        page = f"/challenges/{room.id}/share"
        assert owner.post(f"/challenges/{room.id}/links", data={"label": "Poster"}).status_code == 303
        [link] = db.session.query(ShareLink).all()
        own = f"/challenges/{room.id}/links/{link.id}"

        assert owner.post(own, data={"label": "Hall", "seen": "Poster"}).status_code == 303
        late = owner.post(own, data={"label": "Door", "seen": "Poster"})
        assert late.status_code == 409
        assert 'value="Door"' in late.get_data(as_text=True)
        long = owner.post(f"/challenges/{room.id}/links", data={"label": "x" * 61})
        assert long.status_code == 400
        assert "x" * 61 in long.get_data(as_text=True)

        assert f"via={link.token}" in text(owner.get(page))
        owner.post(f"{own}/retirement")
        assert f"via={link.token}" not in text(owner.get(page))
        owner.post(f"{own}/restoration")
        assert ">Hall</b>" in text(owner.get(page))

    def test_links_of_others_stay_closed(self, room, app):
        link = sharing.make_link(room.owner, room.id, "Poster")
        other = factories.room()

        with pytest.raises(Forbidden):
            sharing.make_link(factories.participant(room).actor, room.id, "Mine")
        for act in (sharing.retire_link, sharing.restore_link):
            with pytest.raises(NotFound):
                act(other.owner, other.id, link)
        with pytest.raises(Changed):
            sharing.rename_link(room.owner, room.id, link, "New", seen="Old")

    def test_a_challenge_has_only_so_many_links(self, room, monkeypatch):
        monkeypatch.setattr(sharing, "LINKS_MAX", 1)
        sharing.make_link(room.owner, room.id, "One")

        with pytest.raises(Invalid) as refused:
            sharing.make_link(room.owner, room.id, "Two")

        assert refused.value.problems == {"label": "too_many_links"}


class TestPooling:
    @pytest.mark.parametrize(
        ("groups", "found"),
        [
            ([("a", 9), ("b", 5)], ([("a", 9), ("b", 5)], 0)),
            ([("a", 9), ("b", 3), ("c", 2)], ([("a", 9)], 5)),
            # Two people beside nine and six would be known from the sum, so the six join them.
            ([("a", 9), ("b", 6), ("c", 2)], ([("a", 9)], 8)),
            ([("a", 4)], ([], 4)),
            ([("a", 0), ("b", 7)], ([("b", 7)], 0)),
        ],
    )
    def test_groups_of_fewer_than_five_are_pooled(self, groups, found):
        assert pooled(groups) == found

    def test_the_page_tells_no_small_group(self, room, owner):
        link = sharing.make_link(room.owner, room.id, "Small list")
        newsletter = sharing.make_link(room.owner, room.id, "Newsletter")
        people = [factories.participant(room) for _ in range(12)]
        with write() as transaction:
            for person, by in zip(people, [link] * 2 + [newsletter] * 6, strict=False):
                transaction.session.get_one(Participant, person.id).link_id = by
        factories.idea(room, people[0])

        page = text(owner.get(f"/challenges/{room.id}/statistics"))

        assert "Small list" not in page
        assert re.search(r">others</th>\s*<td class=\"num\">6<", page)
        assert re.search(r">wrote an idea or an argument</th>\s*<td class=\"num\">fewer than 5<", page)


class TestSources:
    @pytest.mark.parametrize(
        ("sources", "kept", "others"),
        [
            ([("a", 9, 6), ("b", 5, 0)], ["a", "b"], None),
            # Three voters of nine people are as few as three people: the next source joins them.
            ([("a", 20, 12), ("b", 9, 3), ("c", 8, 7)], ["a"], (17, 10)),
            ([("a", 20, 12), ("b", 4, 4), ("c", 3, 2)], ["a"], (7, 6)),
            ([("a", 20, 12), ("b", 9, 6), ("c", 1, 0)], ["a"], (10, 6)),
            ([("a", 6, 3), ("b", 2, 0)], [], None),
        ],
    )
    def test_sources_with_fewer_than_five_people_or_voters_are_pooled(self, sources, kept, others):
        found, pool = pooled_sources([LinkSource(*each) for each in sources])

        assert [source.label for source in found] == kept
        assert (pool and (pool.joined, pool.voted)) == others

    def test_people_of_a_link_and_of_personal_invitations_are_counted_as_far_as_the_vote(self, room, owner):
        link = sharing.make_link(room.owner, room.id, "Newsletter")
        sharing.make_link(room.owner, room.id, "Poster")
        people = [factories.participant(room) for _ in range(18)]
        idea = factories.idea(room, people[0])
        with write() as transaction:
            for person in people[:6]:
                transaction.session.get_one(Participant, person.id).link_id = link
            for person in people[6:11]:
                transaction.session.add(personal_link(room, person.actor.person_id))
        for person in (*people[1:6], *people[6:13]):
            factories.mark(room, person, {idea: 1})

        found = sorted(sources_of(db.session(), room.id, room.round), key=lambda source: source.label)
        page = text(owner.get(f"/challenges/{room.id}/statistics"))

        assert {(each.label, each.joined, each.voted, each.is_personal) for each in found} == {
            ("", 7, 2, False),
            ("", 5, 5, True),
            ("Newsletter", 6, 5, False),
            ("Poster", 0, 0, False),
        }
        table = page.split('id="sources"')[1]
        assert re.search(r">Newsletter</th>\s*<td[^>]*>6</td>\s*<td[^>]*>5</td>\s*<td[^>]*>83%<", table)
        assert re.search(r">others</th>\s*<td[^>]*>12</td>\s*<td[^>]*>7<", table)
        assert re.search(r">Personal invitations</th>\s*<td[^>]*>5<", page.split('id="origins"')[1])


def personal_link(room, person_id):
    return PersonalInvitation(
        kind=InvitationKind.PARTICIPANT,
        organisation_id=room.organisation_id,
        challenge_id=room.id,
        nonce=f"nonce-{person_id}",
        digest=f"digest-{person_id}",
        person_id=person_id,
        created_at=clock.now(),
        expires_at=clock.now(),
    )


def test_people_are_counted_as_far_as_they_went(room):
    people = [factories.participant(room) for _ in range(4)]
    written = factories.idea(room, people[0])
    factories.argument(written, people[1])
    factories.mark(room, people[2], {written: 1})
    gone = factories.participant(room)
    with write() as transaction:
        transaction.session.get_one(Participant, gone.id).left_at = clock.now()

    found = steps_of(db.session(), room.id, room.round)

    assert found == Steps(joined=4, wrote=2, read=found.read, voted=1)


def test_what_is_sealed_counts_nowhere(app, browser_of):
    room = factories.room(phases=factories.ALONE_FIRST)
    factories.step(room, "write")
    people = [factories.participant(room) for _ in range(6)]
    for person in people:
        factories.idea(room, person)

    happened, steps = happened_in(db.session(), room.id), steps_of(db.session(), room.id, room.round)
    page = text(browser_of(room.owner).get(f"/challenges/{room.id}/statistics"))

    assert (sum(happened.joined.values()), sum(happened.ideas.values()), steps.wrote) == (6, 0, 0)
    assert "6 people joined; 0 ideas and 0 arguments were written." in page
    factories.step(room, "debate")
    assert sum(happened_in(db.session(), room.id).ideas.values()) == 6


@pytest.mark.parametrize(
    ("hours", "steps", "said"),
    [(3, 13, "quarter"), (40, 41, "hour"), (24 * 21, 22, "day"), (24 * 200, 29, "week")],
)
def test_the_course_has_steps_of_a_fitting_length(app, room, hours, steps, said):
    round, zone = room.round, ZoneInfo("Europe/Berlin")
    closed = datetime(2026, 4, 20, 12, tzinfo=UTC)  # summer time began on 29 March
    round.challenge.published_at, round.closed_at = closed - timedelta(hours=hours), closed
    at_the_close = Counter({clock.to_ms(closed) // SLOT_MS: 3})

    with app.test_request_context(), db.session.no_autoflush:
        chart = course_of(Happened(at_the_close, Counter(), Counter()), round, zone)
    db.session.rollback()

    [bar] = [shape for shape in chart.shapes if isinstance(shape, Box)]
    step = (RIGHT - LEFT) / steps
    assert RIGHT - step <= bar.x < bar.x + bar.width <= RIGHT
    assert said in chart.note
    assert [row[1:] for row in chart.rows] == [["3", "0", "0"]]


@pytest.mark.parametrize(
    ("times", "found"),
    [([1, 1, 0, 4, 0, 9, 2], [0, 0, 0, 6, 0, 11, 0]), ([1, 0, 2], [0, 0, 3]), ([5, 7], [5, 7]), ([], [])],
)
def test_texts_of_hidden_authors_wait_for_the_next_bar_until_there_are_five(times, found):
    assert joined_steps(times) == found


class TestFiles:
    @pytest.fixture
    def closed(self, app):
        return closed_round()

    def test_each_chart_of_a_result_is_a_file_for_everybody_who_sees_it(self, closed, browser_of):
        browser = browser_of(closed.owner)
        base = f"/challenges/{closed.id}/result/charts"

        page = text(browser.get(base, follow_redirects=True))

        addresses = set(re.findall(r'href="([^"]+/charts/[^"]+)"', page))
        assert {address.rsplit("/", 1)[1] for address in addresses} >= {"ranking-1.svg", "ranking-1.png"}
        for address in addresses:
            response = browser.get(address)
            assert response.status_code == 200, (address, response.status, response.headers)
            assert "attachment" in response.headers["Content-Disposition"]
            if address.endswith(".svg"):
                tree = ElementTree.fromstring(response.data)
                assert tree.find("{http://www.w3.org/2000/svg}title").text
            else:
                picture = Image.open(io.BytesIO(response.data))
                assert picture.width == 3 * 300
                assert len(set(picture.resize((60, 60)).get_flattened_data())) > 5
        assert browser.get(f"{base}/nothing.svg", follow_redirects=True).status_code == 404

    def test_no_chart_of_a_result_is_there_before_the_close(self, room, owner):
        for part in ("", "/ranking-1.svg", "/reads-1.png"):
            response = owner.get(f"/challenges/{room.id}/result/charts{part}", follow_redirects=True)
            assert response.status_code == 409

    def test_a_title_that_is_markup_stays_text(self, app, browser_of):
        room = factories.room()
        people = [factories.participant(room) for _ in range(2)]
        idea = factories.idea(room, people[0], '<script>alert("1")</script>&amp;')
        factories.mark(room, people[1], {idea: 1})
        factories.close(room)

        answer = browser_of(room.owner).get(f"/challenges/{room.id}/result/charts/ranking-1.svg", follow_redirects=True)

        ElementTree.fromstring(answer.data)
        assert b"<script" not in answer.data
        assert b"&lt;script&gt;" in answer.data


@pytest.mark.parametrize("people", [3, 30])
def test_the_statistics_cost_few_statements_at_any_number_of_people(room, owner, people):
    links = [sharing.make_link(room.owner, room.id, f"Link {n}") for n in range(4)]
    joined = [factories.participant(room) for _ in range(people)]
    for n, person in enumerate(joined[:6]):
        factories.idea(room, person)
        with write() as transaction:
            transaction.session.get_one(Participant, person.id).link_id = links[n % 4]
    address = f"/challenges/{room.id}/statistics"
    text(owner.get(address, follow_redirects=True))
    slug = owner.get(address).location or address

    found = cost_of(owner, slug)

    assert len(found.all) <= 15, found.all


def test_a_single_point_in_time_is_a_sentence_and_no_chart(room, owner):
    link = sharing.make_link(room.owner, room.id, "QR code")
    people = [factories.participant(room) for _ in range(7)]
    idea = factories.idea(room, people[0])
    with write() as transaction:
        for person in people:
            transaction.session.get_one(Participant, person.id).link_id = link
    for person in people[1:6]:
        factories.mark(room, person, {idea: 1})

    page = text(owner.get(f"/challenges/{room.id}/statistics"))

    assert "7 people joined; 1 idea and 0 arguments were written." in page
    assert "The link that brought most people: QR code, 7 of them." in page
    assert "5 of them voted (71%)." in page
    assert re.findall(r'<figure class="chart-figure" id="([^"]+)"', page) == ["drop-out"]
    factories.participant(room)
    assert "QR code" not in text(owner.get(f"/challenges/{room.id}/statistics")), "it would tell of a single person"
    assert owner.get(f"/challenges/{room.id}/statistics/course.svg").status_code == 404
