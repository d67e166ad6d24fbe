"""The store of ideas, filled by hand."""

from support.models import Feedback

WORDS = "Please let me print in landscape."


def written(text: str = WORDS, **values: object) -> Feedback:
    return Feedback.objects.create(text=text, submission=f"{Feedback.objects.count():064}", **values)
