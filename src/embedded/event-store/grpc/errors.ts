import { Metadata, status } from '@grpc/grpc-js';

/** A call that ends with a status other than OK, in the shape gRPC handlers give back. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  constructor(
    readonly code: status,
    readonly details: string,
    readonly metadata: Metadata = new Metadata(),
  ) {
    super(details);
  }
}

export function invalidArgument(details: string): RpcError {
  return new RpcError(status.INVALID_ARGUMENT, details);
}

/** What an EventStoreDB node says when a handler throws on a value it did not expect. */
export function handlerThrew(): RpcError {
  return new RpcError(status.UNKNOWN, 'Exception was thrown by handler.');
}

export function appendTooBig(bytesMax: number): RpcError {
  return new RpcError(
    status.INVALID_ARGUMENT,
    `Maximum Append Size of ${bytesMax} Exceeded.`,
    trailers({ exception: 'maximum-append-size-exceeded', 'maximum-append-size': String(bytesMax) }),
  );
}

export function requiredMetadataMissing(): RpcError {
  return new RpcError(
    status.INVALID_ARGUMENT,
    'Required Metadata Property Missing',
    trailers({
      exception: 'missing-required-metadata-property',
      'required-metadata-properties': 'type,content-type',
    }),
  );
}

export function stopping(): RpcError {
  return new RpcError(status.UNAVAILABLE, 'The embedded event store is stopping.');
}

/** Any error as the status a call ends with: damaged data is named, everything else unexpected is UNKNOWN. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof Error && error.name === 'DamagedRecord') {
    return new RpcError(status.DATA_LOSS, error.message);
  }
  return new RpcError(status.UNKNOWN, error instanceof Error ? error.message : String(error));
}

/** Trailer values must be ASCII; ours are fixed words and numbers, never names from outside. */
function trailers(values: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(values)) metadata.set(key, value);
  return metadata;
}
