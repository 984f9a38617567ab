"""What stands in the way of a trusted connection: each fault told apart from the others."""

import socket
import ssl

from aiscore_kit import trust

# OpenSSL's numbers of what is wrong with a certificate (X509_V_ERR_...).
_EXPIRED, _NOT_YET, _NAMES = (10,), (9,), (62, 64)
_UNKNOWN = (2, 18, 19, 20, 21)


class Untrusted(Exception):
    """No trusted connection: what is wrong, and how to mend it."""

    def __init__(self, text, mend):
        Exception.__init__(self, text)
        self.text, self.mend = text, mend


def context(ca_file):
    """The same trust as that of the search commands. Raises OSError for a file that cannot be used."""
    made = trust.context()
    if ca_file:
        made.load_verify_locations(cafile=ca_file)
    else:
        from requests import certs

        made.load_verify_locations(cafile=certs.where())
    return made


def secured(place, host, made, seconds):
    """A socket with a trusted connection to `host`. Raises Untrusted for its certificate, else OSError."""
    plain = socket.create_connection(place, seconds)
    try:
        return made.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        plain.close()
        raise Untrusted(*_about(error, host)) from None
    except OSError:
        plain.close()
        raise


def without_tls(error, place, seconds):
    """The Untrusted that tells why no TLS came about, when no certificate was seen."""
    if speaks_plainly(place, seconds):
        mend = "start the sidecar with --tls-cert and --tls-key, or correct the port in url"
        return Untrusted("the port answers in plain http, and url says https", mend)
    said = str(getattr(error, "reason", None) or error or type(error).__name__)[:200]
    mend = "check that the port in url is the sidecar's, and that nothing between changes the connection"
    return Untrusted("no TLS connection came about: %s" % said, mend)


def speaks_plainly(place, seconds):
    """Whether a plain HTTP request gets an HTTP answer there."""
    try:
        with socket.create_connection(place, seconds) as plain:
            plain.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            return plain.recv(5) == b"HTTP/"
    except OSError:
        return False


def speaks_tls(place, host, made, seconds):
    """Whether TLS is spoken there, with a certificate that is trusted or not."""
    try:
        secured(place, host, made, seconds).close()
    except Untrusted:
        return True
    except OSError:
        return False
    return True


def _about(error, host):
    code, said = error.verify_code, str(error.verify_message)[:200]
    if code in _EXPIRED:
        return "the sidecar's certificate has expired", "give the sidecar a new certificate"
    if code in _NOT_YET:
        return "the sidecar's certificate is not valid yet", "set the clocks right, or use another certificate"
    if code in _NAMES:
        mend = "use a name in url that the certificate names, or a certificate for %s" % host
        return "the certificate is for another name: %s" % said, mend
    if code in _UNKNOWN:
        mend = "put the certificate of the authority that signed the sidecar's into ca_file"
        return "the certificate is signed by an authority that is not trusted here: %s" % said, mend
    return "the certificate is not accepted: %s" % said, "give the sidecar another certificate"
