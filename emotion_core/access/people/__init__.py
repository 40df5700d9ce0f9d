"""Who is who: people with a role, by a provider's word (OIDC) or a password kept here."""
