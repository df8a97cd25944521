"""How the API describes itself."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class NestedNames(AutoSchema):
    """Name a nested serializer by the view that holds it: `LogIn.Output` is `LogInOutput`."""

    def get_serializer_name(self, serializer: serializers.Serializer, direction: Any) -> str:
        return type(serializer).__qualname__.replace(".", "")
