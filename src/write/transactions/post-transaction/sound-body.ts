import { limits } from '../../../config/limits.js';
import { isId, isInstant, isText, metadataFault } from '../../../edges/http/fields.js';
import { RESERVED_KEYS } from '../../../edges/http/json-body.js';
import { parsePositiveAmount } from '../../../kernel/money.js';
import type { PostTransactionBody, PostTransferBody } from './post-transaction.http.js';

/**
 * Cheap tests for bodies that are sound beyond doubt, for where very many come at once: what passes here passes the rules
 * of its class too, with the same meaning. What does not pass may still be sound; the rules of the class decide, and say what
 * is wrong. Specs hold the two against each other.
 */

const CURRENCY = /^[A-Z]{3}$/;

/** Whether this is the body of a transfer, beyond doubt. */
export function isSoundTransfer(value: unknown): value is PostTransferBody {
  if (!isPlainObject(value)) return false;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case 'from':
      case 'to':
        if (!isId(field)) return false;
        break;
      case 'amount':
        if (parsePositiveAmount(field) === undefined) return false;
        break;
      case 'currency':
        if (!isCurrency(field)) return false;
        break;
      default:
        if (!isSoundText(key, field)) return false;
    }
  }
  return has(value, 'from') && has(value, 'to') && has(value, 'amount') && has(value, 'currency');
}

/** Whether this is the body of a transaction, beyond doubt. */
export function isSoundTransaction(value: unknown): value is PostTransactionBody {
  if (!isPlainObject(value)) return false;
  for (const key in value) {
    const field = value[key];
    if (key === 'legs' ? !isSoundLegs(field) : !isSoundText(key, field)) return false;
  }
  return has(value, 'legs');
}

function isSoundLegs(legs: unknown): boolean {
  if (!Array.isArray(legs) || legs.length < limits.legsMin || legs.length > limits.legsMax) return false;
  return legs.every(
    (leg: unknown) =>
      isPlainObject(leg) &&
      Object.keys(leg).length === 4 &&
      isId(leg['accountId']) &&
      (leg['direction'] === 'debit' || leg['direction'] === 'credit') &&
      parsePositiveAmount(leg['amount']) !== undefined &&
      isCurrency(leg['currency']),
  );
}

/** The fields that every posting may have. Conditions are left to the rules. */
function isSoundText(key: string, field: unknown): boolean {
  switch (key) {
    case 'kind':
      return field === null || isText(field, limits.kindCharsMax);
    case 'description':
      return field === null || isText(field, limits.descriptionCharsMax);
    case 'reference':
      return field === null || isText(field, limits.referenceCharsMax);
    case 'effectiveAt':
      return field === null || isInstant(field);
    case 'metadata':
      return field === null || isSoundMetadata(field);
    default:
      return false;
  }
}

function isSoundMetadata(field: unknown): boolean {
  return (
    isPlainObject(field) &&
    metadataFault(field) === null &&
    !Object.keys(field).some((key) => RESERVED_KEYS.has(key))
  );
}

function isCurrency(field: unknown): boolean {
  return typeof field === 'string' && CURRENCY.test(field);
}

/** An object as JSON makes it. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function has(value: object, key: string): boolean {
  return Object.hasOwn(value, key);
}
