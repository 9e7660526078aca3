"""Challenges: the title, brief, prize, rules and promises."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model, Word
from ideas.models.account import Account
from ideas.models.chain import Chained
from ideas.models.organisation import Organisation


class Visibility(StrEnum):
    LISTED = "listed"
    LINK = "link"


class Anonymity(StrEnum):
    """Who sees the author of an idea. Ordered from weak to strong; it can only be strengthened after the first idea."""

    NAMED = "named"
    UNTIL_RESULT = "until_result"
    FOR_GOOD = "for_good"

    @property
    def strength(self) -> int:
        return list(Anonymity).index(self)


class ImageRule(StrEnum):
    """Whether an idea has a picture."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Layout(StrEnum):
    """The layout of ideas in the room."""

    LIST = "list"
    GALLERY = "gallery"


class AddressKind(StrEnum):
    SLUG = "slug"
    CODE = "code"


class ResultShare(StrEnum):
    """Who sees the closed result besides the people inside."""

    OFF = "off"
    LINK = "link"  # whoever has the secret link
    PUBLIC = "public"


class RetentionAct(StrEnum):
    """The act that ends the storage of a closed challenge after some days, from weak to strong."""

    ANONYMISE = "anonymise"  # who took part goes; texts, counts and the result stay
    DELETE = "delete"

    @property
    def strength(self) -> int:
        return list(RetentionAct).index(self)


class Category(StrEnum):
    """The kinds of challenge by which people look for one; a challenge has one or none."""

    PRODUCT = "product"
    NAME = "name"
    DESIGN = "design"
    WORK = "work"
    ENVIRONMENT = "environment"
    PLACE = "place"
    CULTURE = "culture"
    LEARNING = "learning"


class PostingStep(StrEnum):
    """The steps of posting a challenge, in their order."""

    CHALLENGE = "challenge"
    WAY = "way"
    PEOPLE = "people"
    CONDITIONS = "conditions"
    CHECK = "check"

    @property
    def next(self) -> "PostingStep":
        """The step after this one; the last one has none and answers itself."""
        steps = list(PostingStep)
        return steps[min(steps.index(self) + 1, len(steps) - 1)]


class TieRule(StrEnum):
    """How ideas that share a place get the prizes that they reach."""

    SHARED = "shared"
    DRAWN = "drawn"


class Rights(StrEnum):
    """What happens to the rights in an idea."""

    STAY = "stay"  # with the author, whatever becomes of the idea
    ON_AWARD = "on_award"  # the organisation gets a licence if the idea is awarded, and only then
    OTHER = "other"  # as its own words say


@dataclass(frozen=True)
class Retention:
    """What is done with a challenge so many days after its close."""

    act: RetentionAct
    days: int
    not_before: datetime | None = None  # of a new rule of the installation, for challenges that closed long ago

    def due_at(self, closed_at: datetime) -> datetime:
        """The instant from which on it is done."""
        due = closed_at + timedelta(days=self.days)
        return due if self.not_before is None else max(due, self.not_before)

    def is_weaker_than(self, promised: "Retention") -> bool:
        """Whether people who were promised the other one would be kept longer."""
        return self.act.strength < promised.act.strength or self.days > promised.days


@dataclass(frozen=True)
class ChallengePicture:
    """The picture of a challenge. `id` is that of its `Image`; `words` say what it shows, "" if nobody said it."""

    id: int
    width: int
    height: int
    words: str


