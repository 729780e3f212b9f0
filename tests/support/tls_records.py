#!/usr/bin/env python3
"""tls_records.py UP DOWN - one recorded connection: is it TLS 1.3, wholly?

Reads both directions record by record (RFC 8446, 5.1), finds the version that
the ServerHello chose (4.2.1) and checks that after it nothing but encrypted
records was seen.  Prints one line; exits 1 with a sentence when not.
"""
import struct
import sys

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO = 1, 2
SUPPORTED_VERSIONS, EARLY_DATA, SERVER_NAME, ALPN = 43, 42, 0, 16
TLS13 = 0x0304


def die(sentence):
    sys.exit(f"{sys.argv[1]}: {sentence}")


def records(path):
    data = open(path, "rb").read()
    at = 0
    while at < len(data):
        if len(data) - at < 5:
            die(f"{path}: {len(data) - at} bytes that are no record")
        kind, version, size = struct.unpack_from("!BHH", data, at)
        if version not in (0x0301, 0x0303) or size > 16384 + 256:
            die(f"{path}: not a TLS record at byte {at}")
        if len(data) - at - 5 < size:
            break  # the connection was cut within a record
        yield kind, data[at + 5:at + 5 + size]
        at += 5 + size


def extensions(hello, is_server):
    at = 4 + 2 + 32
    at += 1 + hello[at]  # session id
    if is_server:
        at += 2 + 1  # suite, compression
    else:
        at += 2 + struct.unpack_from("!H", hello, at)[0]
        at += 1 + hello[at]
    end = at + 2 + struct.unpack_from("!H", hello, at)[0]
    at += 2
    found = {}
    while at < end:
        kind, size = struct.unpack_from("!HH", hello, at)
        found[kind] = hello[at + 4:at + 4 + size]
        at += 4 + size
    return found


def check(path, is_server):
    seen = list(records(path))
    if not seen:
        die(f"{path}: nothing was seen")
    kind, hello = seen[0]
    wanted = SERVER_HELLO if is_server else CLIENT_HELLO
    if kind != HANDSHAKE or hello[0] != wanted:
        die(f"{path}: does not begin with a hello")
    for kind, body in seen[1:]:
        if kind not in (APPLICATION_DATA, CHANGE_CIPHER_SPEC):
            die(f"{path}: a record of type {kind} after the hello")
        if kind == CHANGE_CIPHER_SPEC and body != b"\x01":
            die(f"{path}: a strange ChangeCipherSpec")
    return extensions(hello, is_server), len(seen)


def main():
    client, sent = check(sys.argv[1], False)
    server, answered = check(sys.argv[2], True)
    if EARLY_DATA in client:
        die("early data was offered")
    offered = client.get(SUPPORTED_VERSIONS, b"")
    offered = [struct.unpack_from("!H", offered, i)[0]
               for i in range(1, len(offered) - 1, 2)]
    if offered != [TLS13]:
        die(f"versions offered: {offered}")
    if server.get(SUPPORTED_VERSIONS) != struct.pack("!H", TLS13):
        die("the relay did not choose TLS 1.3")
    if b"tacit/1" not in client.get(ALPN, b""):
        die("the protocol name tacit/1 was not offered")
    print(f"TLS 1.3, {sent} records up, {answered} down")


main()
