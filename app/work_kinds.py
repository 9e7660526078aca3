"""One presenter for each kind of work of `ideas.work_kinds`, and the words for the choices of a job."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from ideas.models import AiRule, DeliveryKind, EstimateBy, JobState, Licence, SeenBy, Taking, WorkKind


@dataclass(frozen=True)
class WorkPresenter:
    """`example` is a criterion that can be checked, as the form shows one."""

    name: Any
    icon: str
    example: Any


PRESENTERS = {
    WorkKind.TEXT: WorkPresenter(_l("Text"), "pencil", _l("It has 280 to 320 words.")),
    WorkKind.TRANSLATION: WorkPresenter(_l("Translation"), "languages", _l("No sentence of the source is missing.")),
    WorkKind.PICTURE: WorkPresenter(_l("Picture or logo"), "image", _l("It can be read at 16 pixels.")),
    WorkKind.PAGE: WorkPresenter(_l("Web page"), "file-text", _l("It works on a phone of 360 pixels.")),
    WorkKind.RESEARCH: WorkPresenter(_l("Research"), "search", _l("Each answer names its source with a link.")),
    WorkKind.MARKETING: WorkPresenter(_l("Marketing"), "megaphone", _l("There are five headlines of up to 60 signs.")),
    WorkKind.SOFTWARE: WorkPresenter(_l("Software"), "settings", _l("The tests that come with the brief pass.")),
    WorkKind.PHONE: WorkPresenter(_l("Phone"), "bell", _l("Each talk has a line with its result.")),
    WorkKind.OFFICE: WorkPresenter(_l("Office work"), "list", _l("Each of the 40 rows is filled in.")),
    WorkKind.OTHER: WorkPresenter(_l("Other"), "ellipsis", _l("One sentence that can be checked.")),
}

DELIVERIES = {
    DeliveryKind.TEXT: _l("A text, written here"),
    DeliveryKind.TRANSLATION: _l("A translation beside its source, paragraph by paragraph"),
    DeliveryKind.PICTURE: _l("A picture; its original is kept"),
    DeliveryKind.FILE: _l("A file"),
    DeliveryKind.LINK: _l("A link"),
}

TAKINGS = {
    Taking.APPLY: _l("People apply, and you choose"),
    Taking.FIRST_COME: _l("First come, first served"),
    Taking.INVITED: _l("Only people whom you offer a place"),
}

ESTIMATES = {EstimateBy.DONE: _l("One of us did it"), EstimateBy.GUESS: _l("A guess")}

LICENCES = {
    Licence.SIMPLE: _l("A simple right of use"),
    Licence.EXCLUSIVE: _l("An exclusive right of use"),
}

AI_RULES = {
    AiRule.FREE: _l("AI tools may be used"),
    AiRule.SAID: _l("AI tools may be used, and it must be said"),
    AiRule.UNWANTED: _l("AI tools are not wanted"),
}

SEEN_BY = {
    SeenBy.PUBLIC: _l("Everybody"),
    SeenBy.ROOM: _l("The people of a challenge"),
    SeenBy.INVITED: _l("Only people whom you invite"),
}

JOB_STATES = {
    JobState.DRAFT: _l("Draft"),
    JobState.OPEN: _l("Open"),
    JobState.PAUSED: _l("Paused"),
    JobState.CLOSED: _l("Closed"),
    JobState.CANCELLED: _l("Cancelled"),
}

# The same for people who look for work.
TAKINGS_SAID = {
    Taking.APPLY: _l("You apply with a sentence, and the company chooses."),
    Taking.FIRST_COME: _l("Who comes first has the place."),
    Taking.INVITED: _l("The company offers places to people whom it knows."),
}

ESTIMATES_SAID = {
    EstimateBy.DONE: _l("a member of the company did it"),
    EstimateBy.GUESS: _l("a guess of the company"),
}
