from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("wallet", "0001_initial"), ("core", "0002_append_only")]

    operations = [
        migrations.RunSQL("SELECT core_protect('wallet_transfer')", "SELECT core_unprotect('wallet_transfer')"),
        migrations.RunSQL(
            "SELECT core_protect('wallet_housetransfer')", "SELECT core_unprotect('wallet_housetransfer')"
        ),
    ]
