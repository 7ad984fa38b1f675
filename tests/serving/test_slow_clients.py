"""Clients that are slow, silent or gone are dropped, and others are served meanwhile."""

import json
import socket
import time
from contextlib import closing

import numpy as np
import pytest

from serving import rest, server

INFER = "/v2/models/oracle/infer"
HEAD = f"POST {INFER} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".encode()


def test_others_are_served_beside_slow_and_silent_clients(
    client, service, request_of, minutes, rows
):
    X, expected = rows
    host, port = service[0].removeprefix("http://").split(":")
    silent, slow = ([socket.create_connection((host, port)) for _ in range(100)] for _ in "12")
    try:
        for peer in slow:
            peer.sendall(HEAD)
        for _ in range(20):
            given = minutes(client.post(INFER, json=request_of(X[:10])))
            assert given.tobytes() == expected[:10].tobytes()
    finally:
        for peer in silent + slow:
            peer.close()


def test_a_client_that_leaves_takes_nothing_along(client, service, request_of, rows, capfd):
    host, port = service[0].removeprefix("http://").split(":")
    body = json.dumps(request_of(np.repeat(rows[0], 50, axis=0))).encode()
    head = HEAD.replace(b"1000", str(len(body)).encode())
    for part in (head, head + body[:-1], head + body):
        for _ in range(10):
            with closing(socket.create_connection((host, int(port)))) as peer:
                peer.sendall(part)
    assert client.post(INFER, json=request_of(rows[0])).status_code == 200
    assert capfd.readouterr().err == ""


@pytest.fixture(scope="module")
def hasty(loaded):
    """Host and port of a service that waits one second instead of half a minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rest, "PATIENCE", 1)
        patch.setattr(server, "KEEP_ALIVE", 1)
        with server.serving(lambda: loaded) as (url, _):
            yield "127.0.0.1", int(url.rpartition(":")[2])


def until_closed(peer):
    """Everything the service sends until it closes the connection, which is soon."""
    peer.settimeout(60)
    found = b""
    while data := peer.recv(65536):
        found += data
    return found


@pytest.mark.parametrize("sent", [b"", b"POST /v2", HEAD[:-2], HEAD[:-4] + b"\r\nX: y"])
def test_a_connection_that_asks_nothing_is_closed(hasty, sent):
    with closing(socket.create_connection(hasty)) as peer:
        peer.sendall(sent)
        assert until_closed(peer) == b""


def drip(peer):
    for _ in range(1200):
        peer.sendall(b"G")
        time.sleep(0.05)


def test_a_client_that_drips_a_head_is_closed(hasty):
    closed = pytest.raises((BrokenPipeError, ConnectionResetError))
    with closing(socket.create_connection(hasty)) as peer, closed:
        drip(peer)


def test_a_body_that_does_not_come_is_named(hasty):
    with closing(socket.create_connection(hasty)) as peer:
        peer.sendall(HEAD + b"x" * 999)
        answer = until_closed(peer)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"did not arrive within 1 seconds" in answer
