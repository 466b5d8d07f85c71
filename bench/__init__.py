"""Measurements of a running stack, and the small client that they and the end-to-end tests use."""
