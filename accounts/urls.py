from django.urls import path

from accounts.views import account, confirmation, hold, login, passkeys, passwords, second_factor, security

app_name = "accounts"
urlpatterns = [
    path("log-in/", login.log_in, name="log_in"),
    path("log-in/second-factor/", second_factor.give, name="second_factor"),
    path("log-in/held/", hold.held, name="held"),
    path("log-out/", login.log_out, name="log_out"),
    path("confirm/", confirmation.confirm, name="confirm"),
    path("password/forgotten/", passwords.forgotten, name="forgotten_password"),
    path("password/set/", passwords.set_password, name="set_password"),
    path("password/<str:uid>/<str:token>/", passwords.set_password_link, name="set_password_link"),
    path("account/", account.account, name="account"),
    path("account/password/", passwords.change, name="change_password"),
    path("account/security/", security.security, name="security"),
    path("account/security/app/", security.enrol, name="enrol"),
    path("account/security/remove/", security.remove, name="remove_second_factor"),
    path("account/security/passkeys/add/", passkeys.add, name="add_passkey"),
    path("account/security/passkeys/<int:pk>/remove/", passkeys.remove, name="remove_passkey"),
    path("account/security/recovery-codes/", security.renew_recovery_codes, name="renew_recovery_codes"),
]
