"""What the Envoys of a stack know of the mesh: each has an opinion of its own, at its admin interface."""
