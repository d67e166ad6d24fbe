from rights.models.erasure import Erasure, ErasureStep
from rights.models.report_file import ReportFile
from rights.models.subject_request import Kind, State, SubjectRequest

__all__ = ["Erasure", "ErasureStep", "Kind", "ReportFile", "State", "SubjectRequest"]
