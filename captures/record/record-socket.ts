/** Records what a Node socket sends and receives, without affecting it otherwise. */
import type { Socket } from 'node:net';
import type { Side } from '../packet/streams.ts';
import type { RecordedConnection, Recorder } from './record.ts';

/**
 * Records a socket from now to its end; `we` is the side of this process. A TLS socket is recorded in the
 * clear. Call it before the first byte: a server does so within its `connection` (or `secureConnection`)
 * event.
 */
export function recordSocket(recorder: Recorder, socket: Socket, we: Side): RecordedConnection {
  const own = { address: socket.localAddress, port: socket.localPort };
  const other = { address: socket.remoteAddress, port: socket.remotePort };
  const peer: Side = we === 'client' ? 'server' : 'client';
  const connection = we === 'client' ? recorder.connection(own, other) : recorder.connection(other, own);

  const { write, end } = socket;
  const keep = (chunk: unknown, encoding: unknown): void => {
    if (typeof chunk === 'string')
      connection.said(
        we,
        Buffer.from(chunk, typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8'),
      );
    else if (chunk instanceof Uint8Array) connection.said(we, chunk);
  };
  // node:http writes through these two; no event reports what was written.
  socket.write = (...args: unknown[]): boolean => {
    keep(args[0], args[1]);
    return Reflect.apply(write, socket, args);
  };
  socket.end = (...args: unknown[]) => {
    keep(args[0], args[1]);
    return Reflect.apply(end, socket, args);
  };
  socket.on('data', (chunk: Uint8Array) => connection.said(peer, chunk));
  socket.on('end', () => connection.closed(peer, 'finished'));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNRESET') connection.closed(peer, 'reset');
  });
  socket.on('close', () => connection.over());
  return connection;
}
