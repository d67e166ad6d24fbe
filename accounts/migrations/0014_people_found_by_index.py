"""What staff list and look for of people has its index; beside the running site."""

from django.db import migrations, models

from infacta.without_locking import AddIndexConcurrently, AddWordsIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('accounts', '0013_policy_version'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='addresschange',
            index=models.Index(fields=['-asked_at', '-id'], name='address_change_asked'),
        ),
        AddIndexConcurrently(
            model_name='loginsession',
            index=models.Index(fields=['ip'], name='login_session_ip'),
        ),
        AddIndexConcurrently(
            model_name='loginsession',
            index=models.Index(condition=models.Q(('area', 'staff')), fields=['-started_at', '-id'], name='login_session_staff'),
        ),
        AddIndexConcurrently(
            model_name='loginsession',
            index=models.Index(condition=models.Q(('end_reason__in', ['replaced', 'password_changed', 'second_factor_changed', 'address_changed', 'ended_by_customer', 'reported', 'ended_by_staff', 'held', 'erased'])), fields=['-started_at', '-id'], name='login_session_ended'),
        ),
        AddIndexConcurrently(
            model_name='suppression',
            index=models.Index(fields=['-since', '-id'], name='suppression_since'),
        ),
        AddIndexConcurrently(
            model_name='user',
            index=models.Index(fields=['-opened_at', '-id'], name='user_opened'),
        ),
        AddIndexConcurrently(
            model_name='user',
            index=models.Index(condition=models.Q(('is_staff', True)), fields=['-opened_at', '-id'], name='user_staff'),
        ),
        AddWordsIndexConcurrently("user", "name", "user_name_words"),
        AddWordsIndexConcurrently("user", "company", "user_company_words"),
    ]
