"""The voice vendors: their accounts, their pushes, and what those say about calls."""
