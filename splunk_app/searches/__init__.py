"""The app's saved searches: searches.toml says them, `python -m splunk_app.searches` writes savedsearches.conf."""
