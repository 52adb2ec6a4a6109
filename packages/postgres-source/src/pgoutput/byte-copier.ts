/** From here on a call into Node, which makes an object, costs less than copying in JavaScript. */
const longCopy = 192;

/** Copies bytes from one buffer to another, mostly the same two as before. */
export class ByteCopier {
  #source: Buffer = Buffer.alloc(0);
  #target: Buffer = this.#source;
  // Four bytes at a time take a quarter of the time, and need not begin where a number may begin in a typed array.
  #from: DataView = new DataView(this.#source.buffer, 0, 0);
  #to: DataView = this.#from;

  copy(source: Buffer, start: number, end: number, target: Buffer, offset: number): void {
    if (end - start >= longCopy) {
      source.copy(target, offset, start, end);
      return;
    }
    if (source !== this.#source) {
      this.#source = source;
      this.#from = new DataView(source.buffer, source.byteOffset, source.length);
    }
    if (target !== this.#target) {
      this.#target = target;
      this.#to = new DataView(target.buffer, target.byteOffset, target.length);
    }
    const [from, to] = [this.#from, this.#to];
    let at = start;
    const moved = offset - start;
    for (; at + 8 <= end; at += 8) {
      to.setInt32(at + moved, from.getInt32(at, true), true);
      to.setInt32(at + moved + 4, from.getInt32(at + 4, true), true);
    }
    for (; at < end; at++) target[at + moved] = source[at] ?? 0;
  }
}
