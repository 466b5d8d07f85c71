"""The rules of accounts, a file for each matter. Nothing here does I/O, or knows what time it is."""
