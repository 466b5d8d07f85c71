"""The gateway holds sockets: frames in, commands out; what it hears in, frames out. It has no chat rules.

It promises: every session of every member is written each entry that reaches this node, in the order in which it comes, or is told to
resync; one slow or broken connection costs the others nothing; nothing is remembered here that a client could miss when the process dies.
"""
