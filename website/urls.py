from django.urls import path

from website import brand_views, views

app_name = "website"
urlpatterns = [
    path("", views.home, name="home"),
    path("products/", views.products, name="products"),
    path("products/<slug:slug>/", views.product, name="product"),
    path("products/<slug:slug>/changelog/", views.changelog, name="changelog"),
    path("signatures/", views.signatures, name="signatures"),
    path("signatures/<slug:key_id>.pem", views.public_key, name="public_key"),
    path("contact/", views.contact, name="contact"),
    path("imprint/", brand_views.imprint, name="imprint"),
    path("brand/<slug:digest>.css", brand_views.style, name="brand_style"),
    path("brand/<slug:name>/<slug:digest>", brand_views.picture, name="brand_picture"),
    path("language/", views.language, name="language"),
]
