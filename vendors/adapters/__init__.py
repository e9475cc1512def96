"""One folder a vendor: bytes become facts. Plain Python, no framework, no database."""
