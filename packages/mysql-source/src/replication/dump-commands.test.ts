import { describe, expect, it } from 'vitest';
import { dumpCommand, registerCommand } from './dump-commands.ts';
import type { DumpStart } from './dump-start.ts';
import { createReplicaIdentity, firstServerId } from './replica-identity.ts';

const identity = { serverId: 0x01020304, uuid: 'a', host: 'host' };
const command = (start: DumpStart, kind: 'mysql' | 'mariadb' = 'mysql', endsAtHead = false) =>
  dumpCommand({ server: { kind, version: 0 }, identity, start, endsAtHead }).toString('hex');

const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const uuidHex = uuid.replaceAll('-', '');

describe('dump commands', () => {
  it('register by number and name', () => {
    expect(registerCommand(identity).toString('hex')).toBe(
      `16000000${'15'}${'04030201'}04${Buffer.from('host').toString('hex')}0000${'0000'}${'00000000'}${'00000000'}`,
    );
  });

  it('start at a place, and no further than 4 GiB', () => {
    const start = { kind: 'place', place: { file: 'b.1', offset: 0xffff_fffe } } as const;
    expect(command(start, 'mariadb', true)).toBe(`0e00000012feffffff0100${'04030201'}622e31`);
    const far = { kind: 'place', place: { file: 'b.1', offset: 0x1_0000_0000 } } as const;
    expect(() => command(far)).toThrow(expect.objectContaining({ code: 'START_NOT_POSSIBLE' }));
  });

  it('start behind a GTID set, tagged or not', () => {
    const head = `1e0200${'04030201'}00000000${'0400000000000000'}`;
    const interval = (from: string, to: string) => `${from}00000000000000${to}00000000000000`;
    expect(command({ kind: 'gtid-set', set: '' }).slice(8)).toBe(`${head}08000000${'0000000000000000'}`);
    expect(command({ kind: 'gtid-set', set: `${uuid}:1-5:9` }).slice(8)).toBe(
      `${head}40000000${'0100000000000000'}${uuidHex}${'0200000000000000'}${interval('01', '06')}${interval('09', '0a')}`,
    );
    expect(command({ kind: 'gtid-set', set: `${uuid}:tag:3` }).slice(8)).toBe(
      `${head}34000000${'0101000000000001'}${uuidHex}06${Buffer.from('tag').toString('hex')}${'0100000000000000'}${interval('03', '04')}`,
    );
  });

  it('leave it to the session where MariaDB starts', () => {
    expect(command({ kind: 'gtid-position', position: '0-1-5' }, 'mariadb')).toBe(
      `0b000000${'12'}04000000${'0000'}${'04030201'}`,
    );
  });
});

describe('an identity', () => {
  it('has a server id in its range that shows the stream', () => {
    const ids = Array.from({ length: 50 }, () => createReplicaIdentity('shop').serverId);
    for (const id of ids) {
      expect(id).toBeGreaterThanOrEqual(firstServerId);
      expect(id).toBeLessThan(2 ** 31);
      expect(id >> 15).toBe((ids[0] ?? 0) >> 15);
    }
    expect(new Set(ids).size).toBeGreaterThan(40);
    expect(createReplicaIdentity('shop', 7).serverId).toBe(7);
  });

  it('has a host that servers take', () => {
    expect(Buffer.byteLength(createReplicaIdentity('a very long name of a strëam').host)).toBeLessThanOrEqual(60);
  });
});
