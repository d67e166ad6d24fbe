"""Files for a product that brings an unlock code: the same gate, counted once, and nothing for whoever has no code."""

from base64 import b64encode
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import holds
from accounts.limits import CODE_CHECK_UNKNOWN, LINKED_REQUESTS
from accounts.models import MisuseFinding, Throttle
from accounts.tasks import detect_misuse
from audit.models import AuditEvent
from downloads.models import DownloadSession, Edition, Entitlement, Release, ReleaseFile
from downloads.unlock_code_format import new_code
from downloads.views.updates import code_in
from tests import cast
from tests.customer import log_in

pytestmark = pytest.mark.django_db
CONTENT = b"0123456789" * 1000


def path_of(file: ReleaseFile) -> str:
    return f"/downloads/files/{file.pk}/{file.name}"


def code_of(owned: Entitlement) -> str:
    return owned.unlock_codes.valid().first().code


def basic(name: str, password: str) -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


def get(file: ReleaseFile, authorization: str = "", method: str = "get", client: Client | None = None, **headers: str):
    headers |= {"Authorization": authorization} if authorization else {}
    return getattr(client or Client(), method)(path_of(file), headers=headers)


def fetch(file: ReleaseFile, owned: Entitlement, **headers: str):
    return get(file, f"Bearer {code_of(owned)}", **headers)


def left(owned: Entitlement) -> int:
    return Entitlement.objects.get(pk=owned.pk).remaining


def test_a_code_opens_the_file_and_it_is_counted_and_recorded(alice, alices, notebook_file):
    answer = Client(REMOTE_ADDR="192.0.2.7").get(
        path_of(notebook_file), headers={"Authorization": f"Bearer {code_of(alices)}", "User-Agent": "Notebook/1.0 Sparkle/2.9"}
    )
    assert (answer.status_code, answer.getvalue()) == (200, CONTENT)
    assert answer["Content-Disposition"] == 'attachment; filename="notebook-1.0.zip"'
    assert not answer.cookies
    assert left(alices) == 4
    session = DownloadSession.objects.get()
    assert (session.entitlement, session.file, session.ip, session.browser) == (
        alices,
        notebook_file,
        "192.0.2.7",
        "Notebook/1.0 Sparkle/2.9",
    )
    event = AuditEvent.objects.get(kind="download.taken")
    assert (event.user, event.actor, event.ip) == (alice, None, "192.0.2.7")
    assert event.detail == {"download": session.pk, "product": "NOTEBOOK", "file": "notebook-1.0.zip", "source": "update"}
    assert code_of(alices) not in str(AuditEvent.objects.values())


def test_for_a_day_everything_belongs_to_one_download(alices, notebook_file):
    for part in ("bytes=0-9", "bytes=10-", "bytes=-5", ""):
        answer = fetch(notebook_file, alices, **({"Range": part} if part else {}))
        assert answer.status_code == (206 if part else 200)
        b"".join(answer.streaming_content)
    assert left(alices) == 4
    assert AuditEvent.objects.filter(kind="download.taken").count() == 1
    DownloadSession.objects.update(valid_until=timezone.now())
    fetch(notebook_file, alices)
    assert left(alices) == 3


def test_the_page_and_the_updater_share_one_download(alice, alices, notebook_file):
    log_in(alice).post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    assert fetch(notebook_file, alices).status_code == 200
    assert left(alices) == 4


def test_head_tells_and_spends_nothing(alices, notebook_file):
    answer = get(notebook_file, f"Bearer {code_of(alices)}", "head")
    assert (answer.status_code, answer["Content-Length"], answer["Accept-Ranges"]) == (200, "10000", "bytes")
    assert left(alices) == 5
    assert not DownloadSession.objects.exists()
    assert get(notebook_file, method="head").status_code == 401
    alices.revoke(1)
    assert get(notebook_file, f"Bearer {alices.unlock_codes.first().code}", "head").status_code == 403


def test_what_updaters_send_and_people_type(alices, notebook_file):
    code = code_of(alices)
    for authorization in (
        f"bearer {code.lower()}",
        f"Bearer   {code.replace('-', ' ')}",
        basic("", code),
        basic("alice@example.com", code),
        basic(code, ""),
    ):
        assert get(notebook_file, authorization, "head").status_code == 200, authorization
    assert get(notebook_file, f"Bearer {code}", "post").status_code == 405


@pytest.mark.django_db
def test_a_file_that_there_is_not_and_other_methods_are_told_in_a_sentence(notebook_file):
    answer = Client().get("/downloads/files/999999/x.zip")
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert "no such file" in answer.content.decode()
    assert Client(enforce_csrf_checks=True).post(path_of(notebook_file)).status_code == 405


def test_a_header_that_holds_no_code():
    wrong = "Bearer|Bearer |Basic|Basic !!!|Basic eA|Digest x|Basic " + b64encode(b"\xff\xfe:\xff").decode() + "|" + basic("", "")
    assert {code_in(header) for header in wrong.split("|")} == {""}


def test_without_a_code_a_program_learns_what_to_send(notebook_file):
    answer = get(notebook_file)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Basic realm="Unlock code", charset="UTF-8", Bearer realm="Unlock code"'
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    assert "send your unlock code" in answer.content.decode()


@pytest.mark.parametrize("typed", ["x", "NTE-0000", "NTE-00000-00000-00000-00000", "Ω" * 50, "A" * 4000, "NTE\t-\x0b"], ids=range(6))
def test_a_code_that_there_is_not(alices, notebook_file, typed):
    answer = get(notebook_file, basic("", typed))
    assert answer.status_code == 401
    assert "no unlock code of ours" in answer.content.decode()
    assert not DownloadSession.objects.exists()
    event = AuditEvent.objects.get(kind="unlock_code.refused")
    assert (event.user, event.detail) == (None, {"reason": "unknown"})


