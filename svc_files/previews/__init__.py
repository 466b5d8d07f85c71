"""What links lead to, looked up for those who read them: so that no reader tells a stranger's server who they are.

It promises: no link leads to anything but the public internet, and nothing of what comes from there costs more than a little time and
memory, or says more than a few lines and a small picture that was drawn anew. It is off unless an operator switches it on.
"""
