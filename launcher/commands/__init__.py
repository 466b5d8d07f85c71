"""The commands of `elastic-chat`: each reads its words, has the work done elsewhere, and says what came of it."""
