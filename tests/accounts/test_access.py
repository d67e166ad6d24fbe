"""Who may open what: URL by role, and the status. Strangers learn nothing."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from announcements.group.joining import link_of
from announcements.models import Mailbox, Subscription
from audit.models import AuditEvent
from downloads.delivery.links import link_to
from downloads.models import DownloadSession
from rights.models import ReportFile
from tests.customer import log_in
from tests.downloads.signed import signed
from tests.rights.reports import make
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db

ROLES = ("stranger", "mallory", "alice", "sam", "ada")
TABLE = {
    # path: stranger, Mallory and Alice (customers), Sam (support), Ada (administration)
    "/": (200, 200, 200, 200, 200),
    "/products/": (200, 200, 200, 200, 200),
    "/products/notebook/": (200, 200, 200, 200, 200),
    "/products/notebook/changelog/": (200, 200, 200, 200, 200),
    "/products/no-such-product/changelog/": (404, 404, 404, 404, 404),
    "/products/notebook/appcast.xml": (200, 200, 200, 200, 200),
    "/products/notebook/beta/appcast.xml": (200, 200, 200, 200, 200),
    "/products/notebook/feed.json": (200, 200, 200, 200, 200),
    "/products/notebook/beta/feed.json": (200, 200, 200, 200, 200),
    "/products/nothing/appcast.xml": (404, 404, 404, 404, 404),
    "/downloads/files/{file}/notebook-1.0.zip": (401, 401, 401, 401, 401),
    "/downloads/files/0/notebook-1.0.zip": (404, 404, 404, 404, 404),
    "/announcements/": (200, 200, 200, 200, 200),
    "/announcements/feed/": (200, 200, 200, 200, 200),
    "/announcements/archive/no-such-announcement/": (404, 404, 404, 404, 404),
    "/announcements/hook/": (405, 405, 405, 405, 405),
    "/staff/announcements/mailbox/": (302, 302, 302, 200, 200),
    "/staff/announcements/bounce/": (302, 302, 302, 200, 200),
    "/staff/announcements/subscriberfile/": (302, 302, 302, 403, 200),
    "/staff/accounts/suppression/": (302, 302, 302, 403, 200),
    "/contact/": (200, 200, 200, 200, 200),
    "/imprint/": (200, 200, 200, 200, 200),
    "/brand/000000000000.css": (200, 200, 200, 200, 200),
    "/brand/logo/000000000000": (404, 404, 404, 404, 404),
    "/buy/notebook/": (200, 200, 200, 200, 200),
    "/buy/no-such-product/": (404, 404, 404, 404, 404),
    "/resources/buy/notebook/": (302, 200, 200, 302, 302),
    "/resources/buy/no-such-product/": (302, 404, 404, 302, 302),
    "/resources/buy/notebook/{entitlement}/": (302, 404, 200, 302, 302),
    "/resources/buy/no-such-product/{entitlement}/": (302, 404, 404, 302, 302),
    "/announcements/join/": (200, 200, 200, 200, 200),
    "/announcements/join/x-y/": (404, 404, 404, 404, 404),
    "/announcements/join/{joining}/": (200, 200, 200, 200, 200),
    "/announcements/leave/{mailbox}/": (200, 200, 200, 200, 200),
    "/announcements/leave/x/": (404, 404, 404, 404, 404),
    "/announcements/preferences/{mailbox}/": (200, 200, 200, 200, 200),
    "/announcements/preferences/x/": (404, 404, 404, 404, 404),
    "/announcements/preferences/{mailbox}/again/": (405, 405, 405, 405, 405),
    "/resources/account/announcements/": (302, 200, 200, 302, 302),
    "/resources/account/announcements/leave/": (302, 405, 405, 302, 302),
    "/resources/account/announcements/again/": (302, 405, 405, 302, 302),
    "/privacy/": (200, 200, 200, 200, 200),
    "/privacy/resources/": (200, 200, 200, 200, 200),
    "/privacy/promotions/": (200, 200, 200, 200, 200),
    "/privacy/cookies/": (200, 200, 200, 200, 200),
    "/privacy/retention/": (200, 200, 200, 200, 200),
    "/privacy/erasure/cancel/x-y/": (404, 404, 404, 404, 404),
    "/privacy/erasure/no-such-receipt/": (404, 404, 404, 404, 404),
    "/resources/your-data/erasure/": (302, 200, 200, 302, 302),
    "/resources/your-data/erasure/confirm/": (302, 200, 200, 302, 302),
    "/resources/your-data/erasure/cancel/": (302, 405, 405, 302, 302),
    "/resources/your-data/erasure/on-hold/": (302, 302, 302, 302, 302),
    "/resources/your-data/objection/": (302, 200, 200, 302, 302),
    "/resources/your-data/objection/announcements/": (302, 405, 405, 302, 302),
    "/resources/your-data/objection/security/": (302, 200, 200, 302, 302),
    "/resources/your-data/objection/no-such-purpose/": (302, 404, 404, 302, 302),
    "/resources/your-data/corrections/": (302, 200, 200, 302, 302),
    "/resources/log-in/": (200, 302, 302, 200, 200),
    "/resources/log-in/forget/": (405, 405, 405, 405, 405),
    "/resources/cookies/": (200, 200, 200, 200, 200),
    "/resources/password/forgotten/": (200, 200, 200, 200, 200),
    "/resources/password/set/": (404, 404, 404, 404, 404),
    "/resources/password/MQ/x-y/": (404, 404, 404, 404, 404),
    "/resources/": (302, 200, 200, 302, 302),
    "/resources/account/": (302, 200, 200, 302, 302),
    "/resources/log-in/second-factor/": (302, 302, 302, 302, 302),
    "/resources/account/security/": (302, 200, 200, 302, 302),
    "/resources/account/security/app/": (302, 200, 200, 302, 302),
    "/resources/account/security/passkeys/add/": (302, 302, 302, 302, 302),
    "/resources/account/security/passkeys/1/remove/": (302, 404, 404, 302, 302),
    "/resources/account/security/remove/": (302, 302, 302, 302, 302),
    "/resources/account/security/recovery-codes/": (302, 302, 302, 302, 302),
    "/resources/confirm/": (302, 302, 302, 302, 302),
    "/resources/account/password/": (302, 200, 200, 302, 302),
    "/resources/account/contact/": (302, 200, 200, 302, 302),
    "/resources/account/preferences/": (302, 200, 200, 302, 302),
    "/resources/account/address/": (302, 200, 200, 302, 302),
    "/resources/account/address/cancel/": (302, 405, 405, 302, 302),
    "/resources/account/address/confirm/": (404, 404, 404, 404, 404),
    "/resources/account/address/confirm/x-y/": (404, 404, 404, 404, 404),
    "/resources/account/address/undo/": (404, 404, 404, 404, 404),
    "/resources/account/address/undo/x-y/": (404, 404, 404, 404, 404),
    "/resources/feedback/": (302, 200, 200, 302, 302),
    "/support/log-in-help/": (200, 200, 200, 200, 200),
    "/resources/support/correction/": (302, 200, 200, 302, 302),
    "/resources/support/no-such-case/": (302, 404, 404, 302, 302),
    "/staff/retention/": (302, 302, 302, 403, 200),
    "/staff/home/": (302, 302, 302, 200, 200),
    "/staff/home/cases/": (302, 302, 302, 200, 200),
    "/staff/home/log-ins/": (302, 302, 302, 404, 200),
    "/staff/home/no-such-figure/": (302, 302, 302, 404, 404),
    "/staff/home/purchases/csv/": (302, 302, 302, 404, 200),
    "/staff/purchases/purchase/csv/": (302, 302, 302, 405, 405),
    "/staff/confirm/": (302, 302, 302, 302, 302),
    "/staff/desk/log-in-help/repeats/": (302, 302, 302, 200, 200),
    "/staff/desk/log-in-help/orders/0123456789abcdef/": (302, 302, 302, 200, 200),
    "/staff/desk/no-such-case/login-help/send/x/": (302, 302, 302, 404, 404),
    "/staff/desk/no-such-case/login-help/refuse/": (302, 302, 302, 404, 404),
    "/staff/desk/no-such-case/login-help/keep/": (302, 302, 302, 404, 404),
    "/staff/desk/no-such-case/correction/": (302, 302, 302, 404, 404),
    "/staff/desk/no-such-case/objection/uphold/": (302, 302, 302, 404, 404),
    "/staff/desk/no-such-case/objection/refuse/": (302, 302, 302, 404, 404),
    "/staff/rights/erasure/": (302, 302, 302, 403, 200),
    "/staff/desk/no-such-case/correction/apply/": (302, 302, 302, 404, 404),
    "/staff/desk/no-such-case/correction/by-hand/": (302, 302, 302, 404, 404),
    "/staff/desk/no-such-case/correction/refuse/": (302, 302, 302, 404, 404),
    "/staff/desk/no-such-case/reinstatement/lift/": (302, 302, 302, 404, 404),
    "/staff/desk/no-such-case/reinstatement/close/": (302, 302, 302, 404, 404),
    "/resources/log-in/held/": (302, 302, 302, 302, 302),
    "/resources/activity/": (302, 200, 200, 302, 302),
    "/resources/activity/log-ins/": (302, 200, 200, 302, 302),
    "/resources/activity/downloads/": (302, 200, 200, 302, 302),
    "/resources/activity/staff/": (302, 200, 200, 302, 302),
    "/resources/activity/changes/": (302, 200, 200, 302, 302),
    "/resources/activity/sessions/end-others/": (302, 405, 405, 302, 302),
    "/resources/activity/sessions/{log_in}/end/": (302, 405, 405, 302, 302),
    "/resources/activity/sessions/{log_in}/report/": (302, 404, 200, 302, 302),
    "/resources/activity/downloads/{taken}/report/": (302, 404, 200, 302, 302),
    "/resources/products/{entitlement}/": (302, 404, 200, 302, 302),
    "/resources/products/{entitlement}/allowance/": (302, 404, 200, 302, 302),
    "/resources/products/{entitlement}/codes/send/": (302, 405, 405, 302, 302),
    "/resources/products/{entitlement}/codes/{code}.licence": (302, 404, 200, 302, 302),
    "/resources/products/{entitlement}/codes/{code}/reissue/": (302, 404, 200, 302, 302),
    "/downloads/check/": (405, 405, 405, 405, 405),
    "/downloads/revoked-codes.json": (200, 200, 200, 200, 200),
    "/downloads/revoked-codes/00.json": (200, 200, 200, 200, 200),
    "/downloads/revoked-codes/no.json": (404, 404, 404, 404, 404),
    "/resources/downloads/{key}/": (302, 404, 200, 302, 302),
    "/resources/downloads/{entitlement}/{file}.sha256": (302, 404, 200, 302, 302),
    "/resources/downloads/{entitlement}/{file}.sig": (302, 404, 200, 302, 302),
    "/signatures/": (200, 200, 200, 200, 200),
    "/signatures/{signed_by}.pem": (200, 200, 200, 200, 200),
    "/staff/downloads/publickey/": (302, 302, 302, 200, 200),
    "/staff/downloads/publickey/{signed_by}/delete/": (302, 302, 302, 403, 200),
    "/resources/downloads/{key}/link/": (302, 404, 200, 302, 302),
    "/downloads/links/{token}/": (200, 200, 200, 200, 200),
    "/downloads/links/{key}/": (404, 404, 404, 404, 404),
    "/resources/downloads/{key}/give-back/": (302, 405, 405, 302, 302),
    "/resources/your-data/": (302, 200, 200, 302, 302),
    "/resources/your-data/report/": (302, 200, 200, 302, 302),
    "/resources/your-data/report/{report}/": (302, 404, 200, 302, 302),
    "/resources/your-data/report/{report}/download/": (302, 404, 200, 302, 302),
    "/privacy/your-data/": (200, 200, 200, 200, 200),
    "/privacy/your-data/proof/no-such-token/": (404, 404, 404, 404, 404),
    "/privacy/your-data/report/{report}/": (404, 404, 404, 404, 404),
    "/privacy/your-data/report/{report}/download/": (404, 404, 404, 404, 404),
    "/privacy/report-schema.json": (200, 200, 200, 200, 200),
    "/resources/no-such-page/": (404, 404, 404, 404, 404),
    "/staff/login/": (200, 200, 200, 302, 302),
    "/staff/second-factor/": (302, 302, 302, 302, 302),
    "/staff/second-factor/enrol/": (302, 302, 302, 200, 200),
    "/staff/": (302, 302, 302, 200, 200),
    "/staff/password_change/": (302, 302, 302, 200, 200),
    "/staff/accounts/user/": (302, 302, 302, 200, 200),
    "/staff/customers/find/": (302, 302, 302, 200, 200),
    "/staff/accounts/user/{alice}/change/": (302, 302, 302, 404, 200),
    "/staff/accounts/user/add/": (302, 302, 302, 403, 403),
    "/staff/accounts/user/{alice}/delete/": (302, 302, 302, 404, 403),
    "/staff/accounts/loginsession/": (302, 302, 302, 200, 200),
    "/staff/accounts/hold/": (302, 302, 302, 200, 200),
    "/staff/accounts/hold/add/": (302, 302, 302, 403, 200),
    "/staff/rights/subjectrequest/": (302, 302, 302, 200, 200),
    "/staff/rights/subjectrequest/add/": (302, 302, 302, 200, 200),
    "/staff/support/feedback/": (302, 302, 302, 200, 200),
    "/staff/support/feedback/add/": (302, 302, 302, 403, 403),
    "/staff/support/feedbacktag/add/": (302, 302, 302, 200, 200),
    "/staff/audit/auditevent/": (302, 302, 302, 200, 200),
    "/staff/audit/auditevent/add/": (302, 302, 302, 403, 403),
    "/staff/audit/seal/": (302, 302, 302, 403, 200),
    "/staff/downloads/product/": (302, 302, 302, 200, 200),
    "/staff/downloads/product/add/": (302, 302, 302, 403, 200),
    "/staff/downloads/releasefile/add/": (302, 302, 302, 403, 200),
    "/staff/downloads/release/add/": (302, 302, 302, 403, 200),
    "/staff/downloads/release/preview/": (302, 302, 302, 405, 405),
    "/staff/downloads/release/{release}/withdraw/": (302, 302, 302, 403, 200),
    "/staff/downloads/release/{release}/reinstate/": (302, 302, 302, 403, 302),
    "/staff/downloads/entitlement/{entitlement}/change/": (302, 302, 302, 404, 200),
    "/staff/downloads/unlockcode/": (302, 302, 302, 200, 200),
    "/staff/mailroom/outgoingmail/": (302, 302, 302, 200, 200),
    "/staff/purchases/purchase/": (302, 302, 302, 200, 200),
    "/staff/purchases/webhookevent/": (302, 302, 302, 403, 200),
    "/staff/purchases/productcode/add/": (302, 302, 302, 403, 200),
    "/staff/purchases/offer/": (302, 302, 302, 200, 200),
    "/staff/purchases/offer/add/": (302, 302, 302, 403, 200),
    "/staff/purchases/offer/1000000/look/": (302, 302, 302, 404, 404),
    "/staff/otp_totp/totpdevice/": (302, 302, 302, 403, 200),
    "/staff/auth/group/": (302, 302, 302, 404, 404),
}


@pytest.fixture
def browsers(mallory, alice, sam, ada) -> dict[str, Client]:
    found = {
        "stranger": Client(),
        "mallory": log_in(mallory),
        "alice": log_in(alice),
        "sam": staff_log_in(sam),
        "ada": staff_log_in(ada),
    }
    for browser in found.values():  # each has been found to accept cookies, which the log-in page finds out by a redirect
        browser.cookies["cookie_check"] = "1"
    return found


@pytest.fixture
def places(alice, alices, notebook_file) -> dict[str, object]:
    location = log_in(alice).post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})["Location"]
    taken = AuditEvent.objects.get(kind="download.taken")
    signed(notebook_file)
    return {
        "entitlement": alices.pk,
        "alice": alice.pk,
        "key": location.split("/")[-2],
        "token": link_to(DownloadSession.objects.get()).split("/")[-2],
        "file": notebook_file.pk,
        "code": alices.unlock_codes.get().pk,
        "release": notebook_file.release_id,
        "signed_by": notebook_file.signed_by_id,
        "mailbox": Mailbox.objects.at("carol@example.net").token,
        "joining": link_of(Subscription.objects.create(email="dora@example.net", email_key="dora@example.net")).split("/")[-2],
        "log_in": alice.login_sessions.first().pk,
        "taken": taken.pk,
        "report": report_of(alice),
    }


def report_of(user: User) -> str:
    """The number of a report that can be fetched."""
    make(user)
    return ReportFile.objects.get().request.number


def test_every_page_opens_for_whom_it_should(browsers, places):
    found = {path: tuple(browsers[role].get(path.format(**places)).status_code for role in ROLES) for path in TABLE}
    assert found == TABLE


def test_every_model_of_ours_has_its_place_in_the_admin():
    ours = {
        model
        for app in ("accounts", "audit", "downloads", "mailroom", "purchases", "promotions", "support", "rights")
        for model in apps.get_app_config(app).get_models()
    }
    not_there = {model.__name__ for model in ours - set(admin.site._registry)}
    shown_elsewhere = {
        "Throttle",
        "RecoveryCode",
        "OfferOption",
        "PurchaseItem",
        "PurchaseReference",
        "Extension",
        "BuyerDetails",
        "AwaitedReference",
        "Silence",
        "PromotionGrant",
        "AskedField",
        "Registrant",
        "RedemptionItem",
        "Reversal",
        "Appeal",
        "MarketingChoice",
        "DetectionCursor",
        "RecordOpening",
        "RevocationList",
        "AccessLog",
        "Case",  # at the desk, as what hangs on it
        "CaseMessage",
        "CaseFile",
        "CaseHold",
        "DiagnosticsUpload",
        "SweepMark",
        "ProofOfPurchase",
        "LoginHelpRequest",
        "CorrectionRequest",
        "Objection",
        "Correction",
        "Reinstatement",
        "ErasureStep",  # with its erasure
        "ReportFile",  # sealed: with its request, nobody of the staff opens it
    }
    assert not_there == shown_elsewhere


def test_below_resources_only_these_views_are_open_to_strangers():
    """Whoever opens another one has to say so here (promise C3)."""
    opened = {name for name, view in views_below("resources/") if not getattr(view, "login_required", True)}
    links = {"confirm_address", "confirm_address_link", "restore_address", "restore_address_link"}
    assert (
        opened
        == {
            "log_in",
            "second_factor",
            "held",
            "forget",
            "cookies",
            "forgotten_password",
            "set_password",
            "set_password_link",
            "erasure_on_hold",
        }
        | links
    )


def views_below(prefix: str) -> list[tuple[str, object]]:
    def walk(patterns: list[URLPattern | URLResolver], path: str) -> list[tuple[str, object]]:
        found: list[tuple[str, object]] = []
        for pattern in patterns:
            here = path + str(pattern.pattern)
            found += (
                walk(pattern.url_patterns, here)
                if isinstance(pattern, URLResolver)
                else [(str(pattern.name), pattern.callback)] * here.startswith(prefix)
            )
        return found

    return walk(get_resolver().url_patterns, "")
