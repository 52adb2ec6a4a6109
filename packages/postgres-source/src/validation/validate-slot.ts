import type { ValidationItem } from '@millrace/core';
import { quoteLiteral } from '@millrace/postgres-client';
import type { SlotFacts } from '../slot/slot-facts.ts';
import type { InstanceFacts } from './instance-facts.ts';
import { failed, passed } from './report.ts';

const path = 'source.slot';

const kind = ({ name, plugin, type, database, here, twoPhase }: SlotFacts): ValidationItem[] => {
  const items: ValidationItem[] = [];
  if (type !== 'logical' || plugin !== 'pgoutput') {
    const message = `Slot ${name} is ${type === 'logical' ? `for the output plugin ${plugin}` : 'a physical one'}, not for pgoutput`;
    items.push(failed('SLOT_PLUGIN', { path, message, fix: 'choose another `slot`' }));
  } else if (database !== here) {
    const message = `Slot ${name} belongs to the database ${database}, not ${here}`;
    items.push(failed('SLOT_DATABASE', { path, message, fix: 'choose another `slot`' }));
  } else if (twoPhase) {
    const message = `Slot ${name} brings transactions when they are prepared (two_phase), not when they commit`;
    items.push(failed('SLOT_TWO_PHASE', { path, message, fix: 'choose another `slot`, made without two_phase' }));
  }
  return items;
};

const loss = ({ name, walStatus, invalidated }: SlotFacts): ValidationItem[] =>
  walStatus !== 'lost' && invalidated === null
    ? []
    : [
        failed('SLOT_LOST', {
          path,
          message: `The server has given slot ${name} up: ${invalidated ?? 'log it needed was removed'}`,
          fix: `SELECT pg_drop_replication_slot(${quoteLiteral(name)}); -- then delete() the stream and start it anew: changes in between are lost`,
        }),
      ];

const use = ({ name, activePid, ours, holder }: SlotFacts): ValidationItem[] =>
  activePid === null || ours
    ? []
    : [
        failed('SLOT_IN_USE', {
          path,
          message: `Slot ${name} is read by process ${activePid}${holder ? ` (${holder})` : ''}`,
          fix: `SELECT pg_terminate_backend(${activePid});`,
        }),
      ];

const existing = (slot: SlotFacts): readonly ValidationItem[] => {
  const items = [...kind(slot), ...loss(slot), ...use(slot)];
  return items.length > 0 ? items : [passed('SLOT', path, `Slot ${slot.name} can be used`)];
};

const free = ({ slots }: InstanceFacts, needed: number): ValidationItem =>
  slots.used + needed <= slots.most
    ? passed('NO_FREE_SLOT', path, 'A replication slot is free')
    : failed('NO_FREE_SLOT', {
        path,
        message: `The stream needs ${needed} replication slots; ${slots.used} of the server's ${slots.most} are taken`,
        fix: `ALTER SYSTEM SET max_replication_slots = ${slots.most + 4}; -- then restart the server`,
      });

const sender = ({ senders }: InstanceFacts, slot: SlotFacts | null, needed: number): ValidationItem => {
  // Our own walsender ends before the next one starts.
  const used = senders.used - (slot?.activePid !== null && slot?.ours === true ? 1 : 0);
  return used + needed <= senders.most
    ? passed('NO_FREE_SENDER', path, 'A walsender is free')
    : failed('NO_FREE_SENDER', {
        path,
        message: `The stream needs ${needed} walsenders; ${used} of the server's ${senders.most} are taken`,
        fix: `ALTER SYSTEM SET max_wal_senders = ${senders.most + 4}; -- then restart the server`,
      });
};

/** `failover` of a slot exists since PostgreSQL 17 (manual, "Replication Slot Synchronization"). */
const failover = ({ version }: InstanceFacts, wanted: boolean): ValidationItem[] =>
  !wanted || version >= 170_000
    ? []
    : [
        failed('FAILOVER_NOT_SUPPORTED', {
          path: 'source.failover',
          message: 'Slots are synchronised to standbys from PostgreSQL 17 on',
          fix: 'leave `failover` out',
        }),
      ];

const needed = (slot: SlotFacts | null, { copiesExactly }: { readonly copiesExactly: boolean }): number =>
  (slot === null ? 1 : 0) + (copiesExactly ? 1 : 0);

/** The slot, or the room for one, and for that of a table that is copied exactly. */
export const validateSlot = (
  instance: InstanceFacts,
  slot: SlotFacts | null,
  wanted: { readonly failover: boolean; readonly copiesExactly: boolean },
): readonly ValidationItem[] => [
  ...(slot === null ? [] : existing(slot)),
  ...(slot === null || wanted.copiesExactly ? [free(instance, needed(slot, wanted))] : []),
  sender(instance, slot, wanted.copiesExactly ? 2 : 1),
  ...failover(instance, wanted.failover),
];
