"""The service killed at any moment: nothing acknowledged is lost, nothing is half made."""
