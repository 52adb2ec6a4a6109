import type { Relation, ReselectRequest } from '@millrace/core';
import { textRow } from './text-row.ts';

type Row = Readonly<Record<string, string | null>>;

/** A source of which only what it answers to a reselect matters. */
export class AnsweringSource {
  readonly asked: { readonly table: string; readonly key: unknown; readonly transactions: readonly string[] }[] = [];
  calls = 0;
  through = '0/5';
  readonly #relation: Relation;
  readonly #rows: Row[];

  constructor(relation: Relation, ...rows: Row[]) {
    this.#relation = relation;
    this.#rows = rows;
  }

  readonly reselect = async ({ table, keys, transactions }: ReselectRequest) => {
    this.calls++;
    const { key, columns } = this.#relation;
    const names = (key ?? []).map((column) => columns[column]?.name ?? '');
    const found = keys.flatMap((row) => {
      const texts = (key ?? []).map((column) => row.text(column));
      this.asked.push({ table, key: texts.join(), transactions: transactions.map(({ id }) => id) });
      return this.#rows.filter((one) => names.every((name, at) => one[name] === texts[at]));
    });
    return { rows: found.map((row) => textRow(this.#relation, row)), through: this.through };
  };
}
