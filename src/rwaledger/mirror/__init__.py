"""Chain to registry: fetch, validate, fold, apply, rewind."""
