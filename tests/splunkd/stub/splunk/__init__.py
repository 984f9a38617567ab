"""The one part of Splunk's own `splunk` package that the app's REST handler is built on."""
