from django.urls import path

from downloads.views import files, giving_back, links, pages

app_name = "downloads"
urlpatterns = [
    path("", pages.home, name="home"),
    path("products/<int:pk>/", pages.entitlement, name="entitlement"),
    path("products/<int:pk>/allowance/", pages.allowance, name="allowance"),
    path("downloads/<int:pk>/", files.take, name="take"),
    path("downloads/<int:pk>/<int:file>.sig", files.signature, name="signature"),
    path("downloads/<int:pk>/<int:file>.sha256", files.checksum, name="checksum"),
    path("downloads/<uuid:key>/", files.download, name="download"),
    path("downloads/<uuid:key>/link/", links.link, name="link"),
    path("downloads/<uuid:key>/give-back/", giving_back.give_back, name="give_back"),
]
