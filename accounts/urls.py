from django.urls import path

from accounts.views import account, address_change, cookies, hold, login, passwords, profile

app_name = "accounts"
urlpatterns = [
    path("log-in/", login.log_in, name="log_in"),
    path("log-in/held/", hold.held, name="held"),
    path("log-in/forget/", cookies.forget, name="forget"),
    path("log-out/", login.log_out, name="log_out"),
    path("password/forgotten/", passwords.forgotten, name="forgotten_password"),
    path("password/set/", passwords.set_password, name="set_password"),
    path("password/<str:uid>/<str:token>/", passwords.set_password_link, name="set_password_link"),
    path("cookies/", cookies.in_this_browser, name="cookies"),
    path("account/", account.account, name="account"),
    path("account/password/", passwords.change, name="change_password"),
    path("account/contact/", profile.contact, name="contact"),
    path("account/preferences/", profile.preferences, name="preferences"),
    path("account/address/", address_change.ask, name="address"),
    path("account/address/cancel/", address_change.cancel, name="cancel_address_change"),
    path("account/address/confirm/", address_change.confirm, name="confirm_address"),
    path("account/address/confirm/<str:token>/", address_change.confirm_link, name="confirm_address_link"),
    path("account/address/undo/", address_change.undo, name="restore_address"),
    path("account/address/undo/<str:token>/", address_change.undo_link, name="restore_address_link"),
]
