"""The page on which a person chooses what they are told, and by mail or not."""

from dataclasses import dataclass

from app.reasons import TOPICS
from ideas.actor import Actor
from ideas.database import db
from ideas.errors import NotFound
from ideas.models import MAILS, GuestAddress, Person
from ideas.queries.news import NewsPlace, news_places
from ideas.reasons import OF_FACILITATORS, OF_JOBS
from ideas.receivers import switched_off


@dataclass(frozen=True)
class TopicChoice:
    """A topic with its words, and whether news of it come. `is_off_everywhere`: the choice for all challenges rules."""

    topic: str
    label: str
    is_on: bool
    is_off_everywhere: bool = False


@dataclass(frozen=True)
class NewsSettings:
    """What a person chose. `challenge` is the one that the topics are for, None for all."""

    challenge: NewsPlace | None
    topics: list[TopicChoice]
    places: list[NewsPlace]
    changed: frozenset[int]  # the challenges with choices of their own
    mails: bool
    address: GuestAddress | None
    time_zone: str


def news_settings_of(actor: Actor, challenge_id: int | None) -> NewsSettings:
    """:raise NotFound: for a challenge in which the actor has no part."""
    session, person_id = db.session(), actor.person_id or 0
    places = news_places(session, actor)
    place = next((each for each in places if each.id == challenge_id), None)
    if challenge_id is not None and place is None:
        raise NotFound
    off = switched_off(session, person_id)
    moderates = place.facilitates if place else any(each.facilitates for each in places)
    choices = [
        TopicChoice(str(topic), str(label), (challenge_id, str(topic)) not in off, _everywhere(off, place, str(topic)))
        for topic, label in TOPICS.items()
        if (moderates or topic not in OF_FACILITATORS) and (place is None or topic not in OF_JOBS)
    ]
    person = session.get_one(Person, person_id)
    of = person.account or person
    return NewsSettings(
        challenge=place,
        topics=choices,
        places=places,
        changed=frozenset(each for each, topic in off if each is not None and topic != MAILS),
        mails=(None, MAILS) not in off,
        address=session.get(GuestAddress, person_id),
        time_zone=of.time_zone or "UTC",
    )


def _everywhere(off: set[tuple[int | None, str]], place: NewsPlace | None, topic: str) -> bool:
    return place is not None and (None, topic) in off
