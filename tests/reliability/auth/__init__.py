"""Who may do what: every route, every credential, every certificate."""
