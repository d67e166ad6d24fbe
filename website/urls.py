from django.urls import path

from website import views

app_name = "website"
urlpatterns = [
    path("", views.home, name="home"),
    path("products/", views.products, name="products"),
    path("products/<slug:slug>/", views.product, name="product"),
    path("products/<slug:slug>/changelog/", views.changelog, name="changelog"),
    path("signatures/", views.signatures, name="signatures"),
    path("signatures/<slug:key_id>.pem", views.public_key, name="public_key"),
    path("contact/", views.contact, name="contact"),
    path("language/", views.language, name="language"),
]
