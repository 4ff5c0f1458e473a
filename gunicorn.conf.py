"""How gunicorn serves the sandbox LMS from this folder; the command line comes first."""

worker_class = "gthread"
# Many instances may run on one machine; none needs the control socket, which would lie in the home folder.
control_socket_disable = True
