#!/usr/bin/env python3
"""arithmetic.py [RESULTS] - what groups cost by three designs, from the sizes
that their specifications give, as the tables of docs/benchmarks.md.

RESULTS are lines of `./run groups --json`; with them stands what Tacit
uploaded, for the sizes of groups that were measured.  Everything is bytes that
one device uploads, inside TLS, for one device a member.

OMEMO   XEP-0384 0.9.1, sections 4.3 to 4.5 and the protobuf schema.
SimpleX simplexmq, protocol/simplex-messaging.md ("Each transport block has a
        fixed size of 16384 bytes"); simplex-chat, docs/protocol/simplex-chat.md
        ("a set of bi-directional SimpleX connections with other group
        members").
MLS     RFC 9420, structs of sections 5 to 12, suite 1
        (MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519), private messages.
"""
import json
import math
import sys

SIZES = (10, 100, 1000)
CONTENT = 512   # a short message, padded as Tacit's bucket; for MLS and OMEMO
NAME = 5        # characters of an account name
HOST = 11       # and of what follows the @ of a JID

KEY, SIGNATURE, TAG, HASH = 32, 64, 16, 32


def field(n):
    """Protobuf: tag, length, n bytes."""
    return 1 + (1 if n < 128 else 2) + n


def base64(n):
    return (n + 2) // 3 * 4


def vector(n):
    """RFC 9420, 2.1.2: a length of 1, 2 or 4 bytes, and n bytes."""
    return (1 if n < 64 else 2 if n < 16384 else 4) + n


# ---- OMEMO: the message once, its key for each device, in one stanza ----

def omemo_key(first):
    """<keys jid><key rid>: 32 bytes of key and 16 of MAC, AES-CBC, padded."""
    message = 2 * 2 + field(KEY) + field(64)      # n, pn, dh_pub, ciphertext
    sealed = field(16) + field(message)           # mac, message
    if first:                                     # pk_id, spk_id, ik, ek
        sealed = 2 + 4 + field(KEY) + field(KEY) + field(sealed)
    tags = len("<keys jid=''></keys>") + NAME + 1 + HOST + \
        len("<key rid='1234567890'></key>") + len(" kex='true'") * first
    return base64(sealed) + tags


def omemo(n, first=False):
    stanza = len("<message to='' id='' type='groupchat'><encrypted xmlns="
                 "'urn:xmpp:omemo:2'><header sid='1234567890'></header>"
                 "<payload></payload></encrypted></message>") + 60
    return stanza + base64(CONTENT + 16) + (n - 1) * omemo_key(first)


# ---- SimpleX: a block for each member ----

def simplex(n):
    return 16384 * (n - 1)


# ---- MLS ----

HPKE_PATH = vector(KEY) + vector(HASH + TAG)  # HPKECiphertext of a path secret
CREDENTIAL = 2 + vector(NAME)                 # basic
CAPABILITIES = vector(2) + vector(2) + 1 + 1 + vector(2)


def mls_leaf(in_commit):
    source = vector(HASH) if in_commit else 16  # parent hash, or a lifetime
    return 2 * vector(KEY) + CREDENTIAL + CAPABILITIES + 1 + source + 1 + \
        vector(SIGNATURE)


def mls_private(body):
    """PrivateMessage in an MLSMessage; body: what is encrypted, no tag."""
    return 4 + vector(32) + 8 + 1 + 1 + vector(12 + TAG) + vector(body + TAG)


def mls_message():
    return mls_private(vector(CONTENT) + vector(SIGNATURE))


def mls_depth(n):
    return math.ceil(math.log2(n))


def mls_commit(n, ciphertexts):
    """A removal by value: a path, with so many encryptions over all of it."""
    depth = mls_depth(n)
    nodes = depth * (vector(KEY) + 2) + ciphertexts * HPKE_PATH
    commit = vector(1 + 2 + 4) + 1 + mls_leaf(True) + vector(nodes)
    return mls_private(commit + vector(SIGNATURE) + vector(HASH))


def mls_best(n):
    """No node blank but those that this removal blanks: at most so many."""
    return 2 * (mls_depth(n) - 1)


def mls_worst(n):
    """Every inner node blank, as after one has added all the others."""
    return n - 2


