import { LRUCache } from 'lru-cache';
import { limits } from '../../config/limits.js';
import type { EventStore } from '../../edges/event-store/event-store.js';
import type { WriteMetrics } from '../metrics.js';
import { accountStream } from './events.js';
import { AccountExecutor, type AccountTask, type ReadAccount, type TaskOutcome } from './executor.js';

/** The accounts this process works on: at most `executorsMax` of them stay in memory, the longest unused leaves first. */
export class AccountExecutors {
  private readonly executors: LRUCache<string, AccountExecutor>;

  constructor(
    private readonly store: EventStore,
    private readonly metrics: WriteMetrics,
  ) {
    // An executor that leaves while it works finishes its work: a second one for the same account only costs a conflict.
    this.executors = new LRUCache({ max: limits.executorsMax });
  }

  /**
   * Runs a task on one account, in the order tasks arrive there.
   *
   * @throws TooBusy, TryAgain, EventStoreUnavailable
   */
  execute<R>(accountId: string, task: AccountTask<R>): Promise<TaskOutcome<R>> {
    return this.executor(accountId).execute(task);
  }

  /**
   * The account's state.
   *
   * @param options.current true to fold what other processes appended since this process last looked
   * @returns null when no such account was opened
   * @throws EventStoreUnavailable
   */
  async read(accountId: string, options: { readonly current: boolean }): Promise<ReadAccount | null> {
    const executor = this.executor(accountId);
    const account = await executor.read(options.current);
    // A name that stands for nothing takes no place among the accounts.
    if (account === null && !executor.busy) this.executors.delete(accountId);
    return account;
  }

  private executor(accountId: string): AccountExecutor {
    const known = this.executors.get(accountId);
    if (known) return known;
    const executor = new AccountExecutor(this.store, accountStream(accountId), () => {
      this.metrics.appendConflicts.inc();
    });
    this.executors.set(accountId, executor);
    return executor;
  }
}
