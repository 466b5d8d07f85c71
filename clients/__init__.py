"""Example clients in other languages, and what fetches, builds and runs them: `python -m clients`."""
