from django.db import migrations

from apps.core.sqlfile import sql_file


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_permissions_of_staff")]

    operations = [sql_file(__file__, "0003_where_a_player_belongs")]
