"""A stand-in for splunkd: it runs the packaged app's commands as splunkd does, and answers their REST calls.

It shares no codec code with the app: it is the other side of the wire. No real splunkd was present when it was
written; where public sources do not settle what splunkd does, each possibility is a hypothesis that can be chosen.
"""
