#!/usr/bin/env python3
"""socks.py HOW NAME PORT LOG - a SOCKS5 proxy on a free loopback port.

Prints its own port.  It alone knows NAME, which it takes to 127.0.0.1:PORT;
what it was asked for goes to LOG, a line each: "KIND HOST PORT USER".  HOW is
fine, or what is wrong with it: garbage, refuse, silent, cut, login (it wants
user "profile", password "one").
"""
import socket
import struct
import sys
import threading

HOW, NAME, PORT, LOG = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
KINDS = {1: "ipv4", 3: "name", 4: "ipv6"}


def exactly(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def piecemeal(sock, data):
    for i in range(len(data)):
        sock.sendall(data[i:i + 1])


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def let_in(client):
    """The user, or "-"; None for somebody who is turned away."""
    version, count = exactly(client, 2)
    methods = exactly(client, count)
    wanted = 2 if HOW == "login" else 0
    if version != 5 or wanted not in methods:
        client.sendall(b"\x05\xff")
        return None
    piecemeal(client, bytes([5, wanted]))
    if wanted == 0:
        return "-"
    exactly(client, 1)
    user = exactly(client, exactly(client, 1)[0])
    word = exactly(client, exactly(client, 1)[0])
    good = (user, word) == (b"profile", b"one")
    client.sendall(b"\x01\x00" if good else b"\x01\x01")
    return user.decode() if good else None


def asked_for(client):
    _, command, _, kind = exactly(client, 4)
    assert command == 1
    if kind == 3:
        host = exactly(client, exactly(client, 1)[0]).decode()
    elif kind == 1:
        host = socket.inet_ntop(socket.AF_INET, exactly(client, 4))
    else:
        host = socket.inet_ntop(socket.AF_INET6, exactly(client, 16))
    return KINDS[kind], host, struct.unpack(">H", exactly(client, 2))[0]


def serve(client):
    if HOW == "garbage":
        client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        return
    if HOW == "silent":
        exactly(client, 1 << 20)
    user = let_in(client)
    if user is None:
        return
    kind, host, port = asked_for(client)
    with open(LOG, "a") as log:
        print(kind, host, port, user, file=log)
    if HOW == "cut":
        client.sendall(b"\x05\x00\x00\x03\xffab")
        return
    if HOW == "refuse" or (host, port) != (NAME, PORT):
        client.sendall(b"\x05\x04\x00\x01" + bytes(6))
        return
    relay = socket.create_connection(("127.0.0.1", PORT))
    # A long answer in small pieces, and at once what comes behind it.
    piecemeal(client, b"\x05\x00\x00\x03\xff" + b"x" * 255 + b"\x00\x00")
    threading.Thread(target=pump, args=(client, relay), daemon=True).start()
    pump(relay, client)


def attend(client):
    with client:
        try:
            serve(client)
        except (EOFError, OSError):
            pass


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=attend, args=(client,), daemon=True).start()


main()
