"""How a change gets to where it runs: notes of a release, what is in it, and bringing it to a cluster. docs/delivery.md tells the way."""
