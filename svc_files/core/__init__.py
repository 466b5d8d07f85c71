"""The rules of files: pure functions, a module for each matter."""
