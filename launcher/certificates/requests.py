"""`python -m launcher.certificates.requests FOLDER WORKLOAD...` asks an authority that is not ours for certificates of the mesh.

It writes a new key and a request for each workload, `<workload>.key` and `<workload>.csr`; whoever the authority trusts has them signed
(terraform/modules/mesh/scripts/sign.sh). A workload that is reached by its addresses, and not by Envoys, names them: `cassandra=10.0.1.10`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from launcher.certificates.authority import spiffe_id
from launcher.home import PRIVATE, write_atomically


def write_request(folder: Path, workload: str, addresses: Sequence[str]) -> None:
    """Write a new key for a workload, and the request for its certificate.

    Raises:
        ValueError: an address is none.

    """
    key = generate_private_key(SECP256R1())
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(spiffe_id(workload)), x509.DNSName(workload)]
    names += [x509.IPAddress(ip_address(address)) for address in addresses]
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, workload)]))
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    write_atomically(folder / f"{workload}.key", private, PRIVATE)
    write_atomically(folder / f"{workload}.csr", request.public_bytes(Encoding.PEM).decode())


def main(folder: Path, workloads: Sequence[str]) -> None:
    """Write a key and a request for every workload."""
    for told in workloads:
        workload, _, addresses = told.partition("=")
        write_request(folder, workload, addresses.split(",") if addresses else ())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
