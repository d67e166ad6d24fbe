"""What must be true before the site serves or works, besides what system checks look at: they ask no database."""

from django.utils.module_loading import import_string

DEMANDS = ("support.destruction.replaying.demand_replayed", "rights.erasure.replaying.demand_replayed")
"""Functions, named in strings as the schedule names tasks; each raises ImproperlyConfigured with a sentence that says what to do."""


def demand_all() -> None:
    """To be called by whatever serves or works, and not by commands that mend what is wrong."""
    for name in DEMANDS:
        import_string(name)()
