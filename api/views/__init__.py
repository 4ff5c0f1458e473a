"""The resources of the API. Reading only; what may be read is decided by the rooms below."""
