"""What this portal promises, when each was last tried on it, and how to try it again."""
