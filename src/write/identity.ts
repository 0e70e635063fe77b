import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { LRUCache } from 'lru-cache';
import { limits } from '../config/limits.js';
import { assert } from '../kernel/assert.js';

/** The root of every derived id. Changing it would make every retry a new command. */
const LEDGER_NAMESPACE = '6b5f1c1e-3d0a-5b57-9c9e-0f4f2f4a7d11';

const companyNamespaces = new LRUCache<string, string>({ max: limits.companyNamespacesMax });

/** The namespace of one company's ids, so that the same key in two companies names two commands. */
function companyNamespace(companyId: string): string {
  const known = companyNamespaces.get(companyId);
  if (known !== undefined) return known;
  const namespace = v5(`company:${companyId}`, LEDGER_NAMESPACE);
  companyNamespaces.set(companyId, namespace);
  return namespace;
}

/** One key, one transaction: the id of the command that moves or holds money under this key, of whatever kind. */
export function transactionIdOf(companyId: string, idempotencyKey: string): string {
  return v5(idempotencyKey, companyNamespace(companyId));
}

/** The id of the account opened under this key. */
export function accountIdOf(companyId: string, idempotencyKey: string): string {
  return v5(`account:${idempotencyKey}`, companyNamespace(companyId));
}

/** The id of a counter that is derived from the ledger, by its name in the company. */
export function counterIdOf(companyId: string, counter: string): string {
  return v5(`counter:${counter}`, companyNamespace(companyId));
}

/** The id of the administrative command sent to this account under this key. */
export function accountCommandIdOf(accountId: string, idempotencyKey: string): string {
  return v5(`command:${idempotencyKey}`, accountId);
}

/**
 * The id of an event, from what the event is: the same fact has the same id, whoever appends it and however often.
 *
 * @param ownerId the transaction, reservation or command the event belongs to
 * @param role what it is there, e.g. `entry:3`
 */
export function eventIdOf(ownerId: string, role: string): string {
  return v5(role, ownerId);
}

const UUID_BYTES = 16;

/**
 * UUID version 5 (RFC 9562, section 5.5): SHA-1 over the namespace and the name. Every event has one, some have several, so
 * it is made without taking either apart byte by byte.
 */
function v5(name: string, namespace: string): string {
  const input = Buffer.allocUnsafe(UUID_BYTES + Buffer.byteLength(name));
  const written = input.write(namespace.replaceAll('-', ''), 0, UUID_BYTES, 'hex');
  assert(written === UUID_BYTES, `A namespace is a UUID, not ${namespace}.`);
  input.write(name, UUID_BYTES);
  const digest = hash('sha1', input);
  const variant = ((Number.parseInt(digest.charAt(16), 16) & 0b0011) | 0b1000).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}

/** SHA-256, in hex, over the canonical JSON (RFC 8785) of a request. */
export function requestHashOf(request: object): string {
  const text = canonicalize(request);
  assert(text !== undefined, 'A request is JSON.');
  return hash('sha256', text);
}

/**
 * Where two requests differ, for the answer to a reused key.
 *
 * @returns JSON pointers to the differing values, sorted; a field only one of them has counts as differing
 */
export function differingFields(first: unknown, second: unknown, pointer = ''): string[] {
  if (isContainer(first) && isContainer(second) && Array.isArray(first) === Array.isArray(second)) {
    const names = new Set([...Object.keys(first), ...Object.keys(second)]);
    return [...names]
      .sort()
      .flatMap((name) =>
        differingFields(own(first, name), own(second, name), `${pointer}/${escapePointer(name)}`),
      );
  }
  return first === second ? [] : [pointer];
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What an object says itself: a field called `__proto__` or `constructor` must not find what every object inherits. */
function own(container: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(container, name) ? container[name] : undefined;
}

/** RFC 6901: `~` and `/` are escaped. */
function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
