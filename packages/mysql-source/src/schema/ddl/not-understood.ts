/** Thrown where the meaning of a statement is not certain. What it means for the stream, whoever applies it decides. */
export class NotUnderstood extends Error {
  override readonly name = 'NotUnderstood';
}
