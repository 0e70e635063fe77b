import { UUID, type UuidMessage } from './protocol.js';

const HYPHENATED = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PLAIN = /^[0-9a-f]{32}$/;
const NIL = '00000000-0000-0000-0000-000000000000';

/** The text of a UUID field, whichever of its two forms it came in; not checked. */
export function uuidText(message: UuidMessage | undefined): string | undefined {
  if (!message) return undefined;
  return message.hasStructured() ? structuredText(message) : message.getString();
}

/** A UUID in lower-case hyphenated form, or undefined when it is missing, malformed or all zero. */
export function normaliseUuid(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (HYPHENATED.test(text)) return text === NIL ? undefined : text;
  const lower = text.toLowerCase();
  if (HYPHENATED.test(lower)) return lower;
  return PLAIN.test(lower) ? normaliseUuid(hyphenate(lower)) : undefined;
}

/** The two halves form of a UUID. @param id lower-case, hyphenated */
export function structuredUuid(id: string): UuidMessage {
  const digits = id.replaceAll('-', '');
  const structured = new UUID.Structured();
  structured.setMostSignificantBits(signedHalf(digits.slice(0, 16)));
  structured.setLeastSignificantBits(signedHalf(digits.slice(16)));
  const message = new UUID();
  message.setStructured(structured);
  return message;
}

function structuredText(message: UuidMessage): string {
  const structured = message.getStructured();
  const high = BigInt.asUintN(64, BigInt(structured?.getMostSignificantBits() ?? 0));
  const low = BigInt.asUintN(64, BigInt(structured?.getLeastSignificantBits() ?? 0));
  return high.toString(16).padStart(16, '0') + low.toString(16).padStart(16, '0');
}

function hyphenate(digits: string): string {
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ].join('-');
}

function signedHalf(digits: string): string {
  return BigInt.asIntN(64, BigInt(`0x${digits}`)).toString();
}
