"""The tables, one noun a file."""

from ideas.models.account import Account, AccountToken
from ideas.models.argument import Argument, Stance
from ideas.models.ballot import Ballot, Mark, Operation, Tally
from ideas.models.challenge import Anonymity, Challenge, Visibility
from ideas.models.entry import Entry, EntryStatus
from ideas.models.exposure import Exposure, Readiness, Reads
from ideas.models.idea import Idea, IdeaVersion, Image
from ideas.models.journal import Act, JournalEntry, Lane, StreamItem
from ideas.models.organisation import Invitation, Member, Organisation, Role
from ideas.models.participant import Participant, Tier
from ideas.models.person import Device, Person
from ideas.models.result import Assessment, Result
from ideas.models.round import Activity, Origin, Phase, Question, Round

__all__ = [
    "Account",
    "AccountToken",
    "Act",
    "Activity",
    "Anonymity",
    "Argument",
    "Assessment",
    "Ballot",
    "Challenge",
    "Device",
    "Entry",
    "EntryStatus",
    "Exposure",
    "Idea",
    "IdeaVersion",
    "Image",
    "Invitation",
    "JournalEntry",
    "Lane",
    "Mark",
    "Member",
    "Operation",
    "Organisation",
    "Origin",
    "Participant",
    "Person",
    "Phase",
    "Question",
    "Readiness",
    "Reads",
    "Result",
    "Role",
    "Round",
    "Stance",
    "StreamItem",
    "Tally",
    "Tier",
    "Visibility",
]
