from django.urls import path

from downloads import views

app_name = "downloads"
urlpatterns = [
    path("", views.home, name="home"),
    path("products/<int:pk>/", views.entitlement, name="entitlement"),
    path("products/<int:pk>/allowance/", views.allowance, name="allowance"),
    path("downloads/<int:pk>/", views.take, name="take"),
    path("downloads/<int:pk>/<int:file>.sig", views.signature, name="signature"),
    path("downloads/<int:pk>/<int:file>.sha256", views.checksum, name="checksum"),
    path("downloads/<uuid:key>/", views.download, name="download"),
    path("downloads/<uuid:key>/give-back/", views.give_back, name="give_back"),
]
