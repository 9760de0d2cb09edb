"""A client of an echo server, by Python's websockets: says what is not as expected."""

import asyncio
import sys

import websockets


async def main(url):
    # Offers compression, which is declined; fragments; asks by a ping.
    async with websockets.connect(url, max_size=None) as socket:
        for message in ["Grüße", b"\x00\xff", "", "x" * 300_000, bytes(70_000)]:
            await socket.send(message)
            answer = await socket.recv()
            assert answer == message, f"{len(message)} bytes"
        await socket.send(["frag", "men", "ted"])
        assert await socket.recv() == "fragmented"
        await asyncio.wait_for(await socket.ping(), 10)
    assert socket.close_code == 1000, socket.close_code
    # More than is allowed.
    async with websockets.connect(url, compression=None) as socket:
        await socket.send(bytes(3_000_000))
        try:
            await socket.recv()
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd.code == 1009, closed
        else:
            raise AssertionError("it takes messages of any length")
    print("all as expected")


asyncio.run(main(sys.argv[1]))
