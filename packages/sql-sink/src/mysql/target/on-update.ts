/** What the server sets a column to in an update that leaves it out, as SQL; `null`: it stays. */
export const onUpdateOf = (extra: string): string | null =>
  /on update (current_timestamp(?:\(\d*\))?)/i.exec(extra)?.[1] ?? null;
