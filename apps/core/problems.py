"""Refusals on the wire: `application/problem+json` (RFC 9457) with our code and the facts."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from apps.core.errors import DomainError

CONTENT_TYPE = "application/problem+json"


def problem(error: DomainError) -> dict[str, Any]:
    """Return the body for a refusal: type, code, status, facts, and whether a retry may help."""
    return {
        "type": f"urn:pam:problem:{error.code}",
        "title": (type(error).__doc__ or "").strip().partition("\n")[0],
        "status": error.status,
        "code": error.code,
        "facts": error.facts,
        "retry": not error.final,
    }


def problem_response(error: DomainError) -> JsonResponse:
    """Return the refusal as a plain Django response, for views outside the API framework."""
    return JsonResponse(problem(error), status=error.status, content_type=CONTENT_TYPE)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer every refusal, ours and the API framework's, in one shape; let bugs fly."""
    if isinstance(error, DomainError):
        return Response(problem(error), status=error.status, content_type=CONTENT_TYPE)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = drf_exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.APIException):
        code = f"api.{error.default_code}"
        response.data = {
            "type": f"urn:pam:problem:{code}",
            "title": str(error.default_detail),
            "status": response.status_code,
            "code": code,
            "facts": error.get_full_details() if response.status_code == 400 else {},
            "retry": response.status_code == 429,
        }
        response.content_type = CONTENT_TYPE
    return response
