import type { BinlogStreamTask } from '../programs/binlog-task.ts';
import { streamId } from '../servers/binlog-source.ts';
import type { StartMariadbSide } from './mariadb-place.ts';
import { startOurProgram } from './our-program.ts';

/** Our stream between two MariaDB servers. */
export const ourMariadbStream =
  (profile: string | null = null): StartMariadbSide =>
  ({ sourceUrl, targetUrl, tables }) => {
    const task: BinlogStreamTask = { connection: sourceUrl, id: streamId, target: targetUrl, tables, profile };
    return startOurProgram('stream-binlog-to-mysql', task, 'as-they-are');
  };
