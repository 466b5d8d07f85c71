"""What is in terraform/, held against the provider's schema, against promises of its own, and against the services that it runs."""
