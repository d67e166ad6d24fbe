"""Accounts as staff see them, a module a subject."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group

from accounts.addresses import address_key
from accounts.admin import address_changes, customers, findings, holds, incoming_mails, login_sessions, second_factors
from privacy.searching import as_stored

as_stored["email_key"] = address_key

if isinstance(admin.site._registry.get(Group), GroupAdmin):
    admin.site.unregister(Group)  # what a role may do stands in accounts/roles.py, and nobody changes it here

__all__ = ["address_changes", "customers", "findings", "holds", "incoming_mails", "login_sessions", "second_factors"]
