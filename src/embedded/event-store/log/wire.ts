/** The few pieces of the protobuf wire format the hot paths write by hand: tags, varints and lengths. */

/** Bytes a varint of `value` takes. @param value a safe integer, not negative */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length += 1;
  return length;
}

/**
 * Writes `value` as a varint at `offset`.
 *
 * @param value a safe integer, not negative
 * @returns the offset after it
 */
export function writeVarint(target: Uint8Array, value: number, offset: number): number {
  let rest = value;
  let at = offset;
  while (rest >= 128) {
    target[at] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
    at += 1;
  }
  target[at] = rest;
  return at + 1;
}

/** Bytes of a length-delimited field with a one-byte tag and `length` bytes of content. */
export function fieldLength(length: number): number {
  return 1 + varintLength(length) + length;
}

/**
 * Writes the tag and the length of a length-delimited field.
 *
 * @param tag the tag byte: field number shifted by three, or-ed with wire type 2
 * @returns the offset where the content goes
 */
export function writeFieldHeader(target: Uint8Array, tag: number, length: number, offset: number): number {
  target[offset] = tag;
  return writeVarint(target, length, offset + 1);
}
