"""The tables, one noun a file."""

from ideas.models.account import Account, AccountToken
from ideas.models.announcement import Announcement, Readers
from ideas.models.argument import STANDS, Argument, ArgumentAtClose, GoodPoint, Kindness, Stance
from ideas.models.award import Award, AwardClaim, AwardPart
from ideas.models.ballot import Ballot, HandCount, Mark, MergedMark, Tally
from ideas.models.chain import Chained, ChainEnd
from ideas.models.challenge import (
    Address,
    AddressKind,
    Anonymity,
    Category,
    Challenge,
    ChallengePicture,
    ImageRule,
    Layout,
    PostingStep,
    ResultShare,
    Retention,
    RetentionAct,
    Rights,
    TieRule,
    Visibility,
)
from ideas.models.digest import MAILS, Digest, GuestAddress, Reminder, SwitchedOff
from ideas.models.entry import Entry, EntryStatus, IdeaGroup
from ideas.models.exposure import Exposure, Readiness, Reads
from ideas.models.facilitation import Facilitation
from ideas.models.flag import Flag, FlagKind, FlagState
from ideas.models.floor import Floor
from ideas.models.idea import EdgeKind, Idea, IdeaEdge, IdeaVersion, Image
from ideas.models.idea_file import IdeaFile, WaitingIdeas
from ideas.models.invitation import InvitationKind, OptOut, PersonalInvitation
from ideas.models.job import (
    ENDED_JOBS,
    RUNNING_JOBS,
    AiRule,
    DeliveryKind,
    EstimateBy,
    Job,
    JobInvitation,
    JobQuestion,
    JobState,
    Licence,
    SeenBy,
    Taking,
    Terms,
    WorkKind,
)
from ideas.models.journal import Act, JournalEntry, KeptHead, Moment, StreamItem
from ideas.models.juror import Juror, JurorInvitation, ScoreSheet
from ideas.models.lease import Lease
from ideas.models.mail import OF_NEWS, Mail, MailKind, MailState
from ideas.models.notification import Notification
from ideas.models.operation import Operation
from ideas.models.operator_act import OperatorAct
from ideas.models.order import (
    Delivery,
    DueEntry,
    Feedback,
    Objection,
    OrderDraft,
    Refusing,
    Review,
    ReviewDecision,
    Ruling,
    WorkOrder,
)
from ideas.models.organisation import OWNING, READING, STEERING, Invitation, Member, Organisation, Role
from ideas.models.outcome import SHORTLIST, Decision, Outcome
from ideas.models.participant import BROUGHT, PROXIES, Participant, Tier
from ideas.models.payee import Payee
from ideas.models.person import Device, DevicePerson, Person
from ideas.models.result import Assessment, Result
from ideas.models.rights import RightsConsent, RightsText
from ideas.models.round import LOBBY, LOBBY_NAME, Activity, Audience, Origin, Phase, PhaseClock, Question, Reveal, Round
from ideas.models.setting import Setting
from ideas.models.share_link import ShareLink
from ideas.models.stored_file import StoredFile
from ideas.models.time_report import TimeReport
from ideas.models.turn import Exchange, Seat, Turn, TurnRole, TurnState
from ideas.models.wave import Arrival, ExcludedBallot, ExcludedMark, Wave

__all__ = [
    "BROUGHT",
    "ENDED_JOBS",
    "LOBBY",
    "LOBBY_NAME",
    "MAILS",
    "OF_NEWS",
    "OWNING",
    "PROXIES",
    "READING",
    "RUNNING_JOBS",
    "SHORTLIST",
    "STANDS",
    "STEERING",
    "Account",
    "AccountToken",
    "Act",
    "Activity",
    "Address",
    "AddressKind",
    "AiRule",
    "Announcement",
    "Anonymity",
    "Argument",
    "ArgumentAtClose",
    "Arrival",
    "Assessment",
    "Audience",
    "Award",
    "AwardClaim",
    "AwardPart",
    "Ballot",
    "Category",
    "ChainEnd",
    "Chained",
    "Challenge",
    "ChallengePicture",
    "Decision",
    "Delivery",
    "DeliveryKind",
    "Device",
    "DevicePerson",
    "Digest",
    "DueEntry",
    "EdgeKind",
    "Entry",
    "EntryStatus",
    "EstimateBy",
    "Exchange",
    "ExcludedBallot",
    "ExcludedMark",
    "Exposure",
    "Facilitation",
    "Feedback",
    "Flag",
    "FlagKind",
    "FlagState",
    "Floor",
    "GoodPoint",
    "GuestAddress",
    "HandCount",
    "Idea",
    "IdeaEdge",
    "IdeaFile",
    "IdeaGroup",
    "IdeaVersion",
    "Image",
    "ImageRule",
    "Invitation",
    "InvitationKind",
    "Job",
    "JobInvitation",
    "JobQuestion",
    "JobState",
    "JournalEntry",
    "Juror",
    "JurorInvitation",
    "KeptHead",
    "Kindness",
    "Layout",
    "Lease",
    "Licence",
    "Mail",
    "MailKind",
    "MailState",
    "Mark",
    "Member",
    "MergedMark",
    "Moment",
    "Notification",
    "Objection",
    "Operation",
    "OperatorAct",
    "OptOut",
    "OrderDraft",
    "Organisation",
    "Origin",
    "Outcome",
    "Participant",
    "Payee",
    "Person",
    "PersonalInvitation",
    "Phase",
    "PhaseClock",
    "PostingStep",
    "Question",
    "Readers",
    "Readiness",
    "Reads",
    "Refusing",
    "Reminder",
    "Result",
    "ResultShare",
    "Retention",
    "RetentionAct",
    "Reveal",
    "Review",
    "ReviewDecision",
    "Rights",
    "RightsConsent",
    "RightsText",
    "Role",
    "Round",
    "Ruling",
    "ScoreSheet",
    "Seat",
    "SeenBy",
    "Setting",
    "ShareLink",
    "Stance",
    "StoredFile",
    "StreamItem",
    "SwitchedOff",
    "Taking",
    "Tally",
    "Terms",
    "TieRule",
    "Tier",
    "TimeReport",
    "Turn",
    "TurnRole",
    "TurnState",
    "Visibility",
    "WaitingIdeas",
    "Wave",
    "WorkKind",
    "WorkOrder",
]
