"""How gunicorn serves a Django project from this folder; the command line and WEB_CONCURRENCY (workers) come first."""

worker_class = "gthread"
threads = 4
# Many instances may run on one machine; none needs the control socket, which would lie in the home folder.
control_socket_disable = True
