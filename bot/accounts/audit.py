"""What administrators did: kept for good, without a word of what people wrote."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.entity import Entity


class AdminAction(StrEnum):
    """What an administrator can do, or is told of a person by another."""

    APPROVE_TEACHER = "approve_teacher"
    REFUSE_TEACHER = "refuse_teacher"
    ASK_TEACHER = "ask_teacher"
    APPROVE_CERTIFICATE = "approve_certificate"
    REFUSE_CERTIFICATE = "refuse_certificate"
    SEE_CERTIFICATE = "see_certificate"
    REPORT_PERSON = "report_person"
    SEE_REPORT = "see_report"
    DISMISS_REPORT = "dismiss_report"
    WARN_PERSON = "warn_person"
    PART_PEOPLE = "part_people"
    SUSPEND_TEACHER = "suspend_teacher"
    DECIDE_DISPUTE = "decide_dispute"
    SET_COMMISSION = "set_commission"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(Entity):
    """One action.

    Args:
        actor_id, subject_id: people, by id; after /forget the id leads nowhere.
        before, after: states, never texts.
    """

    actor_id: str
    action: AdminAction
    subject_id: str
    before: str
    after: str
    at: datetime
