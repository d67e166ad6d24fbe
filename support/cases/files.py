"""Files of a case as whoever asked may fetch them."""

from django.db.models import Q, QuerySet

from support.models import Author, Case, CaseFile


def files_for_the_customer(case: Case) -> "QuerySet[CaseFile]":
    """All but those that staff keep with their notes for each other."""
    return case.files.filter(~Q(message__author=Author.NOTE) | Q(message=None))
