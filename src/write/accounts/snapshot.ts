import type { SnapshotFormat } from '../streams/snapshots.js';
import type { AccountState, Reservation } from './state.js';

/** An account's state as JSON: amounts as digits, the map of reservations as a list. */
interface AccountSnapshot extends Omit<
  AccountState,
  'overdraftLimit' | 'debits' | 'credits' | 'reserved' | 'reservations'
> {
  readonly overdraftLimit: string | null;
  readonly debits: string;
  readonly credits: string;
  readonly reserved: string;
  readonly reservations: readonly (Omit<Reservation, 'amount'> & {
    readonly reservationId: string;
    readonly amount: string;
  })[];
}

/** How account states are kept. Its type name gets a new version whenever `AccountState` or its meaning changes. */
export const ACCOUNT_SNAPSHOT: SnapshotFormat<AccountState> = {
  streamPrefix: 'accountSnapshot-',
  type: 'AccountSnapshot',
  encode: (state): AccountSnapshot => ({
    ...state,
    overdraftLimit: state.overdraftLimit?.toString() ?? null,
    debits: state.debits.toString(),
    credits: state.credits.toString(),
    reserved: state.reserved.toString(),
    reservations: [...state.reservations].map(([reservationId, { amount, ...rest }]) => ({
      ...rest,
      reservationId,
      amount: amount.toString(),
    })),
  }),
  decode: (data) => {
    const kept = data as AccountSnapshot;
    return {
      ...kept,
      overdraftLimit: kept.overdraftLimit === null ? null : BigInt(kept.overdraftLimit),
      debits: BigInt(kept.debits),
      credits: BigInt(kept.credits),
      reserved: BigInt(kept.reserved),
      reservations: new Map(
        kept.reservations.map(({ reservationId, amount, ...rest }) => [
          reservationId,
          { ...rest, amount: BigInt(amount) },
        ]),
      ),
    };
  },
};
