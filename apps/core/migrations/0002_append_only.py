from django.db import migrations

from apps.core.sqlfile import sql_file


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [sql_file(__file__, "0002_append_only")]
