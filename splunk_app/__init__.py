"""The Splunk app and the step that packs it. Nothing in here is imported by the sidecar."""
