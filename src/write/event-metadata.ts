import type { EventMetadata } from '../edges/event-store/event-store.js';
import type { RequestContext } from './command.js';

/** The version of the event shapes this code writes; a change of shape gets a new type name. */
export const SCHEMA_VERSION = 1;

/**
 * What every event of one command says about where it came from.
 *
 * @param causationId the command that directly caused the event: a transaction's or an administrative command's id, else the request's
 */
export function eventMetadata(context: RequestContext, causationId: string): EventMetadata {
  return {
    $correlationId: context.correlationId,
    $causationId: causationId,
    actor: context.principal.subject,
    companyId: context.principal.companyId,
    requestId: context.requestId,
    schemaVersion: SCHEMA_VERSION,
  };
}
