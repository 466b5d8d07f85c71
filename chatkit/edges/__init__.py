"""The engines that more than one service uses: each a port (a Protocol named after its role), a real adapter, a memory adapter for
tests.
"""
