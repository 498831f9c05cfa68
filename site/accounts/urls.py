"""Addresses of the accounts."""

from django.urls import path

from accounts import addresses, avatars, deletion, session_views, token_views, views

app_name = "accounts"
urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", views.SignOut.as_view(), name="logout"),
    path("signup/", views.SignUp.as_view(), name="signup"),
    path("guest/", views.Guest.as_view(), name="guest"),
    path("profile/", views.Profile.as_view(), name="profile"),
    path("password/", views.Password.as_view(), name="password"),
    path("reset/", views.Reset.as_view(), name="reset"),
    path("reset/<uidb64>/<token>/", views.NewPassword.as_view(), name="new_password"),
    path("sessions/", session_views.sessions, name="sessions"),
    path("delete/", deletion.delete, name="delete"),
    path("address/", addresses.address, name="address"),
    path("address/<str:signed>/", addresses.confirm, name="confirm_address"),
    path("tokens/", token_views.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", token_views.revoke, name="revoke_token"),
    path("u<int:pk>.svg", avatars.avatar, name="avatar"),
]
