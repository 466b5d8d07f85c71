"""The writer moves the log from Kafka into Cassandra.

It promises: what is in the log gets into the database, once as far as any reader can tell, whatever dies in between; an offset is
committed only after its record is written; a record that can't be applied is set aside with its reason, and holds up nothing.
"""
