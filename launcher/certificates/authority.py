"""Names, certificates, and the authority that signs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from launcher.home import PRIVATE, write_atomically

TRUST_DOMAIN = "elastic-chat"
EDGE, OPERATOR = "edge", "operator"
"""The workloads that are no service: the Envoy that strangers reach, and whoever may read the keys of the stack."""

LIFE = timedelta(hours=12)
EARLY = timedelta(minutes=5)
"""A certificate is valid from before it was made, because clocks differ."""

AUTHORITY_LIFE = timedelta(days=3650)
MESH, WEB = "mesh", "web"
"""The authorities of a stack: that of its mesh, and that of what its edge shows to browsers."""


def spiffe_id(workload: str) -> str:
    """Return the identity of a workload: a service, the edge or the operator."""
    return f"spiffe://{TRUST_DOMAIN}/{workload}"


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its key, both PEM."""

    certificate: str
    key: str


class Authority:
    """Signs certificates. Its key never leaves the folder of the stack's keys.

    `before` is the certificate of the authority that this one replaced, PEM, or empty: what that one signed is still good.
    """

    def __init__(self, certificate: x509.Certificate, key: EllipticCurvePrivateKey, before: str = "") -> None:
        self._certificate = certificate
        self._key = key
        self._before = before

    @classmethod
    def of(cls, keys: Path, name: str = MESH) -> Authority:
        """Return an authority whose key is in a folder; make it if there is none."""
        now, before = _files(keys, name)
        if not now.exists():
            cls._make(now, name)
        pem = now.read_bytes()
        key = load_pem_private_key(pem, None)
        assert isinstance(key, EllipticCurvePrivateKey)  # noqa: S101 - we made it
        return cls(x509.load_pem_x509_certificate(pem), key, before.read_text(encoding="utf-8") if before.exists() else "")

    @classmethod
    def replaced(cls, keys: Path) -> Authority:
        """Make a new authority, which follows the one whose key is in a folder, and return it."""
        now, before = _files(keys, MESH)
        # If this stops halfway, an authority has followed itself, which does no harm.
        write_atomically(before, cls.of(keys).certificate)
        cls._make(now, MESH)
        return cls.of(keys)

    @staticmethod
    def _make(path: Path, of: str) -> None:
        key = generate_private_key(SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{TRUST_DOMAIN} {of}")])
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = (
            _unsigned(name, name, key, AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        write_atomically(path, _certificate_pem(builder.sign(key, SHA256())) + _key_pem(key), PRIVATE)

    @property
    def certificate(self) -> str:
        """Its own certificate, PEM."""
        return _certificate_pem(self._certificate)

    @property
    def trust(self) -> str:
        """What others check certificates with, PEM."""
        return self.certificate + self._before

    def identity(self, workload: str, life: timedelta = LIFE) -> Identity:
        """Return a new certificate and key for a workload of the mesh."""
        # The name beside the identity is for tools that look at nothing else, such as grpcurl.
        names = [x509.UniformResourceIdentifier(spiffe_id(workload)), x509.DNSName(workload)]
        return self._issue(workload, names, [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH], life)

    def server(self, hosts: Sequence[str]) -> Identity:
        """Return a new certificate and key for a server that browsers reach by these names and addresses."""
        return self._issue(hosts[0], [_general_name(host) for host in hosts], [ExtendedKeyUsageOID.SERVER_AUTH], LIFE)

    def _issue(self, name: str, names: Sequence[x509.GeneralName], uses: Sequence[x509.ObjectIdentifier], life: timedelta) -> Identity:
        key = generate_private_key(SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            _unsigned(subject, self._certificate.subject, key, life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            # By its key and not by its name alone: two authorities that follow each other have the same name.
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        return Identity(_certificate_pem(builder.sign(self._key, SHA256())), _key_pem(key))


def _files(keys: Path, name: str) -> tuple[Path, Path]:
    """Return where certificate and key of an authority are, and where the certificate of the one that it replaced is."""
    return keys / f"{name}-authority.pem", keys / f"{name}-authority-before.pem"


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _unsigned(subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, life: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLY)
        .not_valid_after(now + life)
    )


def _certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _key_pem(key: EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
