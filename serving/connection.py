"""An HTTP connection with a time limit for the request's head."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Connection(HttpToolsProtocol):
    """Closes when no complete request head arrives within the keep-alive time.

    uvicorn starts that clock after the first answer and stops it at the first byte of a request.
    """

    def connection_made(self, transport) -> None:
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def data_received(self, data: bytes) -> None:
        clock, self.timeout_keep_alive_task = self.timeout_keep_alive_task, None
        before = self.cycle
        super().data_received(data)
        if clock and self.cycle is before and not self.transport.is_closing():
            self.timeout_keep_alive_task = clock
        elif clock:
            clock.cancel()

    def timeout_keep_alive_handler(self) -> None:
        self.transport.abort()  # close() would wait for a client that never reads
