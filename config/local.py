"""Finds or starts PostgreSQL and Redis, then runs a command."""


def adopt_running_services() -> None:
    pass