def held(owned: Entitlement, file: ReleaseFile) -> None:
    holds.place(owned.user, reason="shared", text="Please write to us.")


def refunded(owned: Entitlement, file: ReleaseFile) -> None:
    owned.revoke(1)


def replaced(owned: Entitlement, file: ReleaseFile) -> None:
    owned.unlock_codes.get().reissue()


def ended(owned: Entitlement, file: ReleaseFile) -> None:
    Entitlement.objects.update(upgrades_until=timezone.now() - timedelta(days=1))


def other_edition(owned: Entitlement, file: ReleaseFile) -> None:
    light, full = (Edition.objects.create(product=owned.product, code=name, name=name) for name in ("LIGHT", "FULL"))
    Entitlement.objects.update(edition=light)
    ReleaseFile.objects.update(edition=full)


def used(owned: Entitlement, file: ReleaseFile) -> None:
    Entitlement.objects.update(downloads_used=5)


def withdrawn(owned: Entitlement, file: ReleaseFile) -> None:
    file.release.withdraw("It lost what you wrote.")


def missing(owned: Entitlement, file: ReleaseFile) -> None:
    file.file.storage.delete(file.stored_as)


@pytest.mark.parametrize(
    ("change", "status", "reason", "words"),
    [
        (held, 403, "held", "Your account is on hold"),
        (refunded, 403, "revoked", "refunded"),
        (replaced, 410, "code_revoked", "replaced or taken back"),
        (ended, 403, "not_included", "came out after the upgrades"),
        (other_edition, 403, "other_edition", "another edition"),
        (used, 403, "nothing_left", "All downloads of this purchase are used"),
        (withdrawn, 410, "withdrawn", "withdrawn"),
        (missing, 503, "missing", "no download was counted"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_the_gate_says_no(alice, alices, notebook_file, change, status, reason, words):
    code = code_of(alices)
    change(alices, notebook_file)
    answer = get(notebook_file, f"Bearer {code}")
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not set(answer.content.decode().split()) & {"Alice", "alice@example.com", code}
    assert not DownloadSession.objects.exists()
    event = AuditEvent.objects.get(kind="download.refused")
    assert (event.user, event.detail["reason"]) == (alice, reason)


def test_a_backdated_release_is_included(alices, notebook_file):
    ended(alices, notebook_file)
    Release.objects.update(backdated_to=timezone.now() - timedelta(days=2))
    assert fetch(notebook_file, alices).status_code == 200


def test_another_customers_code_is_for_their_product_alone(alices, bobs, notebook_file):
    answer = fetch(notebook_file, bobs)
    assert (answer.status_code, "another product" in answer.content.decode()) == (403, True)
    assert (left(alices), left(bobs)) == (5, 5)


def test_each_customer_pays_with_their_own_download(alices, notebook, notebook_file):
    carols = cast.buy(cast.BOB, notebook, order="C-1").entitlements[0]
    fetch(notebook_file, carols)
    assert (left(alices), left(carols)) == (5, 4)


def test_what_there_is_not_is_not_found(alices, notebook, notebook_file):
    code = {"Authorization": f"Bearer {code_of(alices)}"}
    Release.objects.filter(pk=cast.make_file(notebook, "3.0").release_id).update(published_at=None)
    Release.objects.filter(pk=cast.make_file(notebook, "4.0").release_id).update(published_at=timezone.now() + timedelta(days=1))
    numbers = [0, 9**30, *ReleaseFile.objects.exclude(pk=notebook_file.pk).values_list("pk", flat=True)]
    for number in numbers:
        assert Client().get(f"/downloads/files/{number}/x.zip", headers=code).status_code == 404
    assert Client().get(f"/downloads/files/{notebook_file.pk}/whatever.zip", headers=code).status_code == 200


def test_whoever_tries_many_codes_is_slowed_and_found(alices, notebook_file):
    for _try in range(CODE_CHECK_UNKNOWN.burst):
        assert get(notebook_file, f"Bearer {new_code('NTE')}").status_code == 401
    answer = get(notebook_file, f"Bearer {new_code('NTE')}")
    assert (answer.status_code, answer["Retry-After"]) == (429, str(int(CODE_CHECK_UNKNOWN.interval)))
    assert fetch(notebook_file, alices).status_code == 200, "others behind the same address are not kept from theirs"
    detect_misuse()
    assert MisuseFinding.objects.filter(detector="probing_network").exists()


def test_good_codes_do_not_count_as_probing(alices, notebook_file):
    for _try in range(CODE_CHECK_UNKNOWN.burst + 5):
        assert fetch(notebook_file, alices).status_code == 200


def test_a_crowd_with_one_code_is_slowed(alices, notebook_file):
    fetch(notebook_file, alices)
    for _try in range(LINKED_REQUESTS.burst - 1):
        Throttle.objects.admit(LINKED_REQUESTS, str(DownloadSession.objects.get().pk))
    assert fetch(notebook_file, alices).status_code == 429


def test_nginx_sends_the_file(alices, notebook_file, settings):
    settings.DOWNLOADS_DELIVERY = "nginx"
    answer = fetch(notebook_file, alices)
    assert answer["X-Accel-Redirect"] == f"/protected-releases/{notebook_file.stored_as}"
    assert left(alices) == 4
