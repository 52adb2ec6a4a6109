import type { Sink, SinkBatch } from '../contracts/sink.ts';
import { overridden } from '../model/overridden.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import { isOutdated } from '../pipeline/is-outdated.ts';

/** A sink that is told of which tables that are catching up the log says other columns than their rows were copied with. */
export const knowingOutdated = (sink: Sink): Sink => {
  const { evolve, writeTransaction, side } = sink;
  const copied = new Map<string, Relation>();
  const copiedAs = (relations: readonly Relation[]) => {
    for (const relation of relations) copied.set(qualifiedName(relation), relation);
  };
  const told = (batch: SinkBatch): SinkBatch => {
    const { relations, catchingUp } = batch;
    const outdated = relations.filter((relation) => {
      const table = qualifiedName(relation);
      return catchingUp?.has(table) === true && isOutdated(relation, copied.get(table));
    });
    return outdated.length === 0 ? batch : { ...batch, outdated: new Set(outdated) };
  };
  return overridden(sink, {
    open(context) {
      copied.clear();
      copiedAs(context.relations);
      return sink.open(context);
    },
    write: (batch, signal) => sink.write(batch.catchingUp === undefined ? batch : told(batch), signal),
    ...(writeTransaction && {
      writeTransaction(transaction, parts, checkpoint, signal) {
        const toldParts = async function* () {
          for await (const part of parts) yield told(part);
        };
        return writeTransaction.call(sink, transaction, toldParts(), checkpoint, signal);
      },
    }),
    ...(evolve && {
      async evolve(evolutions, signal) {
        await evolve.call(sink, evolutions, signal);
        copiedAs(evolutions.map(({ relation }) => relation));
      },
    }),
    ...(side && { side: (name) => knowingOutdated(side.call(sink, name)) }),
  });
};
