"""The rules of search."""
