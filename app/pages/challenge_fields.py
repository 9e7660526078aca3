"""The fields of a challenge, on the page with all its settings and in the steps of posting."""

from typing import Any

from app.inputs.challenges import Typed
from app.inputs.phases import UNITS
from app.pages.conditions import country_names
from app.pages.console import path_of
from app.pages.previews import preview_of
from app.pages.vote_forms import vote_form_of
from app.rules.grades import scales
from ideas.blueprints import CHOICES
from ideas.brought import waiting_count
from ideas.database import db
from ideas.installation import retention_rule
from ideas.models import Challenge, Organisation, Round
from ideas.pictures import WORDS_MAX
from ideas.prizes import CURRENCIES, PRIZES_MAX, PrizeRules, prize_rules_of
from ideas.queries.challenges import has_ideas
from ideas.seed_lists import LIST_MAX
from ideas.services.challenges import CAPACITY_MAX
from ideas.services.phases import PHASES_MAX
from ideas.texts import TEXT_MAX, TITLE_MAX


def fields_of(
    organisation: Organisation,
    challenge: Challenge | None,
    found: Round | None,
    typed: Typed,
    errors: dict[str, str],
) -> dict[str, Any]:
    """The values that the templates of the fields need. `found`: the current round of the challenge."""
    running = found if challenge and challenge.published_at else None
    promised = challenge is not None and has_ideas(db.session(), challenge.id)
    return {
        "organisation": organisation,
        "challenge": challenge,
        "typed": typed,
        "errors": errors,
        "is_published": running is not None,
        "is_in_lobby": running is not None and running.is_in_lobby,
        "way": path_of(running) if running else [],
        "ways": [] if running else list(CHOICES.values()),
        # The weakest anonymity level that may still be chosen.
        "strength": challenge.anonymity.strength if challenge and promised else 0,
        "preview": preview_of(organisation, typed, running, challenge.picture if challenge else None),
        "scales": scales(),
        "capacity_max": CAPACITY_MAX,
        "installation": retention_rule(),
        "title_max": TITLE_MAX,
        "text_max": TEXT_MAX,
        "picture_words_max": WORDS_MAX,
        "list_max": LIST_MAX,
        "waiting": waiting_count(db.session(), challenge.id) if challenge else 0,
        "phases_max": PHASES_MAX,
        "units": list(UNITS),
        "vote_form": vote_form_of(typed, found, errors),
        "decided_round": running,
        "prize_rules": prize_rules_of(challenge) if challenge else PrizeRules(),
        "prizes_max": PRIZES_MAX,
        "currencies": [(code, code) for code in CURRENCIES],
        "countries": country_names(db.session(), typed.floor_country),
    }
