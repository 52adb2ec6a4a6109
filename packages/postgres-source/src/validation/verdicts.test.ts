import type { Operation, ValidationItem } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { tableFacts } from '../catalog/table-facts.test-support.ts';
import type { PublicationFacts } from '../publication/publication-facts.ts';
import { publicationPlan } from '../publication/publication-plan.ts';
import type { SlotFacts } from '../slot/slot-facts.ts';
import type { InstanceFacts } from './instance-facts.ts';
import { plainConnectionProblem, replicationConnectionProblem } from './validate-connection.ts';
import { validateInstance } from './validate-instance.ts';
import { validatePublication } from './validate-publication.ts';
import { validateSlot } from './validate-slot.ts';

const healthy: InstanceFacts = {
  version: 180_000,
  inRecovery: false,
  encoding: 'UTF8',
  walLevel: 'logical',
  slots: { used: 0, most: 10 },
  senders: { used: 0, most: 10 },
  slotWalKeep: 1_000_000,
  slotIdleTimeout: 0,
  role: 'Ann',
  mayReplicate: true,
  mayMonitor: true,
  database: 'shop',
  mayCreate: true,
  largeObjects: false,
};

const slot: SlotFacts = {
  name: "it's",
  type: 'logical',
  plugin: 'pgoutput',
  database: 'shop',
  here: 'shop',
  twoPhase: false,
  synced: false,
  activePid: null,
  ours: false,
  holder: null,
  confirmed: 1n,
  head: 1n,
  walStatus: 'reserved',
  invalidated: null,
  retained: 0,
  safe: null,
};

const problems = (items: readonly ValidationItem[]) =>
  items.filter(({ state }) => state === 'failed').map(({ code, level }) => `${level} ${code}`);

const instance = (given: Partial<InstanceFacts>) => problems(validateInstance({ ...healthy, ...given }));

describe('validateInstance', () => {
  it('has nothing against a healthy server', () => {
    expect(instance({})).toEqual([]);
  });

  it.each<[string, Partial<InstanceFacts>]>([
    ['error SERVER_VERSION', { version: 130_020 }],
    ['error IN_RECOVERY', { inRecovery: true, version: 150_000 }],
    ['warning IN_RECOVERY', { inRecovery: true, version: 160_000 }],
    ['error WAL_LEVEL', { walLevel: 'replica' }],
    ['error SQL_ASCII', { encoding: 'SQL_ASCII' }],
    ['error NOT_REPLICATION_ROLE', { mayReplicate: false }],
    ['warning MONITORING_PRIVILEGE', { mayMonitor: false }],
    ['warning WAL_BUDGET', { slotWalKeep: null }],
    ['warning WAL_BUDGET', { slotIdleTimeout: 60_000 }],
  ])('finds: %s', (problem, facts) => {
    expect(instance(facts)).toEqual([problem]);
  });

  it('quotes names in what it recommends', () => {
    const items = validateInstance({ ...healthy, mayReplicate: false });
    expect(items.find(({ state }) => state === 'failed')?.fix).toContain('ALTER ROLE "Ann" REPLICATION');
  });
});

describe('validateSlot', () => {
  const check = (given: Partial<InstanceFacts>, found: Partial<SlotFacts> | null, wanted: object = {}) =>
    problems(
      validateSlot({ ...healthy, ...given }, found && { ...slot, ...found }, {
        failover: false,
        copiesExactly: false,
        ...wanted,
      }),
    );

  it('needs room for a slot only when there is none yet', () => {
    const slots = { used: 10, most: 10 };
    expect(check({ slots }, null)).toEqual(['error NO_FREE_SLOT']);
    expect(check({ slots }, {})).toEqual([]);
  });

  it('needs room for one more while tables are copied exactly', () => {
    const copiesExactly = true;
    expect(check({ slots: { used: 9, most: 10 } }, null, { copiesExactly })).toEqual(['error NO_FREE_SLOT']);
    expect(check({ slots: { used: 10, most: 10 } }, {}, { copiesExactly })).toEqual(['error NO_FREE_SLOT']);
    expect(check({ slots: { used: 9, most: 10 } }, {}, { copiesExactly })).toEqual([]);
    expect(check({ senders: { used: 9, most: 10 } }, {}, { copiesExactly })).toEqual(['error NO_FREE_SENDER']);
  });

  it('counts its own walsender as free', () => {
    const senders = { used: 10, most: 10 };
    expect(check({ senders }, {})).toEqual(['error NO_FREE_SENDER']);
    expect(check({ senders }, { activePid: 5, ours: true })).toEqual([]);
  });

  it('finds everything that is wrong with a slot', () => {
    expect(check({}, { plugin: 'wal2json', walStatus: 'lost', activePid: 5 })).toEqual([
      'error SLOT_PLUGIN',
      'error SLOT_LOST',
      'error SLOT_IN_USE',
    ]);
    expect(check({}, { database: 'other' })).toEqual(['error SLOT_DATABASE']);
  });

  it('knows since when slots fail over', () => {
    expect(check({ version: 160_000 }, null, { failover: true })).toEqual(['error FAILOVER_NOT_SUPPORTED']);
    expect(check({ version: 170_000 }, null, { failover: true })).toEqual([]);
  });
});

describe('validatePublication', () => {
  const operations: Operation[] = ['insert', 'update', 'delete', 'truncate'];
  const main: PublicationFacts = {
    name: 'shop',
    allTables: false,
    operations,
    viaRoot: false,
    comment: null,
    tables: new Map([['public.parent', { rowFilter: null, columns: null }]]),
  };
  const check = (
    existing: readonly PublicationFacts[],
    given: Partial<InstanceFacts> = {},
    found = null as null | SlotFacts,
  ) => {
    const facts = tableFacts({ table: 'parent', kind: 'partitioned', owned: false });
    const tables = [{ facts, operations: new Set(operations), where: null }];
    const plan = publicationPlan({ streamId: 's', publication: 'shop', viaRoot: true, tables, existing });
    const names = { publication: 'shop', viaRoot: true };
    return problems(
      validatePublication({ instance: { ...healthy, ...given }, ...names, existing, tables, plan, slot: found }),
    );
  };

  it('needs the right to make one only when there is none', () => {
    expect(check([], { mayCreate: false })).toEqual(['error MISSING_PRIVILEGE', 'error MISSING_PRIVILEGE']);
    expect(check([main], { mayCreate: false })).toEqual(['warning PUBLICATION']);
  });

  it('refuses a slot whose publication is gone', () => {
    expect(check([], {}, slot)).toContain('error PUBLICATION_MISSING');
  });
});

describe('a connection that fails', () => {
  const server = (code: string) => Object.assign(new Error('refused'), { code, severity: 'FATAL' });

  it('shows a pooler by its answer to startup options and replication', () => {
    expect(plainConnectionProblem(server('08P01')).code).toBe('POOLER_NOT_SUPPORTED');
    expect(replicationConnectionProblem(server('08P01')).code).toBe('POOLER_NOT_SUPPORTED');
  });

  it('is told apart by SQLSTATE', () => {
    expect(plainConnectionProblem(server('28P01')).code).toBe('AUTHENTICATION');
    expect(plainConnectionProblem(server('3D000')).code).toBe('CONNECTION');
    expect(replicationConnectionProblem(server('53300')).code).toBe('NO_FREE_SENDER');
    expect(replicationConnectionProblem(server('42501')).code).toBe('NOT_REPLICATION_ROLE');
    expect(replicationConnectionProblem(server('28000')).code).toBe('CONNECTION');
  });
});
