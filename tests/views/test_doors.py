"""The addresses of a room: the slug, the door, the code in a link, the numbers, and the way back."""

import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image as Pillow

from app.platform import cards
from app.viewers import join_codes
from ideas.database import db
from ideas.models import Account, Challenge, Image, Visibility
from ideas.services import challenges, participants, sharing
from ideas.services.challenges import ChallengeForm
from tests import factories


@pytest.fixture
def room(app, noise):
    return factories.room(title="How do we halve packaging waste?")


@pytest.fixture
def listed(app, noise):
    return factories.listed_room(title="A name for our bread")


def text(response) -> str:
    return response.get_data(as_text=True)


def next_of(response) -> str:
    return parse_qs(urlsplit(response.location).query)["next"][0]


def fields_of(page) -> dict[str, str]:
    """The hidden fields of the join form on a page."""
    form = text(page).partition('id="join"')[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', form))


def joined_from(client, address: str, code: str, **more):
    """Go from an address to the door, enter the code, join, and return where that leads."""
    at_door = client.get(address)
    page = client.post("/join", data={"code": code, "next": next_of(at_door), **more})
    fields = fields_of(client.get(page.location))
    return client.post(urlsplit(page.location).path, data={**fields, "name": "Igel"})


class TestSlug:
    def test_a_page_of_a_room_has_the_title_in_its_address(self, room, browser_of):
        page = browser_of(factories.participant(room)).get("/challenges/how-do-we-halve-packaging-waste")

        assert page.status_code == 200
        assert room.path == "/challenges/how-do-we-halve-packaging-waste"

    @pytest.mark.parametrize("title", ["🐝🐝", "كيف نوفر الماء؟", "..", "new", "x" * 200, "../../sign-in", "2027"])
    def test_every_title_gets_an_address_that_works(self, app, noise, browser_of, title):
        room, other = factories.room(title=title), factories.room(title=title)
        member = browser_of(factories.participant(room))

        assert member.get(room.path).status_code == 200
        assert room.path != other.path
        assert member.get(other.path).location.startswith("/join?")

    def test_case_does_not_matter(self, room, browser_of):
        browser = browser_of(factories.participant(room))

        assert browser.get("/challenges/How-Do-We-Halve-Packaging-Waste").status_code == 200

    def test_the_slug_of_a_draft_follows_its_title_and_former_ones_redirect(self, app, noise, browser_of):
        company = factories.company()
        form = ChallengeForm(title="Our pakaging")
        draft = challenges.draft_challenge(company.owner, company.id, form)
        owner = browser_of(company.owner)

        challenges.revise_challenge(company.owner, draft, ChallengeForm(title="Our packaging"))

        assert owner.get("/challenges/our-packaging/edit").status_code == 200
        assert owner.get("/challenges/our-pakaging/edit?x=1").location == "/challenges/our-packaging/edit?x=1"

    def test_the_slug_stays_from_the_publication_on(self, room, browser_of):
        before = room.path
        challenges.revise_challenge(room.owner, room.id, ChallengeForm(title="Another title"))

        page = text(browser_of(room.owner).get(before))

        assert room.path == before
        assert "Another title" in page

    def test_a_deleted_draft_frees_its_slug(self, app, noise):
        company = factories.company()
        draft = challenges.draft_challenge(company.owner, company.id, ChallengeForm(title="Our bread"))
        challenges.delete_draft(company.owner, draft)

        again = challenges.draft_challenge(company.owner, company.id, ChallengeForm(title="Our bread"))

        assert db.session.get_one(Challenge, again).slug == "our-bread"

    def test_an_idea_is_found_under_its_own_challenge_only(self, room, listed, browser_of):
        idea = factories.idea(listed, factories.participant(listed))
        member = factories.participant(room)

        assert browser_of(member).get(f"{room.path}/ideas/{idea}").status_code == 404


class TestDoor:
    @pytest.mark.parametrize(
        "page", ["", "/ballot", "/result", "/me", "/ideas/1", "/live-ranking", "/ballot?question=1"]
    )
    def test_a_stranger_is_asked_for_the_code_and_comes_to_the_wanted_page(self, room, client, page):
        assert text(client.get(client.get(room.path + page).location)).count("<h1>Enter the code</h1>") == 1

        assert joined_from(client, room.path + page, room.code).location == room.path + page

    def test_the_door_says_nothing_about_the_room(self, room, client):
        page = text(client.get(client.get(room.path).location))

        assert "Enter the code" in page
        assert "packaging waste" not in page
        assert "Company" not in page

    def test_a_slug_that_does_not_exist_and_a_draft_lead_to_the_same_door(self, room, client, app):
        company = factories.company()
        challenges.draft_challenge(company.owner, company.id, ChallengeForm(title="Our layoffs"))

        def door(slug: str) -> tuple[str, str]:
            answer = client.get(f"/challenges/{slug}/ballot")
            page = re.sub(
                r'name="(csrf[\w-]*|op)" (content|value)="[^"]*"|name="now" content="\d+"',
                "",
                text(client.get(answer.location)),
            )
            return answer.location.replace(slug, "SLUG"), page.replace(slug, "SLUG")

        assert door("how-do-we-halve-packaging-waste") == door("our-layoffs") == door("no-such-thing")

    def test_a_stranger_to_a_listed_room_comes_to_its_join_page_and_then_to_the_wanted_page(self, listed, client):
        answer = client.get(f"{listed.path}/ballot")

        assert answer.location.startswith(f"/join/{listed.code}?key={join_codes.key_of(listed.code)}&next=")
        fields = fields_of(client.get(answer.location))
        joined = client.post(f"/join/{listed.code}", data={**fields, "name": "Igel"})
        assert joined.location == f"{listed.path}/ballot"

    def test_a_code_in_the_link_opens_the_door_and_leaves_the_address(self, room, client):
        answer = client.get(f"{room.path}/ballot?question=1&code={room.code.lower()}")

        assert answer.location.startswith(f"/join/{room.code}?next=")
        assert next_of(answer) == f"{room.path}/ballot?question=1"
        assert client.get(answer.location).status_code == 200

    def test_people_inside_lose_the_code_from_the_address(self, room, browser_of):
        for who in (factories.participant(room), room.owner):
            answer = browser_of(who).get(f"{room.path}?code={room.code}&x=1")

            assert answer.location == f"{room.path}?x=1"

    def test_a_code_that_can_be_none_leads_to_the_door(self, room, client):
        answer = client.get(f"{room.path}?code=nonsense!")

        assert answer.location == room.path
        assert client.get(answer.location).location.startswith("/join?next=")

    def test_a_guest_who_joined_with_a_link_to_a_page_comes_there(self, room, browser_of):
        member = browser_of(factories.participant(room))

        answer = member.get(f"/join/{room.code}?next={room.path}/me")

        assert answer.location == f"{room.path}/me"

    def test_a_wrong_code_keeps_the_wanted_page(self, room, client):
        at_door = client.get(f"{room.path}/me")

        wrong = client.post("/join", data={"code": "000000", "next": next_of(at_door)})
        page = client.get(wrong.location)

        assert page.status_code == 404
        assert f'name="next" value="{room.path}/me"' in text(page)

    def test_text_that_is_no_code_keeps_the_wanted_page(self, room, client):
        page = client.post("/join", data={"code": "what?", "next": f"{room.path}/me"})

        assert page.status_code == 404
        assert f'name="next" value="{room.path}/me"' in text(page)
        assert "six letters and digits" in text(page)

    @pytest.mark.parametrize(
        "wanted",
        [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "/sign-in",
            "{path}/../../sign-in",
            "{path}x",
            "{path}evil.example",
            "https://evil.example{path}",
            "javascript:alert(1)",
            "/challenges/noise-challenge",
        ],
    )
    def test_no_other_page_is_wanted(self, room, client, wanted):
        wanted = wanted.format(path=room.path)
        page = client.get(f"/join/{room.code}", query_string={"next": wanted})

        fields = fields_of(page)
        assert "key" in fields
        assert "next" not in fields
        joined = client.post(f"/join/{room.code}", data={**fields, "name": "Igel", "next": wanted})
        assert joined.location == room.path

    def test_the_query_of_a_page_cannot_choose_the_address(self, room, client):
        answer = client.get(f"{room.path}?_external=1&_anchor=x&endpoint=home.index&_scheme=ftp&challenge_id=1")

        assert answer.location.startswith("/join?next=")
        assert next_of(answer).startswith(f"{room.path}?")

    def test_a_removed_participant_is_told_so_and_not_led_to_the_door(self, room, browser_of):
        barred = factories.participant(room)
        participants.bar_participant(room.owner, room.id, barred.id, "")

        answer = browser_of(barred).get(room.path)

        assert answer.status_code == 403
        assert "removed you" in text(answer)

    def test_wrong_codes_at_the_door_cost_work(self, room, client):
        for n in range(7):
            client.get(f"/join/{n:06d}")

        asked = client.get(f"/join/{room.code}?next={room.path}")

        assert asked.status_code == 429
        assert f'name="next" value="{room.path}"' in text(asked)


class TestSignIn:
    def test_a_signed_out_moderator_is_led_from_the_console_to_sign_in_and_back(self, room, client):
        moderator = factories.member(room.organisation_id, room.owner)
        email = db.session.get_one(Account, moderator.account_id).email
        answer = client.get(f"{room.path}/console?ideas=2")

        signed_in = client.post(
            "/sign-in",
            data={"email": email, "password": factories.PASSWORD, "next": next_of(answer)},
        )

        assert urlsplit(answer.location).path == "/sign-in"
        assert signed_in.location == f"{room.path}/console?ideas=2"
        assert client.get(signed_in.location).status_code == 200

    def test_a_moderator_whose_browser_holds_a_guest_is_led_to_sign_in(self, room, browser_of):
        answer = browser_of(factories.participant(room)).get(f"{room.path}/console")

        assert urlsplit(answer.location).path == "/sign-in"

    def test_a_number_leads_a_signed_out_moderator_to_sign_in_whatever_it_is(self, room, client):
        for number in (room.id, 999_999):
            answer = client.get(f"/challenges/{number}/console")

            assert urlsplit(answer.location).path == "/sign-in"
            assert next_of(answer) == f"/challenges/{number}/console"

    def test_the_door_offers_to_sign_in_and_leads_back(self, room, client):
        page = text(client.get(client.get(f"{room.path}/me").location))

        assert f'href="/sign-in?next={room.path}/me"' in page.replace("%2F", "/")


class TestNumbers:
    @pytest.mark.parametrize("end", ["", "/ballot", "/result", "/me", "/live-ranking"])
    @pytest.mark.parametrize("visibility", list(Visibility))
    def test_nothing_is_there_for_strangers(self, app, noise, client, end, visibility):
        room = factories.room(visibility=visibility)

        there, nowhere = client.get(f"/challenges/{room.id}{end}"), client.get(f"/challenges/999999{end}")

        def plain(response, number):
            page = re.sub(r'name="(csrf\w*|now|op)" (content|value)="[^"]*"', "", text(response))
            return page.replace(f"/challenges/{number}", "/challenges/N")

        assert there.status_code == nowhere.status_code == 404
        assert plain(there, room.id) == plain(nowhere, 999_999)

    def test_an_idea_by_number_is_not_there_for_strangers(self, listed, client):
        idea = factories.idea(listed, factories.participant(listed))

        assert client.get(f"/ideas/{idea}").status_code == 404

    def test_people_inside_are_redirected(self, app, room):
        idea = factories.idea(room, factories.participant(room))
        browser = app.test_client()
        factories.sign_in(browser, factories.participant(room))
        browser.follows_numbers = False

        for number, page in (
            (f"/challenges/{room.id}", room.path),
            (f"/challenges/{room.id}/ballot?question=1", f"{room.path}/ballot?question=1"),
            (f"/ideas/{idea}", f"{room.path}/ideas/{idea}"),
        ):
            answer = browser.get(number)

            assert (answer.status_code, answer.location) == (302, page)

    def test_a_form_that_was_opened_under_its_number_is_sent_on(self, app, room):
        browser = app.test_client()
        factories.sign_in(browser, room.owner)
        browser.follows_numbers = False

        answer = browser.post(f"/challenges/{room.id}/phases", data={"phases": "1"})

        assert (answer.status_code, answer.location) == (308, f"{room.path}/phases")

    def test_the_addresses_of_the_protocol_stay(self, room, browser_of):
        browser = browser_of(factories.participant(room))

        for page in ("parts", "mine", "idea-list", "ballot/parts", "live?epoch=x"):
            answer = browser.get(f"/challenges/{room.id}/{page}")

            assert answer.status_code in (200, 302), page
            assert answer.request.path.startswith(f"/challenges/{room.id}"), page


class TestCodes:
    @pytest.mark.parametrize(
        "typed", ["/{code}", "/{lower}", "/{dashed}", "/join/{code}/", "/join?code={code}", "/join/?code={code}"]
    )
    def test_an_address_with_a_code_leads_to_the_join_page(self, room, client, typed):
        code = room.code
        address = typed.format(code=code, lower=code.lower(), dashed=f"{code[:3]}-{code[3:]}")

        page = client.get(address, follow_redirects=True)

        assert page.status_code == 200
        assert "packaging waste" in text(page)

    @pytest.mark.parametrize("address", ["/join", "/join/"])
    def test_join_alone_asks_for_the_code(self, client, noise, address):
        page = client.get(address)

        assert page.status_code == 200
        assert 'name="code"' in text(page)

    def test_full_width_letters_and_a_whole_link_are_read(self, room, client):
        wide = "".join(chr(ord(c) + 0xFEE0) for c in room.code)

        for typed in (
            wide,
            f"http://localhost{room.path}?utm=x&code={room.code}",
            f"  localhost/join/{room.code}/?a=b#c",
        ):
            assert client.post("/join", data={"code": typed}).location == f"/join/{room.code}"

    @pytest.mark.parametrize(
        "address", ["/images", "/rounds", "/return", "/static", "/robots", "/login.php", "/wp-admin"]
    )
    def test_a_code_below_the_start_page_hides_no_other_address(self, client, noise, address):
        answer = client.get(address)

        assert answer.status_code == 404 or answer.location == "/join/R0B0TS"

    def test_known_pages_below_the_start_page_stay(self, client, noise):
        for address in ("/", "/sign-in", "/sign-up", "/imprint", "/privacy", "/healthz", "/readyz", "/join"):
            assert client.get(address).status_code == 200, address


class TestNewCode:
    def test_a_new_code_shuts_old_links_to_strangers(self, room, client):
        sharing.renew_code(room.owner, room.id, room.code)
        new = db.session.get_one(Challenge, room.id).code

        assert client.get(f"/join/{room.code}").status_code == 404
        assert client.get(f"/join/{new}").status_code == 200

    def test_old_links_go_on_leading_people_inside_to_the_room(self, room, browser_of):
        member = browser_of(factories.participant(room))
        sharing.renew_code(room.owner, room.id, room.code)

        assert member.get(f"/join/{room.code}").location == room.path
        assert member.get(room.path).status_code == 200

    def test_a_join_page_that_was_open_before_does_not_let_in(self, room, client):
        fields = fields_of(client.get(f"/join/{room.code}"))
        sharing.renew_code(room.owner, room.id, room.code)

        assert client.post(f"/join/{room.code}", data={**fields, "name": "Igel"}).status_code == 404

    def test_the_share_page_offers_links_that_let_in_until_the_next_code(self, room, browser_of, app):
        owner = browser_of(room.owner)
        before, after = [], []
        for links in (before, after):
            page = text(owner.get(f"{room.path}/share"))
            links += re.findall(r'<input[^>]* value="http://localhost(/[^"]+)" readonly', page)
            sharing.renew_code(room.owner, room.id, links[0][6:12]) if links is before else None

        assert [link.partition("?")[0] for link in before] == [f"/join/{before[0][6:12]}", room.path]
        for link, status in [(link, 404) for link in before] + [(link, 200) for link in after]:
            answer = app.test_client().get(link, follow_redirects=True)
            assert (answer.status_code == status) or "Enter the code" in text(answer), link
            assert ('name="key"' in text(answer)) == (status == 200), link

    def test_the_share_page_makes_a_new_code_once(self, room, browser_of):
        owner = browser_of(room.owner)
        page = text(owner.get(f"{room.path}/share"))
        [seen] = re.findall(r'name="seen" value="(\w{6})"', page)

        first = owner.post(f"/challenges/{room.id}/code", data={"seen": seen})
        second = owner.post(f"/challenges/{room.id}/code", data={"seen": seen})

        assert first.location == f"{room.path}/share"
        assert second.status_code == 409
        new = db.session.get_one(Challenge, room.id).code
        assert new != room.code
        assert new in text(owner.get(f"{room.path}/share"))


class TestSharedResult:
    @pytest.fixture
    def closed(self, room):
        author, voter = factories.participant(room), factories.participant(room)
        idea = factories.idea(room, author, "Brot mit Saat", image=factories.picture())
        factories.mark(room, voter, {idea: 1})
        factories.close(room)
        return room

    def share(self, browser, room, share, seen):
        return browser.post(f"/challenges/{room.id}/result-share", data={"share": share, "seen": seen})

    def test_a_result_by_link_is_closed_to_strangers_at_first(self, closed, client):
        assert client.get(f"{closed.path}/result").location.startswith("/join?")

    def test_the_secret_link_opens_the_result_with_its_pictures_and_explanation(self, closed, client, browser_of):
        owner = browser_of(closed.owner)
        assert self.share(owner, closed, "link", "off").status_code == 303
        [link] = re.findall(r'value="http://localhost(/[^"]+key=[\w-]{24})"', text(owner.get(f"{closed.path}/share")))

        page = client.get(link)

        assert page.status_code == 200
        assert "Brot mit Saat" in text(page)
        inner = [
            a.replace("&amp;", "&") for a in re.findall(r'(?:href|src)="(/(?:images|challenges)/[^"#]*)"', text(page))
        ]
        assert any("/explanation" in a for a in inner)
        for address in inner:
            assert client.get(address).status_code == 200, address
            assert "key=" in address
        image = db.session.scalars(db.select(Image.id)).one()
        assert client.get(f"/images/{image}{link[link.index('?') :]}").mimetype == "image/webp"
        assert client.get(f"/images/{image}").status_code == 404
        assert client.get(f"{closed.path}/result").location.startswith("/join?")
        assert client.get(closed.path).location.startswith("/join?")
        assert client.get(f"{closed.path}/result?key=wrong").location.startswith("/join?")

    def test_a_new_link_and_no_sharing_end_the_old_link(self, closed, client, browser_of):
        owner = browser_of(closed.owner)
        self.share(owner, closed, "link", "off")
        first = db.session.get_one(Challenge, closed.id).result_token
        owner.post(f"/challenges/{closed.id}/result-link", data={"seen": first})
        second = db.session.get_one(Challenge, closed.id).result_token

        assert client.get(f"{closed.path}/result?key={first}").status_code == 302
        assert client.get(f"{closed.path}/result?key={second}").status_code == 200

        self.share(owner, closed, "off", "link")

        assert client.get(f"{closed.path}/result?key={second}").status_code == 302

    def test_a_public_result_is_open_at_its_ordinary_address(self, closed, client, browser_of):
        self.share(browser_of(closed.owner), closed, "public", "off")

        assert client.get(f"{closed.path}/result").status_code == 200
        assert client.get(closed.path).location == f"{closed.path}/result"
        assert client.get(f"/challenges/{closed.id}/result").status_code == 404

    def test_a_choice_on_an_old_page_is_refused(self, closed, browser_of):
        owner = browser_of(closed.owner)
        self.share(owner, closed, "public", "off")

        assert self.share(owner, closed, "link", "off").status_code == 409
        assert self.share(owner, closed, "nonsense", "public").status_code == 400

    def test_the_result_of_a_listed_challenge_can_be_taken_back(self, listed, client, browser_of):
        factories.close(listed)
        assert client.get(f"{listed.path}/result").status_code == 200

        self.share(browser_of(listed.owner), listed, "off", "public")

        assert client.get(f"{listed.path}/result").status_code == 403
        assert "A name for our bread" not in text(client.get("/"))

    def test_an_open_round_has_no_link(self, room, browser_of):
        owner = browser_of(room.owner)

        assert self.share(owner, room, "link", "off").status_code == 409
        assert "result-share" not in text(owner.get(f"{room.path}/share"))


class TestUnfurl:
    def meta(self, page) -> dict[str, str]:
        return dict(re.findall(r'<meta property="og:([\w:]+)" content="([^"]*)">', text(page)))

    def test_a_join_link_says_the_title_and_the_organisation_with_a_picture(self, room, client, app):
        app.config["PUBLIC_URL"] = "https://ideas.example"

        meta = self.meta(client.get(f"/join/{room.code}"))

        assert meta["title"] == "How do we halve packaging waste?"
        assert meta["url"] == f"https://ideas.example/join/{room.code}?key={join_codes.key_of(room.code)}"
        assert meta["image"].startswith("https://ideas.example/cards/")
        picture = client.get(urlsplit(meta["image"]).path)
        assert picture.mimetype == "image/png"
        assert picture.data.startswith(b"\x89PNG")

    def test_the_picture_ends_with_the_code_and_the_title(self, room, client):
        picture = urlsplit(self.meta(client.get(f"/join/{room.code}"))["image"]).path
        assert client.get(picture).status_code == 200
        assert client.get(re.sub(r"/cards/\d+/", f"/cards/{room.id + 1}/", picture)).status_code == 404

        sharing.renew_code(room.owner, room.id, room.code)

        assert client.get(picture).status_code == 404

    def test_the_card_shows_the_picture_of_the_challenge_until_it_is_replaced(self, room, client):
        plain = urlsplit(self.meta(client.get(f"/join/{room.code}"))["image"]).path

        factories.depict(room, "A loaf on a board")
        meta = self.meta(client.get(f"/join/{room.code}"))
        pictured = urlsplit(meta["image"]).path
        card = Pillow.open(io.BytesIO(client.get(pictured).data)).convert("RGB")

        assert meta["image:alt"] == "How do we halve packaging waste? · A loaf on a board"
        assert client.get(plain).status_code == 404
        assert card.size == (1200, 630)
        assert max(abs(a - b) for a, b in zip(card.getpixel((1000, 300)), (0xC9, 0x8A, 0x3B), strict=True)) < 12
        assert card.getpixel((40, 600)) != card.getpixel((1000, 300))

        factories.depict(room, "Another loaf")
        assert client.get(pictured).status_code == 404

    def test_a_card_with_a_noisy_picture_stays_small_enough_for_chats(self):
        noise, out = Pillow.effect_noise((960, 540), 100).convert("RGB"), io.BytesIO()
        noise.save(out, "WEBP")

        assert len(cards.pictured_card(out.getvalue(), "A name", "Mill & Oven")) < 300_000

    def test_other_pages_say_nothing_about_a_room(self, room, client):
        for address in ("/", client.get(room.path).location, "/join/000000"):
            meta = self.meta(client.get(address))

            assert meta["image"] == "http://localhost/card.png"
            assert "packaging" not in str(meta)
        assert client.get("/card.png").mimetype == "image/png"

    def test_a_shared_result_has_a_card_of_its_own(self, room, client):
        factories.close(room)
        sharing.share_result(room.owner, room.id, sharing.ResultShare.LINK, sharing.ResultShare.OFF)
        token = db.session.get_one(Challenge, room.id).result_token

        meta = self.meta(client.get(f"{room.path}/result?key={token}"))

        assert meta["title"] == "Result: How do we halve packaging waste?"
        assert client.get(urlsplit(meta["image"]).path).status_code == 200
        assert token not in meta["image"]

    def test_the_manifest_and_its_icons_are_there(self, client, noise, app):
        page = text(client.get("/"))
        manifest = client.get(re.search(r'rel="manifest" href="([^"]+)"', page)[1])

        assert manifest.mimetype == "application/manifest+json"
        assert {icon["sizes"] for icon in manifest.json["icons"]} == {"192x192", "512x512"}
        for icon in manifest.json["icons"]:
            assert client.get(icon["src"]).mimetype == "image/png"
        assert client.get(re.search(r'rel="apple-touch-icon" href="([^"]+)"', page)[1]).mimetype == "image/png"
        assert client.get("/icon-513.png").status_code == 404
