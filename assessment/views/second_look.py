"""A learner asks for a second look at a mark."""

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from assessment.models import AttemptState
from assessment.reviewing import second_looks
from assessment.views.learner import result_context
from assessment.views.requests import LaunchRequest, own_attempt, see_other


@require_POST
def second_look(request: LaunchRequest, attempt_id: UUID, response_id: UUID) -> HttpResponse:
    """Once for each response until it is answered; what cannot be asked leads back to the result."""
    found = own_attempt(request, attempt_id)
    if found.state == AttemptState.IN_PROGRESS:
        return see_other("attempt", found.pk)
    items = {item.response_id: item for item in result_context(found, None)["items"]}
    if response_id not in items or not items[response_id].may_ask:
        return see_other("result", found.pk)
    try:
        response = found.responses.get(pk=response_id)
        second_looks.ask(response=response, text=request.POST.get("text", ""), now=timezone.now())
    except second_looks.CannotAsk:
        return see_other("result", found.pk)
    return see_other("result", found.pk, after="?asked=1")
