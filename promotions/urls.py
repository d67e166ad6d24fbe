from django.urls import path

from promotions import views

app_name = "promotions"
urlpatterns = [
    path("", views.promotions, name="promotions"),
    path("<slug:slug>/", views.promotion, name="promotion"),
    path("<slug:slug>/register/", views.register, name="register"),
    path("<slug:slug>/mail/", views.check_mail, name="check_mail"),
    path("<slug:slug>/done/", views.done, name="done"),
    path("<slug:slug>/confirm/<str:token>/", views.confirm_link, name="confirm_link"),
]
