"""How gunicorn serves a Django project from this folder; the command line and WEB_CONCURRENCY (workers) come first."""

import gc
from typing import Any

worker_class = "gthread"
threads = 4
limit_request_line = 8_190  # bytes, the most there is: the hints of a login stand in an address, signed
# Many instances may run on one machine; none needs the control socket, which would lie in the home folder.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """What is loaded now stays for the process's life: looking through it for garbage, again and again, costs CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
