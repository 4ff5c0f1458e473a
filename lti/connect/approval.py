"""Deployments that wait: nobody's launch opens until a person says whose placement it is."""

from django.db.models import Q, QuerySet

from lti.models import Deployment
from roster.models import Institution


def waiting() -> QuerySet[Deployment]:
    return Deployment.objects.filter(active=False)


def proposed(deployment: Deployment) -> Institution | None:
    """Whose it must be: as said before, else its registration's, else the only institution there is."""
    return deployment.institution or deployment.registration.institution or _only()


def approve(*, deployments: QuerySet[Deployment], institution: Institution) -> list[Deployment]:
    """Switch on those that belong to nobody else, and return them: rows of another institution follow it for good."""
    free = list(deployments.filter(Q(institution=None) | Q(institution=institution), active=False))
    Deployment.objects.filter(pk__in=[deployment.pk for deployment in free]).update(
        institution=institution, active=True
    )
    return free


def _only() -> Institution | None:
    found = list(Institution.objects.all()[:2])
    return found[0] if len(found) == 1 else None
