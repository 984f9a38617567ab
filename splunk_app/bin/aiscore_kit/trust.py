"""TLS towards the sidecar: as strict under every Python and OpenSSL that splunkd ships.

Python 3.9 leaves the strength of keys and signatures to OpenSSL's own settings, and those of a machine may allow RSA
keys of 1,024 bits and signatures over MD5 or SHA-1. urllib3 writes the connection's keys to the file that
SSLKEYLOGFILE names, to which nothing may be told here.
"""

from aiscore_kit import libraries

# Level 2: keys and signatures worth 112 bits (RSA 2,048, SHA-2).
_CIPHERS = "DEFAULT:!aNULL:!eNULL:@SECLEVEL=2"


def adapter():
    """What a requests session mounts for https://."""
    base = libraries.load_requests().adapters.HTTPAdapter

    class Strict(base):
        def init_poolmanager(self, *args, **named):
            base.init_poolmanager(self, *args, ssl_context=context(), **named)

    return Strict()


def context():
    """A context that wants a certificate, and its name, from whoever is on the other side."""
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context(ciphers=_CIPHERS)
    if context.keylog_filename:
        context.keylog_filename = None
    return context
