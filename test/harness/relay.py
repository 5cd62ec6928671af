"""A bad network: a TCP relay that delays, cuts, stalls, and chops into single bytes."""
import asyncio
import socket
import struct
import threading

from . import place


class Way:
    """What happens to one direction. Bytes are counted from 0; `at` None: nothing happens.
    `fault`: fin or reset (both ends of both connections), stall (nothing more passes)."""

    def __init__(self, at=None, fault="fin", segment=0, delay_s=0.0):
        self.at = at
        self.fault = fault
        self.segment = segment
        self.delay_s = delay_s


class Relay:
    """Forwards connections to `target`. `plan(number)` gives the two Ways (towards the target, back) of
    the number-th connection, from 1."""

    def __init__(self, target, plan=lambda number: (Way(), Way())):
        self.target = target
        self.plan = plan
        self.connections = 0
        self.cuts = 0
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((place.HOST, 0))
        self.listener.listen(256)
        self.port = self.listener.getsockname()[1]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(
            asyncio.start_server(self._serve, sock=self.listener))
        self.loop.run_forever()

    def stop(self):
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.listener.close()

    async def _end(self):
        """Close everything, stalled connections too."""
        self.server.close()
        others = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader, writer):
        self.connections += 1
        there, back = self.plan(self.connections)
        try:
            target_reader, target_writer = await asyncio.open_connection(place.HOST, self.target)
        except OSError:
            writer.transport.abort()
            return
        ends = [writer, target_writer]
        for w in ends:
            w.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(self._pump(reader, target_writer, there, ends),
                             self._pump(target_reader, writer, back, ends),
                             return_exceptions=True)
        for w in ends:
            w.close()

    async def _pump(self, reader, writer, way, ends):
        passed = 0
        while True:
            if way.at is not None and passed >= way.at:
                return await self._fault(way, ends)
            try:
                data = await reader.read(65536)
            except OSError:
                data = b""
            if not data:
                if writer.can_write_eof() and not writer.is_closing():
                    try:
                        writer.write_eof()
                    except OSError:
                        pass
                return None
            if way.at is not None:
                data = data[:way.at - passed]
            if way.delay_s:
                await asyncio.sleep(way.delay_s)
            step = way.segment or len(data)
            for i in range(0, len(data), step):
                writer.write(data[i:i + step])
                await writer.drain()
            passed += len(data)

    async def _fault(self, way, ends):
        self.cuts += 1
        if way.fault == "stall":
            await asyncio.sleep(3600)
        for w in ends:
            if way.fault == "reset":
                try:
                    w.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                          struct.pack("ii", 1, 0))
                except OSError:
                    pass
                w.transport.abort()
            else:
                w.close()
