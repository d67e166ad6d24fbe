from rights.models.report_file import ReportFile
from rights.models.subject_request import Kind, State, SubjectRequest

__all__ = ["Kind", "ReportFile", "State", "SubjectRequest"]
