"""A stand-in for the AWS provider: it knows the schema of every resource and reaches no cloud.

The real provider comes from a registry of Terraform's own. Its schema comes in a wheel, too, as bindings that are generated of it, and that
is all that `tofu validate` and a mocked `tofu test` ask a provider for.
"""
