"""The gradebook of OneRoster 1.2 (REST/JSON binding), to be read only."""
