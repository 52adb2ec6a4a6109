/** Our stream from a binlog into a sink that asks for the text of every column. */
import { nullSink, type RowImage } from '@millrace/core';
import { readBinlog } from './binlog-stream.ts';
import type { BinlogTask } from './binlog-task.ts';
import { readingProgram } from './reading-program.ts';

let sum = 0;

/** The first column, with all of them made. */
const first = (row: RowImage): string | null => {
  const text = row.text(0);
  for (let column = 1; column < row.relation.columns.length; column++) row.text(column);
  return text;
};

const sink = {
  ...nullSink(),
  write: async ({ changes }: Parameters<ReturnType<typeof nullSink>['write']>[0]) => {
    for (const { image } of changes) {
      const { before, after } = image;
      if (before !== null) first(before);
      if (after !== null) sum += Number(first(after));
    }
  },
};

await readingProgram(async (task: BinlogTask) => ({ ...(await readBinlog(task, sink)), sum }));
