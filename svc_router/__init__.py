"""The router gives every command of a conversation its place, makes it durable, and tells the readers.

It promises: what it acknowledged is in Kafka; the same message_id never makes two entries; entries of a conversation reach the log in
the order of their seq; nobody is told of an entry who was not a member at its seq.
"""
