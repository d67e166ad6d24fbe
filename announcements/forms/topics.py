"""What somebody wants to hear of, by topic."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest

from announcements.group.leaving import accounts_of
from announcements.models import Mailbox, Topic
from announcements.personal_data import CHOSEN
from audit.kinds import Kind
from audit.log import record
from privacy.ribbon import note

WISHES = tuple(f"wants_{topic}" for topic in Topic)


class TopicsForm(forms.ModelForm):
    """The topics of one mailbox, and of the others of the same customer: what was refused at an address that they had before is refused."""

    class Meta:
        model = Mailbox
        fields = WISHES

    def __init__(self, data: Any = None, *, instance: Mailbox) -> None:
        theirs = list(Mailbox.objects.of_same_reader(instance))
        super().__init__(data, instance=instance, initial={name: all(getattr(one, name) for one in theirs) for name in WISHES})

    @transaction.atomic
    def choose(self, request: HttpRequest) -> bool:
        """Keep what was ticked; False if nothing changed."""
        if not self.changed_data:
            return False
        note(request, CHOSEN)
        Mailbox.objects.of_same_reader(self.instance).update(**self.cleaned_data)
        wanted = [name.removeprefix("wants_") for name, is_wanted in self.cleaned_data.items() if is_wanted]
        record(Kind.TOPICS_CHANGED, user=accounts_of(self.instance).first(), request=request, mailbox=self.instance.pk, topics=wanted)
        return True
