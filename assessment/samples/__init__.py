"""A class of sample learners, so that the pages of a teacher can be seen alive. For demos and for trying things out."""
