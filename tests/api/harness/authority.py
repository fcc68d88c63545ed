"""A certificate authority for tests: a root that clients trust, an intermediate that servers have to send."""

import subprocess

KINDS = {
    "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "ed25519": ["-algorithm", "ED25519"],
}
AUTHORITY = "basicConstraints=critical,CA:TRUE\n"
SERVER = "subjectAltName=DNS:localhost,IP:127.0.0.1\n"


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True).stdout


class Authority:
    def __init__(self, directory):
        self.directory = directory
        self.made = 0
        self.root, self.root_key = self.certify("root", "p256", AUTHORITY)
        self.intermediate, self.intermediate_key = self.certify("intermediate", "p256", AUTHORITY, self.root)

    def certify(self, name, kind, extensions, issuer=None, not_after=None):
        """Makes NAME.crt and NAME.key; signed by itself without an issuer."""
        cert, key, csr = (self.directory / f"{name}.{end}" for end in ("crt", "key", "csr"))
        openssl("genpkey", *KINDS[kind], "-out", key)
        key.chmod(0o600)
        by = ["-selfsign", "-keyfile", key]
        if issuer is not None:
            by = ["-cert", issuer, "-keyfile", issuer.with_suffix(".key")]
        # `openssl ca` alone of Debian 12's commands can set an end in the past.
        database = self.directory / f"{name}.index"
        database.write_text("")
        config = self.directory / f"{name}.cnf"
        config.write_text(
            f"[ca]\ndefault_ca=d\n[d]\ndatabase={database}\nnew_certs_dir={self.directory}\npolicy=p\nrand_serial=yes\n"
            f"default_md=sha256\nunique_subject=no\nx509_extensions=x\n[p]\ncommonName=supplied\n[x]\n{extensions}"
            "[req]\ndistinguished_name=n\n[n]\n"
        )
        openssl("req", "-new", "-config", config, "-key", key, "-subj", f"/CN={name}", "-out", csr)
        when = ["-startdate", "20200101000000Z", "-enddate", not_after or "20991231235959Z"]
        openssl("ca", "-batch", "-notext", "-config", config, "-in", csr, "-out", cert, *when, *by)
        return cert, key

    def chain(self, kind="p256", not_after=None):
        """A new server certificate with the intermediate behind it, and its key."""
        self.made += 1
        cert, key = self.certify(f"server{self.made}", kind, SERVER, self.intermediate, not_after)
        cert.write_text(cert.read_text() + self.intermediate.read_text())
        return cert, key
