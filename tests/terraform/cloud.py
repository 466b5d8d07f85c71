"""`python cloud.py FOLDER ARGUMENT...` is what the scripts of the tasks take for the AWS CLI: an authority, and a folder of secrets."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from launcher.certificates.authority import MESH, Authority


def sign(folder: Path, request: x509.CertificateSigningRequest, days: int) -> bytes:
    """Sign as AWS's template EndEntityCertificate/V1 does: with the names that the request has."""
    pem = (folder / f"{MESH}-authority.pem").read_bytes()
    authority, key = x509.load_pem_x509_certificate(pem), load_pem_private_key(pem, None)
    assert isinstance(key, EllipticCurvePrivateKey)
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(
            authority.subject, request.subject, request.public_key(), x509.random_serial_number(), now, now + timedelta(days)
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(names.value, critical=names.critical)
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def main(folder: Path, service: str, verb: str, *options: str) -> None:
    """Do what is asked, as far as the scripts ask for it."""
    told = dict(zip(options[::2], options[1::2], strict=True)) if verb != "wait" else {}
    authority = Authority.of(folder)

    def kept(secret: str) -> Path:
        return folder / "secrets" / secret.replace("/", "_")

    match service, verb:
        case "acm-pca", "issue-certificate":
            request = Path(told["--csr"].removeprefix("fileb://"))
            days = int(told["--validity"].removeprefix("Value=").removesuffix(",Type=DAYS"))
            signed = sign(folder, x509.load_pem_x509_csr(request.read_bytes()), days)
            (folder / request.stem).write_bytes(signed)
            print(f"arn:{request.stem}")
        case "acm-pca", "wait":
            pass
        case "acm-pca", "get-certificate":
            print((folder / told["--certificate-arn"].removeprefix("arn:")).read_text())
        case "secretsmanager", "put-secret-value":
            kept(told["--secret-id"]).write_bytes(Path(told["--secret-string"].removeprefix("file://")).read_bytes())
            print("version")
        case "secretsmanager", "get-secret-value":
            secret = told["--secret-id"]
            print(authority.certificate if secret.endswith("/trust") else kept(secret).read_text())
        case _:
            sys.exit(f"This is not what aws is known for here: {service} {verb}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
