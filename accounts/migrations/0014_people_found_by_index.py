"""What staff list and look for of people has its index; beside the running site."""

from django.db import migrations, models

from infacta.indexing import AddIndexBeside, AddWordsIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('accounts', '0013_policy_version'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        AddIndexBeside(
            model_name='addresschange',
            index=models.Index(fields=['-asked_at', '-id'], name='address_change_asked'),
        ),
        AddIndexBeside(
            model_name='loginsession',
            index=models.Index(fields=['ip'], name='login_session_ip'),
        ),
        AddIndexBeside(
            model_name='loginsession',
            index=models.Index(condition=models.Q(('area', 'staff')), fields=['-started_at', '-id'], name='login_session_staff'),
        ),
        AddIndexBeside(
            model_name='loginsession',
            index=models.Index(condition=models.Q(('end_reason__in', ['replaced', 'password_changed', 'second_factor_changed', 'address_changed', 'ended_by_customer', 'reported', 'ended_by_staff', 'held', 'erased'])), fields=['-started_at', '-id'], name='login_session_ended'),
        ),
        AddIndexBeside(
            model_name='suppression',
            index=models.Index(fields=['-since', '-id'], name='suppression_since'),
        ),
        AddIndexBeside(
            model_name='user',
            index=models.Index(fields=['-opened_at', '-id'], name='user_opened'),
        ),
        AddIndexBeside(
            model_name='user',
            index=models.Index(condition=models.Q(('is_staff', True)), fields=['-opened_at', '-id'], name='user_staff'),
        ),
        AddWordsIndex("user", "name", "user_name_words"),
        AddWordsIndex("user", "company", "user_company_words"),
    ]
