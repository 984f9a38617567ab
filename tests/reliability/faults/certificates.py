"""Server certificates, good and bad, and the TLS contexts that show them."""

import datetime
import functools
import ssl
import tempfile
import warnings
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_HOST = "127.0.0.1"


@functools.cache
def authority() -> trustme.CA:
    """The one that the app is told to trust."""
    return trustme.CA()


def trusted(folder: Path) -> Path:
    """Its certificate as a file for `ca_file`."""
    path = folder / "ca.pem"
    authority().cert_pem.write_to_path(path)
    return path


@functools.cache
def good() -> ssl.SSLContext:
    """What the app may talk to."""
    return _server(authority().issue_cert(_HOST))


def expired() -> ssl.SSLContext:
    """Of the right authority and host, until yesterday."""
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    return _server(authority().issue_cert(_HOST, not_before=now - 30 * day, not_after=now - day))


def wrong_host() -> ssl.SSLContext:
    """Of the right authority, for another host."""
    return _server(authority().issue_cert("other.example"))


def unknown_authority() -> ssl.SSLContext:
    """Of an authority that nobody trusts, but of the same name."""
    return _server(trustme.CA().issue_cert(_HOST))


def self_signed() -> ssl.SSLContext:
    """Signed with its own key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _HOST)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=30))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(secret + pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context


def tls_1_0() -> ssl.SSLContext:
    """A good certificate, shown over TLS 1.0 alone."""
    context = _server(authority().issue_cert(_HOST))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        # Python warns of old versions; here the old version is the point.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    return context


def asks_for_client() -> ssl.SSLContext:
    """Refuses a client that shows no certificate."""
    context = _server(authority().issue_cert(_HOST))
    context.verify_mode = ssl.CERT_REQUIRED
    authority().configure_trust(context)
    return context


def _server(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
