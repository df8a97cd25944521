from django.apps import AppConfig


class ResponsibleGamingConfig(AppConfig):
    name = "apps.responsible_gaming"
    label = "responsible_gaming"
    verbose_name = "Responsible gaming"
