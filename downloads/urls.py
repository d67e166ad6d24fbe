from django.urls import path

from downloads.views import codes, files, giving_back, links, pages

app_name = "downloads"
urlpatterns = [
    path("", pages.home, name="home"),
    path("products/<int:pk>/", pages.entitlement, name="entitlement"),
    path("products/<int:pk>/allowance/", pages.allowance, name="allowance"),
    path("products/<int:pk>/codes/send/", codes.send, name="send_codes"),
    path("products/<int:pk>/codes/<int:code>.licence", codes.licence, name="licence"),
    path("products/<int:pk>/codes/<int:code>/reissue/", codes.reissue, name="reissue"),
    path("downloads/<int:pk>/", files.take, name="take"),
    path("downloads/<int:pk>/<int:file>.sig", files.signature, name="signature"),
    path("downloads/<int:pk>/<int:file>.sha256", files.checksum, name="checksum"),
    path("downloads/<uuid:key>/", files.download, name="download"),
    path("downloads/<uuid:key>/link/", links.link, name="link"),
    path("downloads/<uuid:key>/give-back/", giving_back.give_back, name="give_back"),
]
