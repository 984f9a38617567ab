"""Server certificates, each with one thing wrong, and the few that are right."""

import ipaddress
import ssl
import subprocess
import tempfile
import warnings
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "127.0.0.1"
NAMED = "sidecar.house.test"
"""A host that the client finds at HOST."""
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        kinds = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, *kinds)


@dataclass(frozen=True)
class Wish:
    """What a certificate is to say; as it stands, a right one for HOST."""

    name: str = "sidecar"
    hosts: tuple[x509.GeneralName, ...] = (x509.IPAddress(ipaddress.ip_address(HOST)),)
    after: datetime = NOW - 10 * DAY
    before: datetime = NOW + 10 * DAY
    ca: bool = False
    path_length: int | None = None
    use: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH
    constraint: str = ""
    strange: bool = False


@dataclass(frozen=True)
class Case:
    """What a server shows: its chain and key; `host` is where the client believes to be, `good` what is right."""

    name: str
    leaf: Pair
    chain: tuple[Pair, ...] = ()
    host: str = HOST
    good: bool = False
    ciphers: str = "DEFAULT:@SECLEVEL=0"
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion] = field(default=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3))

    def context(self) -> ssl.SSLContext:
        """The server's side of TLS: it is not choosy."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers(self.ciphers)
        with warnings.catch_warnings():
            # Python warns of old versions; here they are the point.
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version, context.maximum_version = self.versions
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"".join([self.leaf.key_pem, self.leaf.pem, *(pair.pem for pair in self.chain)]))
            file.flush()
            context.load_cert_chain(file.name)
        return context


def made(wish: Wish, issuer: Pair | None = None, rsa_bits: int = 0) -> Pair:
    """A certificate as wished, signed by the issuer, or by itself; its key is on a curve unless RSA is asked for."""
    key = rsa.generate_private_key(65537, rsa_bits) if rsa_bits else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wish.name)])
    parent = issuer.certificate.subject if issuer else name
    public = key.public_key()
    builder = x509.CertificateBuilder(parent, name, public, x509.random_serial_number(), wish.after, wish.before)
    builder = builder.add_extension(x509.BasicConstraints(wish.ca, wish.path_length), critical=True)
    signer = issuer.key if issuer else key
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.add_extension(known, critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    builder = builder.add_extension(_usage(wish.ca), critical=True)
    if not wish.ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([wish.use]), critical=False)
    if wish.hosts and not wish.ca:
        builder = builder.add_extension(x509.SubjectAlternativeName(wish.hosts), critical=False)
    if wish.constraint:
        allowed = x509.NameConstraints([x509.DNSName(wish.constraint)], None)
        builder = builder.add_extension(allowed, critical=True)
    if wish.strange:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
        builder = builder.add_extension(unknown, critical=True)
    return Pair(builder.sign(signer, hashes.SHA256()), key)


def _usage(ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=not ca,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def cases(root: Pair) -> list[Case]:
    """Every case, for a client that trusts `root`."""
    return [*_right(root), *_of_time(root), *_of_name(root), *_of_chain(root), *_of_strength(root), *_of_version(root)]


def authority(**wish: object) -> Pair:
    """A certificate authority."""
    return made(replace(Wish(name="authority", ca=True), **wish), rsa_bits=2048)  # type: ignore[arg-type]


def _dns(*names: str) -> tuple[x509.GeneralName, ...]:
    return tuple(x509.DNSName(name) for name in names)


def _right(root: Pair) -> list[Case]:
    middle = made(Wish("middle", ca=True), root)
    return [
        Case("right", made(Wish(), root), good=True),
        Case("right, by a chain", made(Wish(), middle), (middle,), good=True),
        Case("right, by a wildcard", made(Wish(hosts=_dns("*.house.test")), root), host=NAMED, good=True),
    ]


def _of_time(root: Pair) -> list[Case]:
    old = made(Wish("middle", ca=True, before=NOW - DAY), root)
    return [
        Case("expired", made(Wish(before=NOW - DAY), root)),
        Case("not yet valid", made(Wish(after=NOW + DAY), root)),
        Case("middle expired", made(Wish(), old), (old,)),
    ]


def _of_name(root: Pair) -> list[Case]:
    other = x509.IPAddress(ipaddress.ip_address("127.0.0.2"))
    narrow = made(Wish("middle", ca=True, constraint="other.test"), root)
    return [
        Case("another host", made(Wish(hosts=_dns("other.test")), root), host=NAMED),
        Case("another address", made(Wish(hosts=(other,)), root)),
        Case("address named as a host", made(Wish(hosts=_dns(HOST)), root)),
        Case("name in the common name only", made(Wish(name=NAMED, hosts=()), root), host=NAMED),
        Case("address in the common name only", made(Wish(name=HOST, hosts=()), root)),
        Case("common name beside other names", made(Wish(name=NAMED, hosts=_dns("x.test")), root), host=NAMED),
        Case("wildcard over two labels", made(Wish(hosts=_dns("*.test")), root), host=NAMED),
        Case("wildcard over all", made(Wish(hosts=_dns("*")), root), host=NAMED),
        Case("wildcard in every label", made(Wish(hosts=_dns("*.*.test")), root), host=NAMED),
        Case("wildcard for an address", made(Wish(hosts=_dns("*.0.0.1")), root)),
        Case("name outside its authority's limits", made(Wish(hosts=_dns(NAMED)), narrow), (narrow,), NAMED),
    ]


def _of_chain(root: Pair) -> list[Case]:
    stranger = authority()
    middle = made(Wish("middle", ca=True), root)
    no_authority = made(Wish("middle"), root)
    last = made(Wish("last", ca=True, path_length=0), root)
    beyond = made(Wish("beyond", ca=True), last)
    return [
        Case("unknown authority of the same name", made(Wish(), stranger)),
        Case("unknown authority, sent along", made(Wish(), stranger), (stranger,)),
        Case("signed by itself", made(Wish())),
        Case("middle missing", made(Wish(), middle)),
        Case("middle is no authority", made(Wish(), no_authority), (no_authority,)),
        Case("chain longer than allowed", made(Wish(), beyond), (beyond, last)),
        Case("for clients only", made(Wish(use=ExtendedKeyUsageOID.CLIENT_AUTH), root)),
        Case("for signing code only", made(Wish(use=ExtendedKeyUsageOID.CODE_SIGNING), root)),
        Case("critical extension that nobody knows", made(Wish(strange=True), root)),
    ]


def _of_strength(root: Pair) -> list[Case]:
    short = made(Wish("short", ca=True), root, rsa_bits=1024)
    return [
        Case("key of 1024 bits", made(Wish(), root, rsa_bits=1024)),
        Case("authority's key of 1024 bits", made(Wish(), short), (short,)),
        Case("signed with SHA-1", resigned(made(Wish(), root), root, "sha1")),
        Case("signed with MD5", resigned(made(Wish(), root), root, "md5")),
    ]


def _of_version(root: Pair) -> list[Case]:
    leaf, version = made(Wish(), root), ssl.TLSVersion
    return [
        Case("TLS 1.0 only", leaf, ciphers="ALL:@SECLEVEL=0", versions=(version.TLSv1, version.TLSv1)),
        Case("TLS 1.1 only", leaf, ciphers="ALL:@SECLEVEL=0", versions=(version.TLSv1_1, version.TLSv1_1)),
        Case(
            "ciphers without encryption",
            leaf,
            ciphers="eNULL:@SECLEVEL=0",
            versions=(version.TLSv1_2, version.TLSv1_2),
        ),
    ]


def resigned(pair: Pair, issuer: Pair, digest: str) -> Pair:
    """The certificate's name, key and hosts, signed with an old digest (which only the openssl program still does)."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "ca.pem").write_bytes(issuer.pem)
        (place / "ca.key").write_bytes(issuer.key_pem)
        (place / "own.key").write_bytes(pair.key_pem)
        (place / "says").write_text(
            f"subjectAltName=IP:{HOST}\nextendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n"
            "keyUsage=critical,digitalSignature,keyEncipherment\nsubjectKeyIdentifier=hash\n"
            "authorityKeyIdentifier=keyid\n"
        )
        asking = "req -new -key own.key -subj /CN=sidecar -out own.csr"
        signing = f"x509 -req -in own.csr -CA ca.pem -CAkey ca.key -days 5 -extfile says -{digest} -out own.pem"
        for words in (asking, signing):
            subprocess.run(["openssl", *words.split()], cwd=place, check=True, capture_output=True)
        return Pair(x509.load_pem_x509_certificate((place / "own.pem").read_bytes()), pair.key)
