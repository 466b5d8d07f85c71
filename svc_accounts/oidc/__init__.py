"""Login by another provider (OpenID Connect): the authorization code flow with PKCE, a state and a nonce."""
