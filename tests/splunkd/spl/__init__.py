"""The search language, as far as the app's own searches use it. Anything else is an error that names it."""
