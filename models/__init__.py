"""The mathematics of AIScore: tables in, tables out. No HTTP, SQL, Splunk, clock or environment."""
