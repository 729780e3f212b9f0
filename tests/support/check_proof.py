#!/usr/bin/env python3
"""Checks a proof (docs/protocol.md 12) with nothing of ours: openssl verifies,
and the rest stands here.  Exit 0 when it holds, 1 when it does not."""
import hashlib
import json
import subprocess
import sys
import tempfile

ED25519 = bytes.fromhex("302a300506032b6570032100")  # RFC 8410


def fields(message):
    """What a protobuf message holds: number -> values."""
    found = {}
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            value = varint()
        elif tag & 7 == 2:
            length = varint()
            value = message[at:at + length]
            assert len(value) == length
            at += length
        else:
            raise ValueError("wire type")
        found.setdefault(tag >> 3, []).append(value)
    return found


def field(data):
    return len(data).to_bytes(4, "big") + data


def verify(key, purpose, context, body, signature):
    signed = field(b"tacit/1/" + purpose)
    signed += b"".join(field(c) for c in context) + body
    with tempfile.NamedTemporaryFile() as public, \
            tempfile.NamedTemporaryFile() as data, \
            tempfile.NamedTemporaryFile() as sig:
        for file, content in ((public, ED25519 + key), (data, signed),
                              (sig, signature)):
            file.write(content)
            file.flush()
        subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin",
                        "-keyform", "DER", "-inkey", public.name, "-in",
                        data.name, "-sigfile", sig.name], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def account(body, signature):
    found = fields(body)
    verify(found[2][0], b"device-list", [], body, signature)
    return found


def check(proof):
    assert proof["type"] == "proof" and proof["version"] == 1
    part = {name: bytes.fromhex(value) for name, value in proof.items()
            if name not in ("type", "version", "kind", "device")}
    author = account(part["list_body"], part["list_signature"])
    name, key = author[1][0], author[2][0]
    device = next(fields(d) for d in author[7]
                  if fields(d)[1][0] == proof["device"])
    to = None
    if "to_list_body" in part:
        other = account(part["to_list_body"], part["to_list_signature"])
        assert other[2][0] == part["to_key"]
        to = other[1][0].decode()
    body = fields(part["body"])
    assert hashlib.sha256(part["salt"] + part["content"]).digest() == \
        body[7][0]
    if proof["kind"] == "group":
        conversation = part["group"]
    else:
        pair = sorted([key, part["to_key"]])
        conversation = hashlib.sha256(b"".join(pair)).digest()
    verify(device[4][0], b"message",
           [name, key, proof["device"].to_bytes(4, "big"), conversation],
           part["body"], part["signature"])
    return {"from": name.decode(), "to": to, "id": body[1][0].hex(),
            "content": part["content"].decode()}


try:
    print(json.dumps(check(json.load(sys.stdin))))
except (AssertionError, IndexError, KeyError, ValueError, StopIteration,
        subprocess.CalledProcessError) as why:
    print(f"{type(why).__name__}: {why}", file=sys.stderr)
    sys.exit(1)
