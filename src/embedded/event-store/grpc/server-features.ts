import type { handleUnaryCall } from '@grpc/grpc-js';
import {
  SupportedMethod,
  SupportedMethods,
  type EmptyMessage,
  type SupportedMethodsMessage,
} from './protocol.js';

/** The node whose behaviour this store follows. Clients only compare it to know what they may ask for. */
const VERSION = '24.10.14';

const STREAMS = 'event_store.client.streams.streams';

/** What is offered, and nothing else: clients ask before they use an optional method. Both names lower-case. */
const OFFERED: readonly {
  readonly service: string;
  readonly method: string;
  readonly features?: readonly string[];
}[] = [
  { service: STREAMS, method: 'read', features: ['position', 'events'] },
  { service: STREAMS, method: 'append' },
  { service: STREAMS, method: 'batchappend', features: ['deadline_duration'] },
  { service: 'event_store.client.server_features.serverfeatures', method: 'getsupportedmethods' },
];

/** `GetSupportedMethods`: asked by a client once for each connection, before its first append. */
export function getSupportedMethods(): handleUnaryCall<EmptyMessage, SupportedMethodsMessage> {
  return (_call, callback) => {
    const message = new SupportedMethods();
    message.setEventStoreServerVersion(VERSION);
    for (const { service, method, features } of OFFERED) {
      const supported = new SupportedMethod();
      supported.setServiceName(service);
      supported.setMethodName(method);
      supported.setFeaturesList([...(features ?? [])]);
      message.addMethods(supported);
    }
    callback(null, message);
  };
}
