/** What an event's metadata takes at most, and an event that lists nothing and quotes nobody, with its metadata. */
const METADATA_BYTES_MAX = 1_000;
export const SMALL_EVENT_BYTES_MAX = 1_500;

/** Bytes of JSON that an event takes at most, its metadata included. */
export function bytesOfEvent({ data }: { readonly data: object }): number {
  return Buffer.byteLength(JSON.stringify(data)) + METADATA_BYTES_MAX;
}
