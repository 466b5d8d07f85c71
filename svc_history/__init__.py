"""History reads: what was said, and where everyone is.

It promises: a member sees every durable entry from the one with which they joined, and nobody else sees any; the live view and the
database are one log to the reader, without a hole or a repeat where they meet.
"""
