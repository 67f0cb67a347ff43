"""A slow network: hands connections to one loopback port on to another, answers at so many bytes a second.

slow_network.py PORT TO BYTES_PER_SECOND
"""

import asyncio
import sys

PIECE = 16 * 1024


async def hand_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rate: float | None
) -> None:
    try:
        while data := await reader.read(PIECE):
            writer.write(data)
            await writer.drain()
            if rate:
                await asyncio.sleep(len(data) / rate)
    except ConnectionError:
        return
    finally:
        writer.close()


async def main(port: int, to: int, rate: float) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answers, questions = await asyncio.open_connection("127.0.0.1", to)
        except OSError:
            writer.close()
            return
        await asyncio.gather(hand_on(reader, questions, None), hand_on(answers, writer, rate))

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
