import { expect, it } from 'vitest';
import { ChangeCounter } from './change-counter.ts';

const message = (type: string, body: Buffer): Buffer => {
  const header = Buffer.alloc(5);
  header.write(type, 0, 'latin1');
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
};
const change = (kind: string) => message('d', Buffer.concat([Buffer.from('w'), Buffer.alloc(24), Buffer.from(kind)]));
const keepalive = message('d', Buffer.concat([Buffer.from('k'), Buffer.alloc(17)]));

it('counts inserts and updates however the bytes are cut', () => {
  const bytes = Buffer.concat([
    message('W', Buffer.alloc(3)),
    change('B'),
    change('I'),
    keepalive,
    change('Urow'),
    change('C'),
  ]);
  for (const size of [1, 7, 30, bytes.length]) {
    const counter = new ChangeCounter();
    for (let at = 0; at < bytes.length; at += size) counter.push(bytes.subarray(at, at + size));
    expect(counter.changes).toBe(2);
  }
});
