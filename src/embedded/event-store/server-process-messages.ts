/** What the process that starts the store and the store's own process say to each other. */

/** Handed to the store's process as its first argument, in JSON. */
export interface ServerProcessOptions {
  readonly dataDirectory: string;
  readonly host: string;
  readonly port: number;
  readonly allowRemote: boolean;
}

/** From the store's process. */
export type ServerProcessReport =
  | { readonly kind: 'listening'; readonly port: number; readonly storeId: string }
  /** It can't start; `sentence` says what to do about it. `isFinal`: trying again would not help. */
  | { readonly kind: 'refused'; readonly sentence: string; readonly isFinal: boolean };

/** To the store's process. */
export type ServerProcessOrder = { readonly kind: 'stop' };
