from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("downloads", "0013_markdown_and_figures")]

    operations = [
        migrations.AddConstraint(
            model_name="releasefile",
            constraint=models.UniqueConstraint(fields=["name"], name="release_file_name_once"),
        ),
    ]
