"""An echo server, by Python's websockets: server.py HOST:PORT."""

import asyncio
import logging
import sys

import websockets

# Whoever started it connects once to see whether it listens.
logging.getLogger("websockets").setLevel(logging.CRITICAL)


async def echo(socket):
    async for message in socket:
        if message == "close me":
            await socket.close(4001, "as you wish")
        else:
            await socket.send(message)


async def main(host, port):
    async with websockets.serve(echo, host, int(port)) as server:
        await server.serve_forever()


asyncio.run(main(*sys.argv[1].rsplit(":", 1)))
