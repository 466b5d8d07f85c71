"""Looking a machine and a stack over: every check says what it saw, and what to do if that is wrong. None changes anything."""
