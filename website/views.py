"""The general site: it knows nobody, and sets no cookie (promise G9)."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from downloads.models import Product, PublicKey, Release, ReleaseFile
from downloads.models.public_key import KeyPurpose
from downloads.models.release import Channel
from infacta.kept_pages import same_for_everybody
from infacta.languages import choose_language, chosen_language
from infacta.origin import comes_from_here
from infacta.paging import page_of
from promotions.models import Promotion
from purchases.hand_over.steps import is_for_sale
from website.forms import LanguageForm

PRODUCTS_AT_HOME = 6
PROMOTIONS_AT_HOME = 3
PRODUCTS_A_PAGE = 24
RELEASES_A_PAGE = 20
kept_for_a_moment = cache_control(public=True, max_age=30)
"""What is withdrawn is gone from every cache within half a minute; what may be downloaded is decided elsewhere, at each request."""


@require_safe
@same_for_everybody
def home(request: HttpRequest) -> HttpResponse:
    """The first products, and the promotions that are running."""
    running = Promotion.objects.running(timezone.now())[:PROMOTIONS_AT_HOME]
    return render(request, "website/home.html", {"products": Product.objects.public()[:PRODUCTS_AT_HOME], "promotions": running})


@require_safe
@same_for_everybody
def products(request: HttpRequest) -> HttpResponse:
    page = page_of(Product.objects.public(), request.GET.get("page"), PRODUCTS_A_PAGE)
    return render(request, "website/products.html", {"page": page})


@require_safe
@same_for_everybody
@kept_for_a_moment
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """A product with its editions and its latest release that has files; what is not public does not exist."""
    shown = get_object_or_404(Product.objects.public(), slug=slug)
    out = Release.objects.filter(product=shown, channel=Channel.STABLE).published(timezone.now())
    release = out.filter(files__isnull=False).latest_first().first()
    files = ReleaseFile.objects.of([release.pk] if release else []).select_related("edition")
    editions = list(shown.editions.all())
    context = {"product": shown, "editions": editions, "release": release, "files": files, "is_for_sale": is_for_sale(shown)}
    return render(request, "website/product.html", context)


@require_safe
@same_for_everybody
@kept_for_a_moment
def changelog(request: HttpRequest, slug: str) -> HttpResponse:
    """What is new in each release of a product that is out, the latest version first, betas among them."""
    shown = get_object_or_404(Product.objects.public(), slug=slug)
    out = Release.objects.filter(product=shown).published(timezone.now()).latest_first()
    context = {"product": shown, "page": page_of(out, request.GET.get("page"), RELEASES_A_PAGE)}
    return render(request, "website/changelog.html", context)


@require_safe
@same_for_everybody
def signatures(request: HttpRequest) -> HttpResponse:
    """How to check a file, and the public keys of today and of the past, by what they sign."""
    keys = list(PublicKey.objects.all())
    by_purpose = {purpose: [key for key in keys if key.purpose == purpose] for purpose in KeyPurpose}
    context = {
        "keys": by_purpose[KeyPurpose.RELEASES],
        "licence_keys": by_purpose[KeyPurpose.LICENCES],
        "update_keys": by_purpose[KeyPurpose.UPDATES],
    }
    return render(request, "website/signatures.html", context)


@require_safe
def public_key(request: HttpRequest, key_id: str) -> HttpResponse:
    """A public key as `openssl` reads it."""
    key = get_object_or_404(PublicKey, pk=key_id)
    headers = {"Content-Disposition": f'attachment; filename="{key.file_name}"'}
    return HttpResponse(key.pem, content_type="application/x-pem-file", headers=headers)


@require_safe
@same_for_everybody
def contact(request: HttpRequest) -> HttpResponse:
    return render(request, "website/contact.html")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def language(request: HttpRequest) -> HttpResponse:
    """The visitor's choice of a language, and back to the page that they came from. The form has no token, so that nobody gets a cookie who chooses nothing."""
    if request.method == "POST" and not comes_from_here(request):
        raise PermissionDenied
    came_from = request.POST.get("next", "") if request.method == "POST" else request.headers.get("Referer", "")
    back = came_from if is_of_this_site(request, came_from) else ""
    form = LanguageForm(request.POST or None)
    if form.is_valid():
        choose_language(request, form.cleaned_data["language"])
        return redirect(back or "website:home")
    context = {"form": form, "back": back, "chosen": chosen_language(request), "languages": settings.LANGUAGES}
    return render(request, "website/language.html", context, status=400 if form.is_bound else 200)


def is_of_this_site(request: HttpRequest, address: str) -> bool:
    """Whether the address, written from the root on, leads to a page of this site, and not to the page of languages itself."""
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return is_ours and address.startswith(("/", "https://", "http://")) and not address.endswith(request.path)
