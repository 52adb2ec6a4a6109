/** Where the values of the row lie that was looked at last; shared by rows of which mostly one is looked at after the other. */
export class LocatedValues {
  row: object | null = null;
  readonly starts: number[] = [];
  readonly ends: number[] = [];
}
