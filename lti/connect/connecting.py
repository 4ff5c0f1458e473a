"""Connecting an LMS by hand, with what was entered in the form of its family (`lti.gradebook.families.guide`)."""

from django.db import transaction

from lti.gradebook.families.guide import ConnectForm
from lti.models import Deployment, Registration


@transaction.atomic
def connect(form: ConnectForm) -> Registration:
    """Save a valid form: the registration, and its deployment approved for the institution."""
    given = form.cleaned_data
    registration = Registration.objects.create(
        name=given["name"],
        client_id=given["client_id"],
        family=form.family,
        institution=given["institution"],
        **form.connection,
    )
    shared = {"institution": given["institution"], "active": True}
    Deployment.objects.create(registration=registration, deployment_id=given["deployment_id"], **shared)
    return registration
