"""Self-signed certificates for tests, made by the openssl command."""

import subprocess

KINDS = {
    "ecdsa": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa": ["-newkey", "rsa:2048"],
}


def self_signed(directory, name="server", kind="ecdsa", common_name="localhost"):
    """Makes NAME.crt and NAME.key (readable by its owner only) in directory; returns both paths."""
    certificate = directory / f"{name}.crt"
    key = directory / f"{name}.key"
    command = ["openssl", "req", "-x509", *KINDS[kind], "-nodes", "-sha256", "-days", "2"]
    command += ["-subj", f"/CN={common_name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    key.chmod(0o600)
    return certificate, key
