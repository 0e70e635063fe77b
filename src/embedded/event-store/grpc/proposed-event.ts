import type { ProposedEvent } from '../log/record.js';
import type { UuidMessage } from './protocol.js';
import { readUuid } from './uuid.js';

/** What `Append` and `BatchAppend` both call a proposed message. */
export interface ProposedMessage {
  getId(): UuidMessage | undefined;
  getMetadataMap(): { get(key: string): string | undefined };
  getCustomMetadata_asU8(): Uint8Array;
  getData_asU8(): Uint8Array;
}

export type ProposedEventResult =
  | { readonly ok: true; readonly event: ProposedEvent; readonly sizeBytes: number }
  | { readonly ok: false; readonly problem: 'metadata-missing' | 'id-malformed' | 'type-empty' };

/** Reads a proposed event and its size by EventStoreDB 24.10's rule: data, metadata, and two bytes a character of type. */
export function readProposedEvent(message: ProposedMessage): ProposedEventResult {
  const metadata = message.getMetadataMap();
  const type = metadata.get('type');
  const contentType = metadata.get('content-type');
  if (type === undefined || contentType === undefined) return { ok: false, problem: 'metadata-missing' };
  if (type === '') return { ok: false, problem: 'type-empty' };
  const id = readUuid(message.getId());
  if (id === undefined) return { ok: false, problem: 'id-malformed' };
  const data = message.getData_asU8();
  const customMetadata = message.getCustomMetadata_asU8();
  return {
    ok: true,
    event: { id, type, isJson: contentType === 'application/json', data, customMetadata },
    sizeBytes: data.length + customMetadata.length + 2 * type.length,
  };
}
