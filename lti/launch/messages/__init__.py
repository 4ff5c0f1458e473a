"""One module for every type of message beyond the plain launch: what its claims mean, and what they open."""
