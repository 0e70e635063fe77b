import type { Checker } from '../../projections/integrity/checker.js';
import {
  integrityAgeSeconds,
  integrityImbalance,
  integrityMismatches,
  integrityOrphanReservations,
  integrityPosition,
  integrityUnsettledLegs,
} from '../observability/metrics.js';

/** Brings the metrics of the checker up to date. One that stands by has found nothing itself. */
export function measureIntegrity(checker: Checker, nowMs: number): void {
  const { report } = checker;
  integrityPosition.set(Number(report?.verifiedPosition ?? 0));
  integrityAgeSeconds.set(report === null ? Number.NaN : (checker.ageMs(nowMs) ?? Number.NaN) / 1000);
  const labelled = [integrityMismatches, integrityImbalance, integrityUnsettledLegs];
  for (const gauge of [...labelled, integrityOrphanReservations]) gauge.reset();
  if (report === null) return;
  for (const [kind, count] of Object.entries(report.mismatches)) integrityMismatches.set({ kind }, count);
  for (const [currency, difference] of Object.entries(report.imbalance)) {
    integrityImbalance.set({ currency }, Number(difference));
  }
  for (const which of ['all', 'overdue'] as const) {
    integrityUnsettledLegs.set({ which }, report.unsettledLegs[which]);
    integrityOrphanReservations.set({ which }, report.orphanReservations[which]);
  }
}
