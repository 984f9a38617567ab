"""The functions of eval, in files by what they work on."""