def mls_welcome(n):
    """One Welcome for all, with the tree: what is uploaded."""
    secrets = vector(HASH) + 1 + vector(HASH) + 1
    member = vector(HASH) + vector(KEY) + vector(secrets + TAG)
    tree = n * (2 + mls_leaf(False)) + (n - 1)    # optional, type; blanks
    info = 2 * 2 + vector(32) + 8 + 2 * vector(HASH) + 1 + \
        vector(2 + vector(tree)) + vector(HASH) + 4 + vector(SIGNATURE)
    return 4 + 2 + vector((n - 1) * member) + vector(info + TAG)


# ---- what was measured ----

def read(path):
    found = {}
    with sys.stdin if path == "-" else open(path, encoding="utf-8") as lines:
        for line in lines:
            result = json.loads(line)
            n = int(result.get("members", 0))
            found[result["job"], n] = result
    return found


def table(title, rows):
    print(f"| {title} | " + " | ".join(f"{n:,}" for n in SIZES) + " |")
    print("|---|" + "---|" * len(SIZES))
    for name, value in rows:
        cells = [value(n) for n in SIZES]
        print(f"| {name} | " + " | ".join(
            "" if c is None else f"{c:,.0f}" for c in cells) + " |")
    print()


# ---- asymmetric operations of the one who acts: X25519 or X448 agreements and
# key pairs, signatures made and checked; without those of TLS ----

WORK = ("agreements", "key_pairs", "signatures", "verifications")
X3DH = 5 + 2 + 1  # four agreements and the ratchet's first; two pairs; a check


def mls_removal_work(n, ciphertexts):
    """Keys of the leaf and of the path, HPKE (a pair and an agreement each),
    signatures over leaf and content."""
    return 1 + mls_depth(n) + 2 * ciphertexts + 2


def main():
    found = read(sys.argv[1]) if len(sys.argv) > 1 else {}

    def measured(job, *keys):
        def value(n):
            result = found.get((job, n))
            return sum(result[k] for k in keys) if result else None
        return value

    def all_write(n):
        one = measured("group-remove", "upload_bytes")(n)
        return None if one is None else one * (n - 1)

    tacit = "Tacit, measured: "
    table("bytes for a message, keys known", [
        (tacit + "one upload", measured("group-send", "upload_bytes")),
        ("OMEMO: one stanza, a key a device", omemo),
        ("SimpleX: a block a member", simplex),
        ("MLS: one message", lambda n: mls_message())])
    table("bytes for the first message of a member", [
        (tacit + "bundles, sessions, sender keys, message",
         measured("group-first", "uploaded_bytes")),
        ("OMEMO: a key exchange a device", lambda n: omemo(n, True)),
        ("SimpleX: a block a member; connections are made on joining",
         simplex),
        ("MLS: one message", lambda n: mls_message())])
    table("bytes for removing one", [
        (tacit + "entry, and the log key to each",
         measured("group-remove", "remove_uploaded_bytes")),
        (tacit + "and then the next message of the first who writes",
         measured("group-remove", "upload_bytes")),
        ("Tacit: and if all who are left write", all_write),
        ("OMEMO: left out of the next message", lambda n: 0),
        ("SimpleX: a block to each member", simplex),
        ("MLS: commit, best: no other node is blank",
         lambda n: mls_commit(n, mls_best(n))),
        ("MLS: commit, worst: every node is blank",
         lambda n: mls_commit(n, mls_worst(n)))])
    table("bytes for making the group at once", [
        (tacit + "log, invitations",
         measured("group-create", "uploaded_bytes")),
        ("MLS: a Welcome for all, with the tree", mls_welcome)])
    table("asymmetric operations for a message, keys known", [
        (tacit + "the call", measured("group-send", *WORK)),
        ("OMEMO, SimpleX: ratchets turn when answers are read",
         lambda n: 0),
        ("MLS: a signature", lambda n: 1)])
    table("asymmetric operations for the first message of a member", [
        (tacit + "the call", measured("group-first", *WORK)),
        ("OMEMO: X3DH with each device", lambda n: X3DH * (n - 1)),
        ("MLS: a signature", lambda n: 1)])
    table("asymmetric operations for removing one", [
        (tacit + "removal and message",
         measured("group-remove", *WORK, "remove_asymmetric")),
        ("MLS: commit, best", lambda n: mls_removal_work(n, mls_best(n))),
        ("MLS: commit, worst", lambda n: mls_removal_work(n, mls_worst(n)))])


if __name__ == "__main__":
    main()
