import { describe, expect, it } from '@jest/globals';
import type { NewEvent } from '../../../src/edges/event-store/event-store.js';
import { toLedgerEvent } from '../../../src/edges/event-store/ledger-event.js';
import { evolve, type AccountState } from '../../../src/write/accounts/state.js';
import type { AccountEvent } from '../../../src/write/accounts/events.js';
import { Audit } from '../../../projections/integrity/audit.js';
import { EVENTS_PER_ACCOUNT, PreloadedHistory } from './preloaded-account.js';

const NOW = '2026-11-20T09:00:00.000Z';

/** Streams as the store would keep them. */
class Streams {
  readonly audit = new Audit();
  private readonly revisions = new Map<string, bigint>();
  private position = 0n;

  append(streamName: string, { id, type, data, metadata }: NewEvent): void {
    const revision = (this.revisions.get(streamName) ?? -1n) + 1n;
    this.revisions.set(streamName, revision);
    this.position += 1n;
    const recordedAtMs = Date.parse(NOW);
    const { position } = this;
    this.audit.add(toLedgerEvent({ id, type, streamName, revision, position, recordedAtMs, data, metadata }));
  }
}

describe('a preloaded history', () => {
  it('is one that the verifier accepts', () => {
    const streams = new Streams();
    const history = new PreloadedHistory('run', NOW);
    const big = `account-${history.bigAccountId}`;
    streams.append(big, history.openBigAccount());
    for (let number = 1; number <= 3; number += 1) {
      const { accountId, transactionId, opening, commit, entry, bigEntry } = history.account(number);
      for (const event of opening) streams.append(`account-${accountId}`, event);
      streams.append(`transaction-${transactionId}`, commit);
      streams.append(`account-${accountId}`, entry);
      streams.append(big, bigEntry);
    }
    const { audit } = streams;
    audit.compareStreams();
    expect(audit.findings.total).toBe(0);
    expect([audit.owed.size, audit.unowned().length]).toEqual([0, 0]);
    expect(audit.events).toBe(3 * EVENTS_PER_ACCOUNT + 1);
  });

  it('folds to what the ledger would have', () => {
    const history = new PreloadedHistory('run', NOW);
    const { opening, entry } = history.account(1);
    const state = [...opening, entry].reduce<AccountState | null>(
      (folded, { type, data }) => evolve(folded, { type, data } as AccountEvent),
      null,
    );
    expect(state).toMatchObject({ debits: 105n, credits: 0n, reserved: 0n, sequence: 1 });
  });

  it('gives every event an id of its own, the same in every run of the same name', () => {
    const ids = (runId: string): string[] => {
      const { opening, commit, entry, bigEntry } = new PreloadedHistory(runId, NOW).account(7);
      return [...opening, commit, entry, bigEntry].map(({ id }) => id);
    };
    expect(new Set([...ids('a'), ...ids('b')]).size).toBe(2 * EVENTS_PER_ACCOUNT);
    expect(ids('a')).toEqual(ids('a'));
  });
});
