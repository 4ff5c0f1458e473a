"""Checking the receipt that a learner shows."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from assessment import access, receipts
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only

LONGEST = 40  # characters; a receipt has fourteen


@instructors_only
@require_http_methods(["GET", "POST"])
def check_receipt(request: LaunchRequest) -> HttpResponse:
    """Says which attempt of the class a receipt proves, and whether its answers are still those."""
    assignment = assignment_or_404(request)
    typed = request.POST.get("code", "").strip()[:LONGEST]
    handed_in = access.class_attempts(request.viewer).filter(submitted_at__isnull=False)
    proof = receipts.check(typed=typed, attempts=handed_in) if typed else None
    context = {"assignment": assignment, "code": typed, "proof": proof, "asked": request.method == "POST"}
    return render(request, "assessment/receipt.html", context)