class Challenge(Chained, Model):
    __tablename__ = "challenge"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)  # None: a draft
    step: Mapped[PostingStep] = mapped_column(Word(PostingStep), default=PostingStep.CHECK)  # at which a draft goes on
    is_template: Mapped[bool] = mapped_column(default=False)  # a draft that is only copied, under the name in its title

    title: Mapped[str] = mapped_column(String(200))
    brief: Mapped[str] = mapped_column(Text, default="")
    rules: Mapped[str] = mapped_column(Text, default="")
    prize: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(12))
    category: Mapped[Category | None] = mapped_column(Word(Category))
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    # A picture has a row of its own. Its size stands here too, so that pages need no further statement.
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("image.id"), index=True)
    picture_width: Mapped[int] = mapped_column(default=0)
    picture_height: Mapped[int] = mapped_column(default=0)
    picture_words: Mapped[str] = mapped_column(String(250), default="")
    blueprint: Mapped[str] = mapped_column(String(30))
    visibility: Mapped[Visibility] = mapped_column(Word(Visibility))
    anonymity: Mapped[Anonymity] = mapped_column(Word(Anonymity))
    approval: Mapped[bool] = mapped_column(default=False)  # a facilitator approves ideas before the room sees them
    capacity: Mapped[int] = mapped_column(default=2000)  # participants at the most
    # The present slug and code; `Address` has the former ones, too, and keeps all of them unique.
    slug: Mapped[str] = mapped_column(String(80))
    code: Mapped[str] = mapped_column(String(6), unique=True)
    # None: nobody chose, and the result of a listed challenge is public.
    chosen_share: Mapped[ResultShare | None] = mapped_column(Word(ResultShare))
    result_token: Mapped[str | None] = mapped_column(String(40), unique=True, index=True)  # of the result's link

    # The parts of an idea.
    idea_title_max: Mapped[int] = mapped_column(default=200)  # characters
    idea_text: Mapped[bool] = mapped_column(default=True)  # False: an idea is a title alone
    idea_image: Mapped[ImageRule] = mapped_column(Word(ImageRule), default=ImageRule.OPTIONAL)
    layout: Mapped[Layout] = mapped_column(Word(Layout), default=Layout.LIST)
    idea_prompts: Mapped[bool] = mapped_column(default=True)  # "Inspire me" shows questions that help to think on
    # The seed ideas of a draft, as typed. The publication creates the ideas and empties this text.
    seed_ideas: Mapped[str] = mapped_column(Text, default="")

    # What is done with it after the close; None: it is kept, unless the installation has a rule.
    retention_act: Mapped[RetentionAct | None] = mapped_column(Word(RetentionAct))
    retention_days: Mapped[int | None]
    anonymised_at: Mapped[datetime | None] = mapped_column(Instant)
    announced_act: Mapped[RetentionAct | None] = mapped_column(Word(RetentionAct))  # what owners were told of by mail

    flags: Mapped[int] = mapped_column(default=0)  # flags ever given here: while there are none, no page asks for them
    # The prizes, the first one first: name, amount in the smallest unit of the currency (None without one), winners.
    prizes: Mapped[list[dict[str, str | int | None]]] = mapped_column(JSON, default=list)
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    # The shares of a prize in percent; the idea takes the rest.
    parents_share: Mapped[int] = mapped_column(default=30)
    arguments_share: Mapped[int] = mapped_column(default=10)
    tie_rule: Mapped[TieRule] = mapped_column(Word(TieRule), default=TieRule.SHARED)
    draw_seed: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # secret until awards are given

    # What happens to the rights, and its words. `RightsText` keeps every version that people consented to.
    rights: Mapped[Rights] = mapped_column(Word(Rights), default=Rights.STAY)
    rights_words: Mapped[str] = mapped_column(Text, default="")
    # The answer is promised by a date, or so many days after the close; neither: none is promised.
    answer_at: Mapped[datetime | None] = mapped_column(Instant)
    answer_days: Mapped[int | None]
    # The organisation's estimate, for the pay line, and the country whose floor the pay is compared with.
    expected_people: Mapped[int | None]
    expected_minutes: Mapped[int | None]
    floor_country: Mapped[str] = mapped_column(String(2), default="DE")
    time_reports: Mapped[int] = mapped_column(default=0)  # changes of them, so that kept pages know of each

    organisation: Mapped[Organisation] = relationship()
    creator: Mapped[Account | None] = relationship()

    @property
    def handle(self) -> str:
        return f"challenge-{self.id}"

    @property
    def picture(self) -> ChallengePicture | None:
        if self.picture_id is None:
            return None
        return ChallengePicture(self.picture_id, self.picture_width, self.picture_height, self.picture_words)

    @property
    def retention(self) -> Retention | None:
        """The challenge's own rule."""
        if self.retention_act is None or self.retention_days is None:
            return None
        return Retention(self.retention_act, self.retention_days)

    def retentions(self, of_installation: Retention | None) -> list[Retention]:
        """What will be done with it, in order: its own rule and that of the installation hold both."""
        rules = [rule for rule in (self.retention, of_installation) if rule]
        first = sorted(rules, key=lambda rule: (rule.days, -rule.act.strength))
        # What comes after a deletion, and a second anonymisation, changes nothing.
        return [rule for n, rule in enumerate(first) if all(rule.act.strength > r.act.strength for r in first[:n])]

    @property
    def result_share(self) -> ResultShare:
        if self.chosen_share is None:
            return ResultShare.PUBLIC if self.visibility == Visibility.LISTED else ResultShare.OFF
        return self.chosen_share


class Address(Model):
    """A slug or a code that a challenge has or had. None is given twice, so an old link never leads elsewhere."""

    __tablename__ = "address"

    kind: Mapped[AddressKind] = mapped_column(Word(AddressKind), primary_key=True)
    text: Mapped[str] = mapped_column(String(80), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id", ondelete="CASCADE"), index=True)
