"""PostgreSQL as Django speaks to it, without the connections that the server has ended in the meantime."""

from select import POLLIN, poll
from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """After a restart, a failover or a cut of idle connections the next request finds a working connection.

    Looking takes a microsecond and no round trip: an idle connection has nothing to read unless its server is gone.
    Inside a transaction nothing can be repaired, so there a connection is left as it is.
    """

    def ensure_connection(self) -> None:
        if self.connection is not None and not self.in_atomic_block and is_cut(self.connection):
            self.close()
        super().ensure_connection()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A working one of the pool. The pool replaces those that come back closed; raises its PoolTimeout."""
        while is_cut(connection := super().get_new_connection(conn_params)):
            connection.close()
            connection._pool.putconn(connection)
        return connection


def is_cut(connection: Any) -> bool:
    """Whether the server has closed the connection, or said why it will."""
    if connection.closed:
        return True
    readable = poll()
    readable.register(connection.fileno(), POLLIN)
    return bool(readable.poll(0))
