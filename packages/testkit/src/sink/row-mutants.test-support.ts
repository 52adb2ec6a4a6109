import { type Change, type Checkpoint, qualifiedName, type SinkBatch } from '@millrace/core';
import type { Mutant } from '../mutants.test-support.ts';
import { MemorySink } from './memory-sink.test-support.ts';
import type { Tables } from './memory-target.test-support.ts';
import type { SinkWorld } from './sink-world.ts';
import { wrong } from './wrong-sink.test-support.ts';

const { signal: never } = new AbortController();

/** Applies something else than what it gets. */
const applying = (change: (batch: SinkBatch) => readonly Change[]) =>
  class extends MemorySink {
    override write(batch: SinkBatch, signal: AbortSignal) {
      return super.write({ ...batch, changes: change(batch) } as SinkBatch, signal);
    }
  };

/** Keeps what it was given as it is, and reads it when somebody looks. */
class Lazy extends MemorySink {
  readonly batches: SinkBatch[] = [];

  override async write(batch: SinkBatch, signal: AbortSignal) {
    await this.during(signal);
    this.batches.push(batch);
    const { target } = this;
    target.rows = (relation) => {
      const tables: Tables = new Map();
      for (const one of this.batches) for (const change of one.changes) void this.apply(tables, change, false, never);
      return [...(tables.get(qualifiedName(relation))?.values() ?? [])];
    };
  }
}

class NullForUnchanged extends MemorySink {
  override async apply(tables: Tables, change: Change, isAhead: boolean, signal: AbortSignal) {
    const through = await super.apply(tables, change, isAhead, signal);
    const { after } = change.image;
    for (const row of this.rowsOf(tables, change.table).values())
      for (const [column, { name }] of change.relation.columns.entries())
        if (row.id === after?.text(0) && after?.state(column) === 'unchanged') row[name] = null;
    return through;
  }
}

/** Changes the texts of what it writes. */
const writing = (change: (text: string | null) => string | null) =>
  class extends MemorySink {
    override commit(tables: Tables, checkpoint: Checkpoint) {
      for (const rows of tables.values())
        for (const row of rows.values()) for (const [name, text] of Object.entries(row)) row[name] = change(text);
      super.commit(tables, checkpoint);
    }
  };

class Skipping extends MemorySink {
  override async apply(tables: Tables, change: Change, isAhead: boolean, signal: AbortSignal) {
    return super.apply(tables, change, isAhead, signal).catch(() => null);
  }
}

/** Commits what comes before a change that it cannot write. */
class Half extends MemorySink {
  override async write(batch: SinkBatch, signal: AbortSignal) {
    const changes = [...batch.changes];
    for (let count = 1; count <= changes.length; count++) {
      const part = { ...batch, changes: changes.slice(0, count) } as SinkBatch;
      if (count === changes.length) return super.write(part, signal);
      const checkpoint = this.checkpointOf(this.context?.streamId ?? '');
      if (batch.position !== null) await super.write({ ...part, checkpoint } as SinkBatch, signal);
    }
    return super.write(batch, signal);
  }
}

class Telling extends MemorySink {
  override async write(batch: SinkBatch, signal: AbortSignal) {
    const changes = Array.from(batch.changes, ({ image }) => image.after?.toObject());
    await super.write(batch, signal).catch((cause) => {
      throw new Error(`Could not write ${Object.values(changes.at(-1) ?? {})}`, { cause });
    });
  }
}

class WithoutRowsOfCopies extends MemorySink {
  override readonly writeChunk = undefined as never;
  override readonly side = undefined as never;

  override write(batch: SinkBatch, signal: AbortSignal) {
    const changes = [...batch.changes].filter(({ op }) => op !== 'read');
    return super.write({ ...batch, changes } as SinkBatch, signal);
  }
}

const order = 'applies changes in the order of the log';
const values = 'writes values exactly';
const refusal = 'refuses a value that it cannot write with all of its group, and does not say it';

export const rowMutants: readonly Mutant<SinkWorld>[] = [
  wrong(
    'reorders',
    [order],
    applying(({ changes }) => [...changes].reverse()),
  ),
  wrong(
    'applies the last change of a row',
    ['keeps what an update leaves out'],
    applying(({ changes }) => {
      const last = new Map(Array.from(changes, (change) => [JSON.stringify(change.after?.id ?? change.id), change]));
      return [...last.values()];
    }),
  ),
  wrong('takes unchanged for NULL', ['keeps what an update leaves out'], NullForUnchanged),
  wrong(
    'takes NULL for the empty text',
    [values],
    writing((text) => text ?? ''),
  ),
  wrong(
    'takes the empty text for NULL',
    [values],
    writing((text) => (text === '' ? null : text)),
  ),
  wrong(
    'writes numbers as doubles',
    [values],
    writing((text) => {
      return text !== null && /^-?\d+$/.test(text) ? String(BigInt(Number(text))) : text;
    }),
  ),
  wrong(
    'does not escape',
    [values],
    writing((text) => text?.replaceAll('\\', '') ?? null),
  ),
  wrong(
    'writes one byte for a character',
    [values],
    writing((text) => {
      return text === null ? null : Buffer.from(text, 'latin1').toString('latin1');
    }),
  ),
  wrong(
    'leaves the row at the old key',
    ['moves a row whose key changes'],
    applying(({ changes }) =>
      Array.from(changes, (change) => {
        return change.op === 'update' && change.image.before !== null
          ? ({
              ...change,
              image: { ...change.image, before: null },
              op: 'update',
              relation: change.relation,
              table: change.table,
            } as Change)
          : change;
      }),
    ),
  ),
  wrong(
    'truncates last',
    ['removes every row with a truncate, and none that comes behind it'],
    applying(({ changes }) => {
      return [...changes].sort((a, b) => Number(a.op === 'truncate') - Number(b.op === 'truncate'));
    }),
  ),
  wrong(
    'does not truncate',
    ['removes every row with a truncate, and none that comes behind it'],
    applying(({ changes }) => {
      return [...changes].filter(({ op }) => op !== 'truncate');
    }),
  ),
  wrong('keeps rows without a copy', ['keeps no row of a batch that is done'], Lazy),
  wrong('takes no rows of copies', ['takes the rows of a copy as changes'], WithoutRowsOfCopies),
  wrong('leaves out what it cannot write', [refusal], Skipping),
  wrong('commits half of a group', [refusal], Half),
  wrong('says the values of rows', [refusal], Telling),
];
