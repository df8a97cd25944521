"""Reading what callers send. Apart from `problems`, which the API framework reads after its parsers."""

from typing import Any

from rest_framework import exceptions, parsers


class JSONParser(parsers.JSONParser):
    """The framework's parser, which breaks on a text that is nested too deeply: that is malformed too."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise exceptions.ParseError from error
