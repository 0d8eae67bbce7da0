"""A way to PostgreSQL that misbehaves on command; a process of its own. Speaks lines: a door's number and a mode.

`freeze`: what is connected stays so, and carries nothing any more. `deaf`: notifications are left out.
`refuse`: everything is cut, new connections too. `cut`: once. `heal`: as it should be, for new connections.
"""

import asyncio
import contextlib
import struct
import sys
from dataclasses import dataclass, field


@dataclass(eq=False)
class Door:
    """A TCP port that leads to the server's socket."""

    target: str
    mode: str = "heal"
    writers: set[asyncio.StreamWriter] = field(default_factory=set)
    frozen: set[asyncio.StreamWriter] = field(default_factory=set)

    def command(self, mode: str) -> None:
        """Misbehave so."""
        if mode == "freeze":
            self.frozen |= self.writers
        elif mode in ("cut", "refuse"):
            for writer in self.writers:
                writer.transport.abort()
        if mode in ("heal", "deaf", "refuse"):
            self.mode = mode

    async def enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "refuse":
            writer.transport.abort()
            return
        try:
            back, forth = await asyncio.open_unix_connection(self.target)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, forth}
        self.writers |= pair
        pumps = [asyncio.create_task(self.carry(reader, forth)), asyncio.create_task(self.deliver(back, writer))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        self.writers -= pair
        self.frozen -= pair
        for end in pair:
            end.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while found := await reader.read(2**16):
                if writer not in self.frozen:
                    writer.write(found)
            if writer in self.frozen:
                await asyncio.Event().wait()

    async def deliver(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The server's messages, one by one: a type, a length, the rest. `A` is a notification."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readexactly(5)
                body = await reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)
                if writer not in self.frozen and not (self.mode == "deaf" and head[:1] == b"A"):
                    writer.write(head + body)
        if writer in self.frozen:  # the server may be gone: nobody tells the client
            await asyncio.Event().wait()


async def main(target: str, number: int) -> None:
    """Open the doors, print their ports, obey."""
    doors = [Door(target) for _ in range(number)]
    servers = [await asyncio.start_server(door.enter, "127.0.0.1", 0) for door in doors]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():  # our parent ends: so do we
        door, mode = line.decode().split()
        doors[int(door)].command(mode)
        print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
