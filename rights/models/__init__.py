from rights.models.subject_request import Kind, State, SubjectRequest

__all__ = ["Kind", "State", "SubjectRequest"]
