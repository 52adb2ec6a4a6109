import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where something lies in the file. */
export interface SpilledPart {
  readonly start: number;
  readonly length: number;
}

/** A temporary file that nobody else may read. It has no name where the system allows that, so that a crash leaves nothing. */
export class SpillFile implements AsyncDisposable {
  readonly #directory: string;
  readonly #file: FileHandle;
  #length = 0;

  private constructor(directory: string, file: FileHandle) {
    this.#directory = directory;
    this.#file = file;
  }

  /** `null`: the system's own directory for temporary files. */
  static async open(directory: string | null): Promise<SpillFile> {
    const own = await mkdtemp(join(directory ?? tmpdir(), 'millrace-'));
    try {
      const file = await open(join(own, 'transaction'), 'wx+', 0o600);
      // Windows does not remove what is open.
      await rm(own, { recursive: true, force: true }).catch(() => {});
      return new SpillFile(own, file);
    } catch (error) {
      await rm(own, { recursive: true, force: true }).catch(() => {});
      throw error;
    }
  }

  async append(bytes: Buffer): Promise<SpilledPart> {
    const part = { start: this.#length, length: bytes.length };
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, written, bytes.length - written, part.start + written);
      written += bytesWritten;
    }
    this.#length += bytes.length;
    return part;
  }

  async read({ start, length }: SpilledPart): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let read = 0; read < length; ) {
      const { bytesRead } = await this.#file.read(bytes, read, length - read, start + read);
      if (bytesRead === 0) throw new Error('A temporary file is shorter than what was written into it');
      read += bytesRead;
    }
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
