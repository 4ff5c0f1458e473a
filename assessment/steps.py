"""One question on a page: which one it is, and going on to the next."""

from assessment.models import Attempt, AttemptState


def position(*, attempt: Attempt, asked: int | None) -> int:
    """The question to show: the one asked for, else where the learner was. Without a way back always the latter."""
    policy = attempt.assignment
    may_choose = policy is None or not policy.is_one_way
    return asked if may_choose and asked and 1 <= asked <= attempt.items_total else attempt.reached


def go_on(*, attempt: Attempt, here: int, to: int) -> int:
    """Go from the question `here` to another one; which it is now.

    Without a way back only to the next, and once: pressing twice, or in an older window, passes no other question.
    """
    policy = attempt.assignment
    most = max(1, min(to, attempt.items_total))
    open_ = Attempt.objects.filter(pk=attempt.pk, state=AttemptState.IN_PROGRESS)
    if policy is not None and policy.is_one_way:
        most = min(here + 1, attempt.items_total)
        open_.filter(reached=here).update(reached=most)
        return Attempt.objects.values_list("reached", flat=True).get(pk=attempt.pk)
    open_.filter(reached__lt=most).update(reached=most)
    return most
