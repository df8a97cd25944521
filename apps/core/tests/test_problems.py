"""Every refusal on the player's API has one shape, ours and the framework's: RFC 9457 with a code."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client
from rest_framework.permissions import AllowAny
from rest_framework.test import APIRequestFactory
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from apps.core.errors import Busy, DomainError, OutcomeUnknown
from apps.core.money import parse
from apps.core.problems import problem, problem_response

KEYS = {"type", "title", "status", "code", "facts", "retry"}
LOG_IN = "/api/v1/auth/login"


class Closed(DomainError):
    """
    The shop is closed.

    It opens again at nine.
    """

    code = "test.closed"
    status = 423


def body_of(response, status: int) -> dict:
    """Return the body of a refusal after looking at what all of them have in common."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert set(body) == KEYS
    assert (body["status"], body["type"]) == (status, f"urn:pam:problem:{body['code']}")
    assert body["title"]
    assert isinstance(body["facts"], dict)
    return body


def raising(error: Exception):
    """Return the response of a view of the API in which this is raised."""

    class Raise(APIView):
        authentication_classes = ()
        permission_classes = (AllowAny,)

        def get(self, request):
            raise error

    return Raise.as_view()(APIRequestFactory().get("/")).render()


def log_in(body: bytes, content_type: str = "application/json", **headers: str):
    client = Client(raise_request_exception=False)
    return client.generic("POST", LOG_IN, body, content_type=content_type, headers=headers)


def test_a_refusal_of_ours_has_its_code_its_facts_and_its_first_line():
    body = body_of(raising(Closed(until="09:00", seats=3)), 423)
    assert body == {
        "type": "urn:pam:problem:test.closed",
        "title": "The shop is closed.",
        "status": 423,
        "code": "test.closed",
        "facts": {"until": "09:00", "seats": 3},
        "retry": False,
    }


@pytest.mark.parametrize("error", [Busy(reason="lock_timeout"), OutcomeUnknown()])
def test_what_a_retry_resolves_says_so(error):
    assert body_of(raising(error), 503)["retry"]


def test_a_plain_view_answers_in_the_same_shape():
    response = problem_response(Closed(seats=3))
    assert json.loads(response.content) == problem(Closed(seats=3)) == body_of(response, 423)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(Http404(), 404, "api.not_found"), (PermissionDenied(), 403, "api.permission_denied")],
)
def test_what_django_raises_has_the_same_shape(error, status, code):
    assert body_of(raising(error), status)["code"] == code


def test_a_bug_is_no_refusal():
    with pytest.raises(ZeroDivisionError):
        raising(ZeroDivisionError())


@pytest.mark.django_db
def test_what_is_missing_is_named_by_its_field():
    body = body_of(log_in(b"{}"), 400)
    assert (body["code"], body["retry"]) == ("api.invalid", False)
    assert set(body["facts"]) == {"brand", "email", "password"}
    assert body["facts"]["brand"] == [{"message": "This field is required.", "code": "required"}]


NOT_JSON = [
    b"", b"{", b"[", b"}", b"{]", b"nul", b"'a'", b"{'a': 1}", b'{"a": 1,}', b"[1,]", b'{"a" 1}',
    b"\xff\xfe{\x00", b"\x00", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": -Infinity}', b"{}{}", b"{} x",
    b'"\x01"', b"[1 2]", b"+1", b"01", b".5", b"1.", b"0x10", b'{"brand": "\xe9"}', b"\xef\xbb\xbf{}",
    b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5_000,
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("not_json", NOT_JSON, ids=[repr(text[:12]) for text in NOT_JSON])
def test_a_body_that_is_not_json_is_refused_and_breaks_nothing(not_json):
    assert body_of(log_in(not_json), 400)["code"] in {"api.parse_error", "api.invalid"}


@pytest.mark.django_db
@pytest.mark.parametrize("odd", [b"[]", b'"text"', b"1", b"null", b"true", b"[[]]", b'[{"brand": "b"}]'])
def test_a_body_that_is_not_an_object_is_refused(odd):
    assert body_of(log_in(odd), 400)["code"] == "api.invalid"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "charset", ["utf-16", "utf-32", "ascii", "zlib", "hex", "rot13", "idna", "nonsense", ""]
)
def test_a_charset_that_does_not_fit_is_refused_and_breaks_nothing(charset):
    response = log_in('{"brand": "é"}'.encode(), f"application/json; charset={charset}")
    assert body_of(response, 400)["code"] in {"api.parse_error", "api.invalid"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value",
    [None, 1, True, [], {}, ["a"], {"a": "b"}, "", " ", "\u0000", "a\u0000b", "\ud800", "x" * 1_000_000],
    ids=lambda value: repr(value)[:12],
)
@pytest.mark.parametrize("field", ["brand", "email", "password"])
def test_a_field_of_the_wrong_shape_is_refused(field, value):
    given = {"brand": "brand", "email": "a@example.test", "password": "correct horse"} | {field: value}
    response = log_in(json.dumps(given).encode())
    assert response.status_code in {400, 401}, response.content
    body_of(response, response.status_code)


@pytest.mark.django_db
def test_another_content_type_is_refused():
    assert (
        body_of(log_in(b"brand=b", "application/x-www-form-urlencoded"), 415)["code"]
        == "api.unsupported_media_type"
    )


@pytest.mark.django_db
def test_another_method_is_refused():
    response = Client().get(LOG_IN)
    assert body_of(response, 405)["code"] == "api.method_not_allowed"
    assert "POST" in response.headers["Allow"]


@pytest.mark.django_db
def test_an_answer_in_html_is_not_offered():
    assert body_of(log_in(b"{}", accept="text/html"), 406)["code"] == "api.not_acceptable"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "api.not_authenticated"),
        ({"Authorization": "Basic YTpi"}, "api.not_authenticated"),
        ({"Authorization": "Bearer"}, "api.authentication_failed"),
        ({"Authorization": "Bearer nonsense"}, "api.authentication_failed"),
        ({"Authorization": "Bearer a b"}, "api.authentication_failed"),
        ({"Authorization": "Bearer é"}, "api.authentication_failed"),
        ({"Authorization": "Bearer " + "x" * 10_000}, "api.authentication_failed"),
    ],
)
def test_who_is_not_logged_in_is_told_how_to_be(headers, code):
    response = Client().get("/api/v1/me/wallet", headers=headers)
    assert body_of(response, 401)["code"] == code
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.django_db
def test_who_asks_too_often_is_told_when_to_come_back(monkeypatch):
    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"login": "2/min"})
    assert [log_in(b"{}").status_code for _ in range(2)] == [400, 400]
    response = log_in(b"{}")
    body = body_of(response, 429)
    assert (body["code"], body["retry"]) == ("api.throttled", True)
    assert 0 < int(response.headers["Retry-After"]) <= 60


def test_a_bad_amount_is_named_as_such():
    with pytest.raises(DomainError) as refused:
        parse("1,00", "EUR")
    assert problem(refused.value)["facts"] == {"amount": "'1,00'", "rule": "digits, and a dot with decimals"}
    assert problem(refused.value)["status"] == 400
