from django.urls import path

from accounts.views import account, activity, hold, login, other_sessions, passwords, reports

app_name = "accounts"
urlpatterns = [
    path("log-in/", login.log_in, name="log_in"),
    path("log-in/held/", hold.held, name="held"),
    path("log-out/", login.log_out, name="log_out"),
    path("password/forgotten/", passwords.forgotten, name="forgotten_password"),
    path("password/set/", passwords.set_password, name="set_password"),
    path("password/<str:uid>/<str:token>/", passwords.set_password_link, name="set_password_link"),
    path("account/", account.account, name="account"),
    path("account/password/", passwords.change, name="change_password"),
    path("activity/", activity.overview, name="activity"),
    path("activity/log-ins/", activity.log_ins, name="activity_log_ins"),
    path("activity/downloads/", activity.downloads, name="activity_downloads"),
    path("activity/staff/", activity.staff, name="activity_staff"),
    path("activity/changes/", activity.changes, name="activity_changes"),
    path("activity/sessions/end-others/", other_sessions.end_others, name="end_other_sessions"),
    path("activity/sessions/<int:pk>/end/", other_sessions.end, name="end_session"),
    path("activity/sessions/<int:pk>/report/", reports.report_log_in, name="report_log_in"),
    path("activity/downloads/<int:pk>/report/", reports.report_download, name="report_download"),
]
