import { SharedMap } from '../../kernel/shared-map.js';
import type { SnapshotFormat } from '../streams/snapshots.js';
import type { AccountState } from './state.js';

/** One reservation: id, transaction, attempt, leg, amount, releases. Without names, so that as many as possible fit. */
type KeptReservation = readonly [string, string, string, number, string, readonly string[]];

/** An account's state as JSON: amounts as digits, the map of reservations as a list. */
interface AccountSnapshot extends Omit<
  AccountState,
  'overdraftLimit' | 'debits' | 'credits' | 'reserved' | 'reservations'
> {
  readonly overdraftLimit: string | null;
  readonly debits: string;
  readonly credits: string;
  readonly reserved: string;
  readonly reservations: readonly KeptReservation[];
}

/** How account states are kept. Its type name gets a new version whenever `AccountState` or its meaning changes. */
export const ACCOUNT_SNAPSHOT: SnapshotFormat<AccountState> = {
  streamPrefix: 'accountSnapshot-',
  type: 'AccountSnapshot.v2',
  encode: (state): AccountSnapshot => ({
    ...state,
    overdraftLimit: state.overdraftLimit?.toString() ?? null,
    debits: state.debits.toString(),
    credits: state.credits.toString(),
    reserved: state.reserved.toString(),
    reservations: [...state.reservations].map(
      ([reservationId, { transactionId, attemptId, leg, amount, releases }]): KeptReservation => [
        reservationId,
        transactionId,
        attemptId,
        leg,
        amount.toString(),
        releases,
      ],
    ),
  }),
  decode: (data) => {
    const kept = data as AccountSnapshot;
    return {
      ...kept,
      overdraftLimit: kept.overdraftLimit === null ? null : BigInt(kept.overdraftLimit),
      debits: BigInt(kept.debits),
      credits: BigInt(kept.credits),
      reserved: BigInt(kept.reserved),
      reservations: SharedMap.of(
        kept.reservations.map(([reservationId, transactionId, attemptId, leg, amount, releases]) => [
          reservationId,
          { transactionId, attemptId, leg, amount: BigInt(amount), releases },
        ]),
      ),
    };
  },
};
