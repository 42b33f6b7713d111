"""The independent verifier of evidence packs: standard library only, and nothing else of this package."""
