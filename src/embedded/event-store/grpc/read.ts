import type { handleServerStreamingCall } from '@grpc/grpc-js';
import { assertNever } from '../../../kernel/assert.js';
import { eventStoreLimits } from '../limits.js';
import type { PageSize } from '../log/event-log.js';
import { recordCreatedMs } from '../log/record.js';
import type { CallContext } from './call-context.js';
import { Outlet } from './outlet.js';
import type { EncodedMessage, ReadReq } from './protocol.js';
import { encodeStreamNotFound } from './read-response.js';
import { parseReadRequest, type AllRead, type Presentation, type StreamRead } from './read-request.js';
import { subscribeToAll, subscribeToStream } from './subscribe.js';

/** `Read`: a stream or `$all`, once or for ever. */
export function read(context: CallContext): handleServerStreamingCall<ReadReq, EncodedMessage> {
  return (call) => {
    const outlet = new Outlet(call, context);
    serve(call.request, context, outlet).catch((error: unknown) => {
      outlet.fail(error);
    });
  };
}

async function serve(request: ReadReq, context: CallContext, outlet: Outlet): Promise<void> {
  const asked = parseReadRequest(request);
  switch (asked.kind) {
    case 'read-stream':
      return readStream(asked, asked.presentation, context, outlet);
    case 'read-all':
      return readAll(asked, asked.presentation, context, outlet);
    case 'subscribe-to-stream':
      return subscribeToStream(asked, asked.presentation, context, outlet);
    case 'subscribe-to-all':
      return subscribeToAll(asked, asked.presentation, context, outlet);
    default:
      return assertNever(asked, 'The kind of read');
  }
}

/** A stream as it is when the read begins: what is appended meanwhile is not part of it. */
async function readStream(
  asked: StreamRead,
  presentation: Presentation,
  { log }: CallContext,
  outlet: Outlet,
): Promise<void> {
  const view = log.viewStream(asked.streamName);
  if (!view) {
    await outlet.send(encodeStreamNotFound(asked.streamName));
    outlet.end();
    return;
  }
  const { firstRevision, recordedFromMs } = view.visible;
  const forwards = asked.direction === 'forwards';
  let left = asked.countMax;
  let from: number | undefined = firstOfRead(asked, firstRevision, view.lastRevision);
  while (from !== undefined && left > 0 && !outlet.closed) {
    const page = log.readStream(view.id, from, asked.direction, pageSize(left));
    from = page.next;
    for (const record of page.records) {
      const isPastEnd = forwards ? record.revision > view.lastRevision : record.revision < firstRevision;
      if (isPastEnd || left === 0) {
        from = undefined;
        break;
      }
      if (recordCreatedMs(record.bytes) < recordedFromMs) continue;
      left -= 1;
      const lag = outlet.sendEvent(record, presentation);
      if (lag) await lag;
    }
  }
  outlet.end();
}

/** The first revision to read, or undefined when there is none in that direction. */
function firstOfRead(asked: StreamRead, firstRevision: number, lastRevision: number): number | undefined {
  if (asked.direction === 'forwards') {
    if (asked.from === 'end') return undefined;
    return Math.max(firstRevision, asked.from === 'start' ? 0 : asked.from);
  }
  if (asked.from === 'start') return firstRevision === 0 ? 0 : undefined;
  return Math.min(lastRevision, asked.from === 'end' ? lastRevision : asked.from);
}

/** Everything in commit order, up to what is committed when the read begins. */
async function readAll(
  asked: AllRead,
  presentation: Presentation,
  { log }: CallContext,
  outlet: Outlet,
): Promise<void> {
  const forwards = asked.direction === 'forwards';
  const lastPosition = log.lastPosition();
  let left = asked.countMax;
  let from: number | undefined =
    asked.from === 'start' ? 0 : asked.from === 'end' ? Number.MAX_SAFE_INTEGER : asked.from;
  while (from !== undefined && left > 0 && !outlet.closed) {
    const page = log.readAll(from, asked.direction, asked.filter ? fullPage : pageSize(left));
    from = page.next;
    for (const record of page.records) {
      if (left === 0 || (forwards && record.position > lastPosition)) {
        from = undefined;
        break;
      }
      if (asked.filter && !asked.filter.matches(record.bytes)) continue;
      left -= 1;
      const lag = outlet.sendEvent(record, presentation);
      if (lag) await lag;
    }
  }
  outlet.end();
}

const fullPage: PageSize = {
  eventsMax: eventStoreLimits.pageEventsMax,
  bytesMax: eventStoreLimits.pageBytesMax,
};

function pageSize(left: number): PageSize {
  return { ...fullPage, eventsMax: Math.min(left, fullPage.eventsMax) };
}
