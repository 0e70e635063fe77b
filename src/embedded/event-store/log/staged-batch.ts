/** The part of a stream that one batch adds. */
export interface StagedStream {
  readonly id: number;
  /** Its name as key, when the batch makes the stream. */
  readonly newKey: Uint8Array | undefined;
  readonly firstRevision: number;
  /** By revision less `firstRevision`. */
  readonly eventIds: string[];
  readonly positions: number[];
}

/** What one commit writes, as it is decided. */
export class StagedBatch {
  readonly streams = new Map<string, StagedStream>();
  readonly positions: number[] = [];
  readonly records: Buffer[] = [];

  add(position: number, record: Buffer): void {
    this.positions.push(position);
    this.records.push(record);
  }
}

/** The last revision the batch gives the stream. */
export function stagedLastRevision(stream: StagedStream): number {
  return stream.firstRevision + stream.positions.length - 1;
}
