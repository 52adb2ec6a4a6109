import {
  type Change,
  createChange,
  decodedRow,
  type ExactCopyRequest,
  type Relation,
  type ReleaseContext,
  type SourceContext,
  type Transaction,
} from '@millrace/core';
import type { Mutant } from '../mutants.test-support.ts';
import { CapableSource } from './capable-source.test-support.ts';
import type { LoggedChange } from './memory-origin.test-support.ts';
import { MemorySource } from './memory-source.test-support.ts';
import type { SourceWorld } from './source-world.ts';
import { wrong } from './wrong-source.test-support.ts';

class DeliveringAllTables extends CapableSource {
  override captures() {
    return true;
  }
}

class DescribingAllTables extends CapableSource {
  override describe(context: SourceContext) {
    return super.describe({ ...context, tables: [] });
  }
}

/** Of a transaction that holds something nobody asked for. */
class LeavingOutTransactions extends CapableSource {
  override *transaction(number: number) {
    const all = this.origin.log[number] ?? [];
    const isAsked = all.every((one) => 'change' in one && this.captures('origin.items', one.change.op));
    if (isAsked) yield* super.transaction(number);
  }
}

/** By the row as it is. */
class FilteringNewRows extends CapableSource {
  override change(logged: LoggedChange, transaction: Transaction, sequence: number) {
    const { change, row } = logged;
    return super.change(change.op === 'update' ? { ...logged, old: row } : logged, transaction, sequence);
  }
}

class CopyingEveryRow extends CapableSource {
  override rows() {
    return [...this.origin.rows.values()];
  }
}

class ForgettingWhatIsSelected extends CapableSource {
  override rows(where?: string) {
    return where === undefined ? [...this.origin.rows.values()] : super.rows(where);
  }
}

class WithItsOwnKey extends CapableSource {
  override keyed(relation: Relation) {
    return relation;
  }
}

class WithItsOwnKeyInTheLog extends CapableSource {
  override copied({ op, table, relation, image }: Change, transaction: Transaction, sequence: number) {
    return createChange({ op, table, relation, transaction, sequence, ...image });
  }
}

class CopyingTheTable extends CapableSource {
  override query(): undefined {}
}

class CopyingWholeRows extends CapableSource {
  override async *copyExactly(request: ExactCopyRequest, signal: AbortSignal) {
    for await (const chunk of super.copyExactly(request, signal)) {
      const { relation } = this.origin;
      const rows = [...chunk.rows].map((row) => decodedRow(relation, { ...row.toObject(), count: 1 }));
      yield { ...chunk, relation, rows };
    }
  }
}

const tables = 'delivers nothing of tables that it was not asked for';
const operations = 'delivers the operations that it was asked for';
const condition =
  'delivers the rows for which a condition holds: one that comes to hold it is inserted, one that ceases to, deleted';
const copies = 'copies the rows for which conditions hold';
const key = 'tells rows apart by the key that it was asked to';
const query = 'copies the rows of a query';

/** From there where the main one is. */
class SideOfOnePlace extends CapableSource {
  override side() {
    const main = this;
    return new (class extends CapableSource {
      override get reader() {
        return main.reader;
      }

      override set reader(reader) {
        main.reader = reader;
      }

      override async begin() {
        return this.origin.end;
      }
    })(this.origin);
  }
}

class SideWithItsOwnNumbers extends CapableSource {
  override side(name: string) {
    return new (class extends CapableSource {
      override change(logged: LoggedChange, transaction: Transaction, sequence: number) {
        return super.change(logged, { ...transaction, id: `${name}/${transaction.id}` }, sequence);
      }
    })(this.origin, name);
  }
}

class SideDroppingAll extends CapableSource {
  override side(name: string) {
    return new (class extends CapableSource {
      override async release(context: ReleaseContext) {
        await super.release(context);
        this.origin.reader = null;
      }
    })(this.origin, name);
  }
}

class Negative extends CapableSource {
  override async retention() {
    return { bytes: -1, limit: null };
  }
}

class AskingOnlyWhenOpen extends CapableSource {
  override async retention() {
    if (this.closing.signal.aborted) throw this.failure('The source is closed');
    return super.retention('');
  }
}

