import { limits } from '../../config/limits.js';
import type { EventStore } from '../../edges/event-store/event-store.js';
import { toLedgerEvent, type RecordedLedgerEvent } from '../../edges/event-store/ledger-event.js';
import { accountStream } from '../accounts/events.js';

/**
 * Whether an account has only seen earlier attempts of one transaction since a revision: then nothing happened to it that
 * a condition on that revision is meant to notice, and a retry is not refused for what its own crashed predecessor left.
 *
 * @param from the revision the condition names
 * @param to the account's revision now
 * @throws EventStoreUnavailable
 */
export async function isOwnTrace(
  store: EventStore,
  accountId: string,
  { from, to }: { readonly from: bigint; readonly to: bigint },
  transactionId: string,
): Promise<boolean> {
  const count = to - from;
  if (count <= 0n || count > BigInt(limits.ownTraceEventsMax)) return false;
  const page = await store.readStream(accountStream(accountId), { from: from + 1n, countMax: Number(count) });
  return page.events.length === Number(count) && page.events.every((event) => isOwn(event, transactionId));
}

function isOwn(recorded: Parameters<typeof toLedgerEvent>[0], transactionId: string): boolean {
  const event: RecordedLedgerEvent = toLedgerEvent(recorded);
  switch (event.type) {
    case 'ConditionMet':
    case 'FundsReserved':
    case 'ReservationReleased':
      return event.data.transactionId === transactionId;
    default:
      return false;
  }
}
