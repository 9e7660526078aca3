"""Every post takes a command number, and every form carries one."""

import re

import pytest

import config
from app.platform.commands import STORE_NOTHING, TAKE_THE_NUMBER
from app.platform.csrf import FROM_MAIL
from ideas.database import db
from ideas.models import Operation
from tests import factories
from tests.house.test_routes import FIELDS, listed  # noqa: F401 (a fixture)

TEMPLATES = config.ROOT / "templates"

# The form of the puzzle and the searches send with GET.
FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL)
POSTED = re.compile(r"<form\b[^>]*\bmethod=[\"']?post", re.IGNORECASE)

# The acts after which a visitor or the room can do less come last.
ENDING = {
    "ideas.withdraw": 1,
    "ideas.reinstate": 2,
    "console.bar": 3,
    "console.readmit": 4,
    "console.close": 5,
    "console.redact_idea": 6,
    "organisations.remove_member": 7,
    "devices.hand_over": 8,
    "own_data.leave": 9,
    "deletions.challenge": 10,
    "deletions.organisation": 11,
    "accounts.sign_up": 12,
    "accounts.sign_out": 13,
    "own_account.close": 14,
}


def posts_of(app) -> dict[str, str]:
    """Every address that takes a post, by endpoint."""
    return {rule.endpoint: rule.rule for rule in app.url_map.iter_rules() if "POST" in rule.methods}


def forms_without_a_number(source: str) -> list[str]:
    source = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    forms = [form for form in FORM.findall(source) if POSTED.match(form)]
    posted_by_script = re.findall(r"<live-form\b[^>]*>\s*(<form\b[^>]*method=\"get\".*?</form>)", source, re.DOTALL)
    forms_posted = len(forms)
    forms += posted_by_script
    assert forms_posted == len(POSTED.findall(source)), "a form that is posted has no end in its template"
    numbered = ("command_fields(", "hidden_fields(", "new_number(")
    return [form for form in forms if not any(call in form for call in numbered)]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_every_form_of_a_template_carries_a_number(path):
    assert forms_without_a_number(path.read_text()) == []


def test_the_search_finds_a_form_without_a_number():
    assert forms_without_a_number('<form method="post" action="/x"><button>Go</button></form>')
    assert forms_without_a_number('<form class="x"\n method=POST></form>')
    assert not forms_without_a_number('<form method="post">{{ command_fields() }}</form><form method="get"></form>')


def test_a_post_without_a_number_changes_nothing(app, listed):  # noqa: F811
    taken = {}
    for endpoint, rule in posts_of(app).items():
        if endpoint in STORE_NOTHING | FROM_MAIL:
            continue
        for name in ("participant", "owner"):
            browser = listed.browsers[name]
            browser.numbers = False
            status = browser.post(listed.address(rule, "POST"), data=FIELDS).status_code
            if status not in (400, 403, 404):
                taken[endpoint, name] = status

    assert taken == {}


def test_the_listed_endpoints_exist(app):
    assert posts_of(app).keys() >= STORE_NOTHING | TAKE_THE_NUMBER


def test_a_repeated_post_answers_the_same_and_changes_nothing_more(app, listed, noise):  # noqa: F811
    """Send every post twice, as each kind of visitor may; the second one finds the number."""
    wrong, done = {}, set()
    for endpoint, rule in sorted(posts_of(app).items(), key=lambda post: ENDING.get(post[0], 0)):
        if endpoint in STORE_NOTHING:
            continue
        for name in ("owner", "participant"):
            browser, fields = listed.browsers[name], {**FIELDS, "op": factories.op()}
            first = browser.post(listed.address(rule, "POST"), data=fields)
            if first.status_code >= 400:
                continue
            before = operations()
            second = browser.post(listed.address(rule, "POST"), data=fields)
            done.add(endpoint)
            if (second.location or "").split("#")[0] != (first.location or "").split("#")[0]:
                wrong[endpoint] = (first.status_code, first.location, second.status_code, second.location)
            if operations() != before:
                wrong[endpoint] = "a second operation"
            break

    assert wrong == {}
    assert len(done) > 24, sorted(done)


def operations() -> int:
    db.session.rollback()
    return db.session.query(Operation).count()
