"""Presence knows who is on which node.

It promises: whoever is attached is found by an entry that is accepted from then on; a node whose lease has ended, and everyone on it,
counts as gone; and people hear of each other only if they share a conversation.
"""
