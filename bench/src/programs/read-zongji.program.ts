/** `@vlasky/zongji` with the settings that lose nothing of dates and documents; it makes every value of every row. */
import ZongJi from '@vlasky/zongji';
import type { BinlogCount, BinlogTask } from './binlog-task.ts';
import { readingProgram } from './reading-program.ts';

const serverId = 4_242;

interface Row {
  readonly id: number | string;
}

await readingProgram((task: BinlogTask) => {
  const { connection, place, changes: expected } = task;
  const { hostname: host, port, username: user, password, pathname } = new URL(connection);
  const settings = { host, port: Number(port), user, password, dateStrings: true, jsonStrings: true, timezone: 'Z' };
  const zongji = new ZongJi({ ...settings, supportBigNumbers: true });
  return new Promise<BinlogCount>((resolve, reject) => {
    let [changes, sum] = [0, 0];
    zongji.on('error', reject);
    zongji.on('binlog', (event: unknown) => {
      const { rows } = event as { readonly rows?: readonly (Row | { readonly after: Row })[] };
      if (rows === undefined) return;
      for (const row of rows) sum += Number('after' in row ? row.after.id : row.id);
      changes += rows.length;
      if (changes >= expected) resolve({ changes, sum });
    });
    zongji.start({
      serverId,
      filename: place.file,
      position: place.offset,
      includeEvents: ['rotate', 'tablemap', 'writerows', 'updaterows', 'deleterows'],
      includeSchema: { [pathname.slice(1)]: ['items'] },
    });
  });
});
