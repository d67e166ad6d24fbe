"""What is declared of suggestions: a store of ideas."""

from django.utils.translation import gettext_lazy as _

from privacy import categories, purposes, sources
from privacy.areas import RESOURCES
from privacy.fates import Erased
from privacy.registry import ModelDeclaration, NotPersonal, Personal, Retention, not_personal, registry

STORE_OF_IDEAS = Retention(
    "feedback", _("without limit, as a store of ideas"), ended_by=_("your wish that we erase it"), p3p="indefinitely"
)

registry.model(
    ModelDeclaration(
        "support.Feedback",
        _("Your feedback"),
        areas=(RESOURCES,),
        purposes=(purposes.DEVELOPMENT,),
        retention=STORE_OF_IDEAS,
        subject="user",
        categories=(categories.WORDS,),
        sources=(sources.PERSON,),
        fate=Erased(),
        fields={
            "id": NotPersonal("a running number"),
            "user": Personal(_("who wrote it, unless you left your name out")),
            "product": Personal(_("which product it is about")),
            "text": Personal(_("your words")),
            "may_we_answer": Personal(_("whether we may answer you")),
            "written_at": Personal(_("when you wrote; the day alone if you left your name out")),
            "policy_version": Personal(_("which wording of the policy was published then, unless you left your name out")),
            "submission": NotPersonal("a digest by which a form that is sent twice counts once; a random number in it hides whose it was"),
        },
    )
)
registry.model(ModelDeclaration("support.FeedbackTag", _("Catalogue"), not_personal("a word of our staff", ["id", "name"])))
registry.model(
    ModelDeclaration(
        "support.Feedback_tags",
        _("Catalogue"),
        not_personal("sorts ideas, and tells nothing of a person", ["id", "feedback", "feedbacktag"]),
    )
)
