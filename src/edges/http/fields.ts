import { IsOptional, ValidateBy, ValidateIf } from 'class-validator';
import { limits } from '../../config/limits.js';
import { toInstant, type Instant } from '../../kernel/clock.js';
import { isUuid } from '../../kernel/ids.js';
import { AMOUNT_DIGITS_MAX, parseNonNegativeAmount, parsePositiveAmount } from '../../kernel/money.js';

/** The rules a request's fields are held to, as decorators. Each names itself in `errors[].rule`. */

/** Control characters break logs, exports and PostgreSQL (NUL); lone surrogates are not Unicode text. */
const NOT_TEXT = /[\p{Cc}\p{Cs}]/u;

const RFC_3339 =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))[Tt]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(\.\d{1,9})?(?:[Zz]|([+-])((?:[01]\d|2[0-3])):([0-5]\d))$/;

function rule(name: string, sentence: string, holds: (value: unknown) => boolean): PropertyDecorator {
  return ValidateBy({ name, validator: { validate: holds, defaultMessage: () => sentence } });
}

/** The field may be absent, but not null. */
export const Optional = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

/** The field may be absent or null, which mean the same. */
export const OptionalOrNull = (): PropertyDecorator => IsOptional();

/** A positive count of minor units, as text. */
export const IsAmount = (): PropertyDecorator =>
  rule(
    'isAmount',
    `An amount is a string of 1 to ${AMOUNT_DIGITS_MAX} digits, greater than zero and without leading zeros: minor units, such as "1050" for 10.50 USD.`,
    (value) => parsePositiveAmount(value) !== undefined,
  );

/** A count of minor units that may be zero, as text. */
export const IsAmountOrZero = (): PropertyDecorator =>
  rule(
    'isAmountOrZero',
    `A limit is a string of 1 to ${AMOUNT_DIGITS_MAX} digits without leading zeros: minor units, such as "0" or "50000".`,
    (value) => parseNonNegativeAmount(value) !== undefined,
  );

/** The revision of a stream, as text. */
export const IsRevision = (): PropertyDecorator =>
  rule(
    'isRevision',
    'A revision is a string of digits without leading zeros, such as "7".',
    (value) => typeof value === 'string' && REVISION_PATTERN.test(value),
  );

/** What a revision looks like: it fits 64 bits. */
export const REVISION_PATTERN = /^(?:0|[1-9][0-9]{0,18})$/;

/** The field is not there together with another one. */
export const IsWithout = (other: string): PropertyDecorator =>
  ValidateBy({
    name: 'isWithout',
    validator: {
      validate: (_value, told) => {
        const sent: unknown = Reflect.get(told?.object ?? {}, other);
        return sent === undefined || sent === null;
      },
      defaultMessage: () => `This field and ${other} exclude each other.`,
    },
  });

/** A place in a list of at most so many, counted from 0. */
export const IsIndex = (countMax: number): PropertyDecorator =>
  rule(
    'isIndex',
    `This is a whole number from 0 to ${countMax - 1}.`,
    (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < countMax,
  );

/** The id of an account or a transaction. */
export const IsId = (): PropertyDecorator => rule('isUuid', 'An id is a UUID.', isId);

/** Whether a value is a UUID, in either case. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && isUuid(value.toLowerCase());
}

/** An ISO 4217 code by its form; whether it exists is the ledger's to say. */
export const IsCurrencyCode = (): PropertyDecorator =>
  rule(
    'isCurrencyCode',
    'A currency is an ISO 4217 code: three capital letters, such as "USD".',
    (value) => typeof value === 'string' && /^[A-Z]{3}$/.test(value),
  );

/** One line of text, not blank, of at most so many UTF-16 code units, without control characters. */
export const IsText = (charsMax: number): PropertyDecorator =>
  rule(
    'isText',
    `This is a text of 1 to ${charsMax} characters, not only blanks, without control characters.`,
    (value) => isText(value, charsMax),
  );

/** Whether a value is such a text. */
export function isText(value: unknown, charsMax: number): value is string {
  return isTextOrBlank(value, charsMax) && value.trim() !== '';
}

function isTextOrBlank(value: unknown, charsMax: number): value is string {
  return typeof value === 'string' && value.length <= charsMax && !NOT_TEXT.test(value);
}

const COUNTER_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

export const COUNTER_NAME_SENTENCE = `The name of a counter is 1 to ${limits.counterNameCharsMax} small letters and digits, words joined by "-", beginning with a letter: such as "page-views".`;

/** Whether a value is the name of a counter. */
export function isCounterName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= limits.counterNameCharsMax && COUNTER_NAME.test(value);
}

/** A moment with its offset from UTC. */
export const IsInstant = (): PropertyDecorator =>
  rule(
    'isInstant',
    'A time is RFC 3339 with an offset, such as "2026-03-01T09:30:00Z" or "2026-03-01T09:30:00.250+01:00".',
    isInstant,
  );

/** Whether a value is such a time. */
export function isInstant(value: unknown): value is string {
  return typeof value === 'string' && parseInstant(value) !== null;
}

/**
 * Reads an RFC 3339 time that says its offset.
 *
 * @returns the same moment in UTC, finer digits than milliseconds cut off; null when the text is no such time, or names a
 *   day that the calendar does not have, a leap second, or a year outside 1 to 9999
 */
export function parseInstant(text: string): Instant | null {
  const [, date, time, fraction = '', sign, hours, minutes] = RFC_3339.exec(text) ?? [];
  if (date === undefined || time === undefined) return null;
  const local = Date.parse(`${date}T${time}${fraction.slice(0, 4)}Z`);
  // An engine may roll 30 February over to March; a ledger must not.
  if (Number.isNaN(local) || !toInstant(local).startsWith(date)) return null;
  const offsetMs = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * 60_000;
  const instant = toInstant(sign === '-' ? local + offsetMs : local - offsetMs);
  return /^(?!0000)\d{4}-/.test(instant) ? instant : null;
}

/** A flat map of texts, for the client's own use. */
export const IsMetadata = (): PropertyDecorator =>
  rule('isMetadata', METADATA_SENTENCE, (value) => metadataFault(value) === null);

const METADATA_SENTENCE = `Metadata is an object of at most ${limits.metadataKeysMax} texts: keys of 1 to ${limits.metadataKeyCharsMax} characters, values of at most ${limits.metadataValueCharsMax}, without control characters.`;

/** Where a metadata map breaks its rule: the key at fault, an empty string for the map as a whole, or null for nowhere. */
export function metadataFault(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
  const entries = Object.entries(value);
  if (entries.length > limits.metadataKeysMax) return '';
  const fault = entries.find(
    ([key, text]) =>
      key === '' ||
      !isTextOrBlank(key, limits.metadataKeyCharsMax) ||
      !isTextOrBlank(text, limits.metadataValueCharsMax),
  );
  return fault === undefined ? null : fault[0];
}
