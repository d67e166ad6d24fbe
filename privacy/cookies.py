"""A cookie as it is declared, and set exactly so."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from privacy.areas import Area
from privacy.categories import STATE, Category
from privacy.texts import Text


@dataclass(frozen=True)
class Cookie:
    """A cookie that an area may set. Over HTTPS its name carries `prefix`; `life` None means until the browser closes.

    Without an `optional` one everything works, so browsers that ask for Global Privacy Control get none (privacy.gpc).
    `categories` says of what kind its content is, and `p3p` what it is for, in words of P3P. `opens` names the models whose
    row is found by it; one that `names_person` leads to everything that belongs to the account.
    """

    name: str
    prefix: str
    path: str
    life: timedelta | None
    areas: tuple[Area, ...]
    content: Text
    purpose: Text
    optional: bool = False
    categories: tuple[Category, ...] = (STATE,)
    p3p: tuple[str, ...] = ("current",)
    opens: tuple[str, ...] = ()
    names_person: bool = False

    @property
    def full_name(self) -> str:
        return f"{self.prefix}{self.name}" if settings.HTTPS else self.name

    @property
    def life_in_words(self) -> Text:
        if self.life is None:
            return _("until you close the browser")
        return ngettext("%(days)d day", "%(days)d days", self.life.days) % {"days": self.life.days}

    @property
    def attributes(self) -> str:
        """What goes with it to the browser, as it stands in the header Set-Cookie (RFC 6265bis, 5.6); `set_on` sends just that."""
        life = "" if self.life is None else f"Max-Age={int(self.life.total_seconds())}; "
        return f"{life}Path={self.path}; HttpOnly; SameSite=Lax{'; Secure' if settings.HTTPS else ''}"

    def set_on(self, response: HttpResponseBase, value: str) -> None:
        """Set the cookie exactly as declared, whatever the response said of it before."""
        response.cookies.pop(self.full_name, None)
        response.set_cookie(
            self.full_name,
            value,
            max_age=self.life,
            path=self.path,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )

    def delete_from(self, response: HttpResponseBase) -> None:
        """Ask the browser to forget the cookie; a prefixed name is only accepted with the Secure attribute."""
        response.set_cookie(self.full_name, "", max_age=0, path=self.path, secure=settings.HTTPS, httponly=True, samesite="Lax")
