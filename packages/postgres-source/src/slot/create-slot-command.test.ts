import { expect, it } from 'vitest';
import { createSlotCommand } from './create-slot-command.ts';

const request = { serverVersion: 180_000, slot: 'shop', failover: false, exportSnapshot: true, temporary: false };

it('is spelled as each version of the server takes it', () => {
  const command = 'CREATE_REPLICATION_SLOT "shop" LOGICAL pgoutput';
  expect(createSlotCommand(request)).toBe(`${command} (SNAPSHOT 'export')`);
  expect(createSlotCommand({ ...request, exportSnapshot: false })).toBe(`${command} (SNAPSHOT 'nothing')`);
  expect(createSlotCommand({ ...request, failover: true })).toBe(`${command} (SNAPSHOT 'export', FAILOVER)`);
  const old = { ...request, serverVersion: 140_012 };
  expect(createSlotCommand(old)).toBe(`${command} EXPORT_SNAPSHOT`);
  expect(createSlotCommand({ ...old, exportSnapshot: false })).toBe(`${command} NOEXPORT_SNAPSHOT`);
});
