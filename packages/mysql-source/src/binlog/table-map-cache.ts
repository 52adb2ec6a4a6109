import { EventReader } from './event-reader.ts';
import type { TableMap } from './table-map.ts';
import { readTableMap } from './table-map-event.ts';

const mostTables = 1_024;
const tableIdLength = 6;

/** Servers send the map of a table before each statement: the same bytes give the same object. */
export class TableMapCache {
  readonly #maps = new Map<number, { readonly bytes: Buffer; readonly map: TableMap }>();
  #mariadb = false;

  /** Other events follow: of another server, or of another version of it. */
  clear(mariadb: boolean): void {
    this.#maps.clear();
    this.#mariadb = mariadb;
  }

  read(reader: EventReader): TableMap {
    const bytes = reader.view(reader.left);
    const known = bytes.length < tableIdLength ? undefined : this.#maps.get(bytes.readUIntLE(0, tableIdLength));
    if (known?.bytes.equals(bytes)) return known.map;
    const map = readTableMap(new EventReader(bytes, 0, bytes.length), this.#mariadb);
    if (this.#maps.size >= mostTables) this.#maps.clear();
    this.#maps.set(map.tableId, { bytes: Buffer.from(bytes), map });
    return map;
  }
}
