"""Register to chain: instructions under four eyes, and what they carry out."""
