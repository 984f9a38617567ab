"""What the commands of AIScore share: kinds of command, row codec, client, settings and messages."""
