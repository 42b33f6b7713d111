"""One Report value, and the forms in which people read it."""
