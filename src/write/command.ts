import type { Principal } from '../kernel/principal.js';
import type { Refusal } from './refusals.js';

/** Who asks, and in which request. */
export interface RequestContext {
  readonly principal: Principal;
  readonly requestId: string;
  /** Ties together everything one caller's action caused; the trace id where there is one. */
  readonly correlationId: string;
}

/** What travels with every command under a key besides its request. */
export interface CommandContext extends RequestContext {
  /** 1 to 255 characters, already validated. */
  readonly idempotencyKey: string;
}

/** What a command came to. Both kinds are answers: nothing here is an error. */
export type CommandOutcome<Body> =
  | {
      readonly kind: 'accepted';
      readonly body: Body;
      /** The position of the command's commit: a projection that has it shows the command's effect. */
      readonly position: bigint;
      /** The key was used before with the same request: this is the first answer again. */
      readonly replayed: boolean;
      /** False when the transaction is committed but some entries are still owed. */
      readonly settled: boolean;
    }
  | {
      readonly kind: 'refused';
      readonly refusal: Refusal;
      /** The position at which the refusal was recorded, or null when nothing was stored. */
      readonly position: bigint | null;
      readonly replayed: boolean;
    };

/** A bound was reached: nothing was done, and the same request may be sent again. Answered with 429. */
export class TooBusy extends Error {
  override readonly name = 'TooBusy';
}

/** The command could not be carried to an outcome in time. Sending it again with the same key is safe. Answered with 503. */
export class TryAgain extends Error {
  override readonly name = 'TryAgain';
}
