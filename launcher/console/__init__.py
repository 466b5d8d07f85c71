"""The console: what the operations page shows of a stack, gathered while somebody looks, and no more than once every two seconds; and the
way of a message, for who asks for it.

It has nothing of its own to tell. It asks with the code of `elastic-chat status`, `elastic-chat mesh` and `elastic-chat trace`, and says
how much has come between two looks. Only the edge reaches it, by a Unix socket, and lets nobody through but administrators.
"""
