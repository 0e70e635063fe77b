import { describe, expect, it } from '@jest/globals';
import type { ProjectionStatus } from '../../projections/runtime/projection.js';
import { registry } from '../observability/metrics.js';
import { measureProjections } from './projection-metrics.js';

const LIVE: ProjectionStatus = {
  name: 'entries',
  state: 'live',
  position: 7n,
  eventsWaiting: 3,
  lagMs: 0,
  reason: null,
  stopKind: null,
  stoppedAt: null,
};

const STOPPED: ProjectionStatus = {
  ...LIVE,
  state: 'stopped',
  eventsWaiting: null,
  reason: 'It met an event.',
  stopKind: 'unknown-event',
  stoppedAt: { position: 9n, type: 'EntryWeighed', streamName: 'account-1', revision: 4n },
};

const COUNTED = /^ledger_projection_(lag_events|stopped)/;

async function measured(status: ProjectionStatus): Promise<readonly string[]> {
  measureProjections([status]);
  const text = await registry.metrics();
  return text.split('\n').filter((line) => COUNTED.test(line) && line.includes('"entries"'));
}

describe('the metrics of projections', () => {
  it('tell why one has stopped, and nothing of events that it no longer receives', async () => {
    const live = [
      'ledger_projection_lag_events{projection="entries"} 3',
      'ledger_projection_stopped{projection="entries",reason="none"} 0',
    ];
    expect(await measured(LIVE)).toEqual(live);
    expect(await measured(STOPPED)).toEqual([
      'ledger_projection_stopped{projection="entries",reason="unknown-event"} 1',
      'ledger_projection_stopped_position{projection="entries",event_type="EntryWeighed"} 9',
    ]);
    expect(await measured(LIVE)).toEqual(live);
  });
});
