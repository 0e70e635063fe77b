import type { ProposedEvent } from '../log/record.js';
import { normaliseUuid } from './uuid.js';

/** An event as it was proposed, not checked. */
export interface ProposedFields {
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly contentType: string | undefined;
  readonly data: Uint8Array;
  readonly customMetadata: Uint8Array;
}

export type ProposedEventResult =
  | { readonly ok: true; readonly event: ProposedEvent; readonly sizeBytes: number }
  | { readonly ok: false; readonly problem: 'metadata-missing' | 'id-malformed' | 'type-empty' };

/** Checks a proposed event, and reckons its size by EventStoreDB 24.10's rule: data, metadata, and two bytes a character of type. */
export function checkProposedEvent(fields: ProposedFields): ProposedEventResult {
  const { type, contentType, data, customMetadata } = fields;
  if (type === undefined || contentType === undefined) return { ok: false, problem: 'metadata-missing' };
  if (type === '') return { ok: false, problem: 'type-empty' };
  const id = normaliseUuid(fields.id);
  if (id === undefined) return { ok: false, problem: 'id-malformed' };
  return {
    ok: true,
    event: { id, type, isJson: contentType === 'application/json', data, customMetadata },
    sizeBytes: data.length + customMetadata.length + 2 * type.length,
  };
}
