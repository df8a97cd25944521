"""
An act of staff: a form with a reason and a hidden id, and one operation behind it.

The hidden id is the operation's reference, so a second click is the same act and harmless. A refusal rolls
everything back and is shown with its code, its facts, and what to do next.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.core.errors import DomainError
from apps.core.operations import Asked, Done
from apps.core.staff.refusals import explained


class ActForm(forms.Form):
    """What every act asks for. Subclasses add their own fields, which come first."""

    reason = forms.CharField(
        min_length=5,
        max_length=500,
        help_text="Kept for good with what you do. Ids and facts, no personal data.",
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )
    reference = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [name for name in self.fields if name not in ActForm.base_fields]
        self.order_fields([*own, *ActForm.base_fields])


@dataclass(frozen=True, slots=True)
class Act:
    """
    How one act looks: its title and button, what it says when it is done, and where it leads then.

    `facts` are shown beside the form and `panel` above it; `blocked` is shown in its place; `others` are ways
    to other acts; `next_steps` advises on refusals by their code; `reveals` answers the first time with a
    secret.
    """

    title: str
    button: str
    done: str
    back: str
    lead: str = ""
    warning: str = ""
    facts: Sequence[tuple[str, Any]] = ()
    panel: str = ""
    panel_context: Mapping[str, Any] = field(default_factory=dict)
    is_dangerous: bool = False
    next_steps: Mapping[str, str] = field(default_factory=dict)
    blocked: str = ""
    others: Sequence[tuple[str, str]] = ()
    reveals: Callable[[], HttpResponse] | None = None


Perform = Callable[[dict[str, Any], Asked], Done[Any] | HttpResponse]


def act(
    request: HttpRequest,
    look: Act,
    form_class: Callable[..., forms.Form],
    perform: Perform,
    *,
    initial: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """
    Show an act's form; once it is filled in, perform it and go back, or show why it was refused.

    :param perform: takes the cleaned form and who asks, and calls one operation.
    """
    form = form_class(request.POST or None, initial={"reference": uuid.uuid4(), **(initial or {})})
    if request.method != "POST" or not form.is_valid():
        return _page(request, look, form)
    asked = asked_by(request, form.cleaned_data["reference"], form.cleaned_data["reason"])
    try:
        answer = perform(form.cleaned_data, asked)
    except DomainError as error:
        refusal = explained(error, look.next_steps)
        return _page(request, look, form, refusal=refusal, status=refusal.status)
    if isinstance(answer, HttpResponse):
        return answer
    if look.reveals is not None and not answer.replayed:
        return look.reveals()
    if answer.replayed:
        messages.info(request, "This form was sent before: it was done once, and nothing happened again.")
    else:
        messages.success(request, look.done)
    return redirect(look.back)


def asked_by(request: HttpRequest, reference: Any, reason: str) -> Asked:
    """Return who asks: the member of staff, under the hidden id of a form, and why."""
    who = f"staff:{request.user.pk}"
    return Asked(source=who, reference=str(reference), actor=who, reason=reason)


def _page(
    request: HttpRequest, look: Act, form: forms.Form, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": look.title, "act": look, "form": form, **more}
    return TemplateResponse(request, "staff/act.html", context, status=status)