class RewritingWithEveryColumn extends CapableSource {
  override async describeStorage(asked: readonly string[]) {
    const found = await super.describeStorage(asked);
    const heap = String(this.origin.relation.columns.length);
    return new Map([...found].map(([name, storage]) => [name, { ...storage, heap }]));
  }
}

class RewritingWithEveryRow extends CapableSource {
  override async describeStorage(asked: readonly string[]) {
    const found = await super.describeStorage(asked);
    return new Map([...found].map(([name, storage]) => [name, { ...storage, heap: this.origin.end }]));
  }
}

class WithoutUnique extends CapableSource {
  override async describeStructure() {
    return new Map();
  }
}

class DescribingStructureOfAll extends CapableSource {
  override async describeStructure(context: SourceContext, asked: readonly string[]) {
    return new Map([...(await super.describeStructure(context, asked)), ['origin.other', []] as const]);
  }
}

/** Keeps what it reads, whether anybody pulls or not. */
class ReadingAhead extends MemorySource {
  override async changes(after: string, signal: AbortSignal) {
    const ahead = this.origin.log.map((changes) => Buffer.from(JSON.stringify(changes)));
    const changes = await super.changes(after, signal);
    signal.addEventListener('abort', () => ahead.splice(0));
    return Object.assign(changes, { ahead });
  }
}

/** Its server gives it up when it is not pulled for a while. */
class NotKeptAlive extends MemorySource {
  override async *batches(after: number, signal: AbortSignal) {
    for await (const batch of super.batches(after, signal)) {
      const waiting = Date.now();
      yield batch;
      if (Date.now() - waiting > 300) throw this.failure('The server has given up its reader');
    }
  }
}

class SayingNothing extends MemorySource {
  override async changes(after: string, signal: AbortSignal) {
    return Object.assign(await super.changes(after, signal), { failed: new AbortController().signal });
  }
}

/** Ends as if somebody had asked for it. */
class EndingQuietly extends MemorySource {
  override async *batches(after: number, signal: AbortSignal) {
    try {
      yield* super.batches(after, signal);
    } catch {
      // As if nothing was.
    }
  }
}

const sides = 'has sides that read the same log beside it';
const dropped = 'keeps what belongs to it when a side is dropped';
const retention = 'says how much log is kept for its stream, also while it is closed';
const storage = 'tells rows that were written anew from those that have got a column';
const structure = 'says what the tables it is asked for have beside their columns, while it is closed';
const pulled = 'reads no further than it is pulled, and is kept alive meanwhile';
const failed = 'says that its log cannot be read any more while nobody pulls, and goes on when it is opened again';

export const capableMutants: readonly Mutant<SourceWorld>[] = [
  wrong('delivers what is of other tables', [tables], DeliveringAllTables),
  wrong('describes other tables', [tables], DescribingAllTables),
  wrong('leaves out transactions of which a part is not asked for', [operations], LeavingOutTransactions),
  wrong('filters rows as they are', [condition], FilteringNewRows),
  wrong('copies rows for which no condition holds', [copies], CopyingEveryRow),
  wrong('forgets one condition for another', [copies], ForgettingWhatIsSelected),
  wrong('keeps its own key', [key], WithItsOwnKey),
  wrong('keeps its own key in its log', [key], WithItsOwnKeyInTheLog),
  wrong('takes a query for the table', [query], CopyingTheTable),
  wrong('copies more columns than a query has', [query], CopyingWholeRows),
  wrong('has one place for all sides', [dropped], SideOfOnePlace),
  wrong('has sides that number changes themselves', [sides], SideWithItsOwnNumbers),
  wrong('drops everything with a side', [dropped], SideDroppingAll),
  wrong('says that less than nothing is kept', [retention], Negative),
  wrong('says while it is open what is kept', [retention], AskingOnlyWhenOpen),
  wrong('takes another column for other rows', [storage], RewritingWithEveryColumn),
  wrong('takes another row for other rows', [storage], RewritingWithEveryRow),
  wrong('forgets what is unique', [structure], WithoutUnique),
  wrong('says what nobody asked for', [structure], DescribingStructureOfAll),
  wrong('reads ahead', [pulled], ReadingAhead),
  wrong('is not kept alive', [pulled], NotKeptAlive),
  wrong('says nothing of a connection that is cut', [failed], SayingNothing),
  wrong('ends when its connection is cut', [failed], EndingQuietly),
];
