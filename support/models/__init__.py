from support.models.canned_answer import CannedAnswer
from support.models.case import Case, CaseDetails, Channel, Kind, Life, State
from support.models.case_file import CaseFile, FileKind
from support.models.case_hold import CaseHold
from support.models.case_message import Author, CaseMessage
from support.models.correction import About, Correction, CorrectionOutcome, CorrectionRequest
from support.models.destruction import Destruction, DestructionState, Trigger
from support.models.diagnostics_upload import DiagnosticsUpload
from support.models.feedback import Feedback, FeedbackTag
from support.models.login_help import LoginHelpRequest, Outcome, ProofOfPurchase
from support.models.objection import Objection, ObjectionOutcome
from support.models.reconciliation import Reconciliation
from support.models.reinstatement import Reinstatement
from support.models.sweep_mark import SweepMark

__all__ = [
    "About",
    "Author",
    "CannedAnswer",
    "Case",
    "CaseDetails",
    "CaseFile",
    "CaseHold",
    "CaseMessage",
    "Channel",
    "Correction",
    "CorrectionOutcome",
    "CorrectionRequest",
    "Destruction",
    "DestructionState",
    "DiagnosticsUpload",
    "Feedback",
    "FeedbackTag",
    "FileKind",
    "Kind",
    "Life",
    "LoginHelpRequest",
    "Objection",
    "ObjectionOutcome",
    "Outcome",
    "ProofOfPurchase",
    "Reconciliation",
    "Reinstatement",
    "State",
    "SweepMark",
    "Trigger",
]
