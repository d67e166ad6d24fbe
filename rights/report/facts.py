"""What a report says of each kind of record, and of itself: why, from whom, to whom, how long, what becomes of it; and what is left out."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from privacy.fates import Anonymised, Erased
from privacy.registry import Recipient, Retention, registry
from rights.report.collecting import Chapter

FORMAT, VERSION = "infacta-personal-data-report", 1


@dataclass(frozen=True)
class LeftOut:
    what: str
    why: str


def about(chapter: Chapter) -> dict[str, Any]:
    """What is declared of the kind, in words; the keys are those of the schema."""
    declared = chapter.declared
    return {
        "model": declared.model,
        "title": str(declared.title),
        "areas": [{"slug": area.slug, "name": str(area.title)} for area in declared.areas],
        "purposes": [{"slug": one.slug, "text": str(one.text), "basis": str(one.basis)} for one in declared.purposes],
        "categories": [{"p3p": one.p3p, "text": str(one.text)} for one in declared.categories],
        "sources": [{"slug": one.slug, "text": str(one.text)} for one in declared.sources],
        "recipients": [recipient(one) for one in declared.recipients_now],
        "retention": [retention(one) for one in retentions_of(chapter)],
        "on_erasure": fate(declared.fate),
        "fields": {name: field_facts(chapter, name) for name in declared.personal},
    }


def recipient(one: Recipient) -> dict[str, str]:
    return {"name": one.name, "role": str(one.role), "policy": one.policy_url}


def retention(one: Retention) -> dict[str, str]:
    return {"slug": one.slug, "rule": str(one.rule)}


def retentions_of(chapter: Chapter) -> list[Retention]:
    """Each rule once, that of most fields first."""
    declared = chapter.declared
    used = [rule for name in declared.personal if (rule := declared.retention_of(name))]
    return sorted(dict.fromkeys(used), key=used.count, reverse=True)


def fate(one: Any) -> dict[str, str]:
    """What becomes of it when the person asks to be forgotten."""
    if isinstance(one, Erased):
        return {"what": "erased", "ground": ""}
    return {"what": "anonymised" if isinstance(one, Anonymised) else "kept", "ground": str(one.ground)}


def field_facts(chapter: Chapter, name: str) -> dict[str, Any]:
    personal = chapter.declared.personal[name]
    told: dict[str, Any] = {"text": str(personal.text)}
    if personal.retention:
        told["retention"] = str(personal.retention.rule)
    if personal.keys:
        told["keys"] = {key: str(text) for key, text in personal.keys.items()}
    if personal.withheld:
        told["not_shown"] = str(personal.withheld)
    return told


def left_out(chapters: list[Chapter]) -> list[LeftOut]:
    """What the report does not hold, and why: fields that are named alone, rows that nothing leads to, and what no table of ours holds."""
    return [*fields_left_out(chapters), *rows_left_out(chapters), *outside()]


def fields_left_out(chapters: list[Chapter]) -> list[LeftOut]:
    return [
        LeftOut(f"{chapter.declared.title}: {personal.text}", str(personal.withheld))
        for chapter in chapters
        for personal in chapter.declared.personal.values()
        if personal.withheld
    ]


def rows_left_out(chapters: list[Chapter]) -> list[LeftOut]:
    return [LeftOut(str(chapter.declared.title), str(chapter.declared.unfound)) for chapter in chapters if chapter.declared.unfound]


def outside() -> list[LeftOut]:
    """What holds for every report."""
    logs = [
        LeftOut(str(flow.text), _("files of the server, which no account and no address leads into"))
        for flow in registry.flows
        if flow.always
    ]
    return [
        LeftOut(_("the names of our staff"), _("they are other people's data; the role in which somebody acted stands there instead")),
        LeftOut(_("secrets of your account, such as keys of second factors"), _("they guard your account, and say nothing about you")),
        *logs,
        LeftOut(_("cookies"), _("they lie in your browser alone; the page of your cookies shows each")),
        LeftOut(_("backups"), _("they hold what stands here, as it was on an earlier day, until they are overwritten")),
    ]


def site() -> dict[str, str]:
    return {
        "name": settings.SITE_NAME,
        "url": settings.SITE_URL,
        "controller": settings.VENDOR_ADDRESS,
        "contact": settings.PRIVACY_EMAIL,
        "policy": settings.SITE_URL + reverse("privacy:general"),
        "schema": settings.SITE_URL + reverse("your_data:schema"),
    }
