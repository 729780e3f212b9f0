#!/usr/bin/env python3
"""tap.py PORT DIR - a TCP proxy on a free loopback port that keeps what it sees.

Prints its own port.  Every connection becomes two files in DIR, N.up (client
to relay) and N.down, complete when the connection has ended.
"""
import os
import socket
import sys
import threading


def pump(source, target, path):
    with open(path, "wb") as seen:
        try:
            while data := source.recv(65536):
                seen.write(data)
                seen.flush()
                target.sendall(data)
        except OSError:
            pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    port, where = int(sys.argv[1]), sys.argv[2]
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    number = 0
    while True:
        client, _ = listener.accept()
        try:
            relay = socket.create_connection(("127.0.0.1", port))
        except OSError:
            client.close()
            continue
        number += 1
        base = os.path.join(where, str(number))
        threading.Thread(target=pump, args=(client, relay, base + ".up"),
                         daemon=True).start()
        threading.Thread(target=pump, args=(relay, client, base + ".down"),
                         daemon=True).start()


main()
