"""Who is who in the mesh: a stack's own authority, and a certificate of a few hours for every Envoy and for its operator.

An identity is a SPIFFE ID (https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md): the trust domain, and what the workload is;
all instances of a service are the same workload. Envoys watch their certificates as files of secret discovery (SDS), and change to a new
one with the next handshake: connections that are there stay.
"""
