/** Bytes that are not the message they should be. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

/**
 * Reads one protobuf message field by field, without making an object for each: `while (reader.next())`, then the
 * method that fits the field, or `skip`. For the request that comes once for every append.
 */
export class WireReader {
  /** The number of the field `next` found. */
  field = 0;
  private wireType = 0;

  constructor(
    private readonly buffer: Buffer,
    private at: number = 0,
    private readonly end: number = buffer.length,
  ) {}

  /** Goes to the next field. @returns false at the end of the message */
  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.readVarint();
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    return true;
  }

  /** A varint of at most 53 bits, such as a length or a bool. */
  varint(): number {
    this.expect(WIRE_VARINT);
    return this.readVarint();
  }

  /** A varint of any size, unsigned. */
  uint64(): bigint {
    this.expect(WIRE_VARINT);
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.readByte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new MalformedMessage('A varint is too long.');
  }

  /** A varint that may be negative, as a number: exact up to 53 bits. */
  int64(): number {
    return Number(BigInt.asIntN(64, this.uint64()));
  }

  /** The content of a bytes field or an inner message; a view, not a copy. */
  bytes(): Buffer {
    const start = this.startOfBytes();
    return this.buffer.subarray(start, this.at);
  }

  utf8(): string {
    const start = this.startOfBytes();
    return this.buffer.toString('utf8', start, this.at);
  }

  /** An inner message. */
  message(): WireReader {
    const start = this.startOfBytes();
    return new WireReader(this.buffer, start, this.at);
  }

  skip(): void {
    switch (this.wireType) {
      case WIRE_VARINT:
        while (this.readByte() >= 128);
        return;
      case WIRE_FIXED64:
        this.advance(8);
        return;
      case WIRE_BYTES:
        this.startOfBytes();
        return;
      case WIRE_FIXED32:
        this.advance(4);
        return;
      default:
        throw new MalformedMessage(`Wire type ${this.wireType} is not known.`);
    }
  }

  private startOfBytes(): number {
    this.expect(WIRE_BYTES);
    const length = this.readVarint();
    const start = this.at;
    this.advance(length);
    return start;
  }

  private expect(wireType: number): void {
    if (this.wireType !== wireType) {
      throw new MalformedMessage(`Field ${this.field} has wire type ${this.wireType}, not ${wireType}.`);
    }
  }

  private advance(bytes: number): void {
    this.at += bytes;
    if (this.at > this.end) throw new MalformedMessage('A field is longer than its message.');
  }

  private readByte(): number {
    const byte = this.buffer[this.at];
    if (byte === undefined || this.at >= this.end) throw new MalformedMessage('A message is cut short.');
    this.at += 1;
    return byte;
  }

  private readVarint(): number {
    const first = this.readByte();
    if (first < 128) return first;
    let value = first - 128;
    let factor = 128;
    for (;;) {
      const byte = this.readByte();
      value += (byte & 127) * factor;
      if (value > Number.MAX_SAFE_INTEGER) throw new MalformedMessage('A varint is too large.');
      if (byte < 128) return value;
      factor *= 128;
    }
  }
}
