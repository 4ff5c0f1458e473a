"""How long tests wait before they give up. Only what never comes takes as long, however slow the machine is."""

PATIENCE = 120.0  # seconds
