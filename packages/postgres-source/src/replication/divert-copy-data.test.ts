import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { divertCopyData, type ListeningConnection } from './divert-copy-data.ts';

const message = (kind: string, content: string | readonly number[]): Buffer => {
  const body = Buffer.from(typeof content === 'string' ? Buffer.from(content) : content);
  const head = Buffer.alloc(5);
  head.write(kind, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

const notice = message('N', 'SWARNING\0C55000\0Msomething\0\0');
const copyBoth = message('W', [0, 0, 0]);
const row = (content: string) => message('d', content);

const diverted = (fail: (content: string) => boolean = () => false) => {
  const connection = new pg.Client({ stream: () => new Socket() }).connection as ListeningConnection;
  const seen: string[] = [];
  const failed = vi.fn();
  const copyData = (bytes: Buffer, start: number, end: number) => {
    const content = bytes.toString('utf8', start, end);
    if (fail(content)) throw new Error(content);
    seen.push(content);
  };
  divertCopyData(connection, { copyData, failed });
  for (const event of ['notice', 'replicationStart', 'copyData', 'errorMessage'])
    connection.on(event, ({ code }: { code?: string }) => seen.push([event, code].filter(Boolean).join(' ')));
  // The driver begins to listen when the connection is made, with TLS to another stream than the socket.
  const stream = new EventEmitter();
  connection.attachListeners(stream);
  return { stream, seen, failed };
};

describe('divertCopyData', () => {
  it('leaves everything but CopyData to the driver, in order', () => {
    const { stream, seen, failed } = diverted();
    stream.emit('data', Buffer.concat([notice, copyBoth, row('one'), notice, row('two')]));
    expect(seen).toEqual(['notice 55000', 'replicationStart', 'one', 'notice 55000', 'two']);
    expect(failed).not.toHaveBeenCalled();
  });

  it('knows where messages begin, also when one began before the stream did', () => {
    const { stream, seen } = diverted();
    const bytes = Buffer.concat([notice, copyBoth, row('one'), notice]);
    for (const byte of bytes) stream.emit('data', Buffer.from([byte]));
    expect(seen).toEqual(['notice 55000', 'replicationStart', 'one', 'notice 55000']);
  });

  it('takes nothing after a failure', () => {
    const { stream, seen, failed } = diverted((content) => content === 'two');
    stream.emit('data', Buffer.concat([row('one'), row('two'), row('three'), notice]));
    stream.emit('data', notice);
    expect(seen).toEqual(['one']);
    expect(failed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'two' }));
  });

  it('takes nothing after what is no message', () => {
    const { stream, seen, failed } = diverted();
    stream.emit('data', Buffer.concat([row('one'), Buffer.from('HTTP/1.1 400 Bad Request')]));
    stream.emit('data', row('two'));
    expect(seen).toEqual(['one']);
    expect(failed).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: expect.stringContaining('not a message') }),
    );
  });
});
