import { describe, expect, it } from '@jest/globals';
import { correlationIdOf, pathOf, requestIdFor, traceIdOf } from './request-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('the context of a request', () => {
  it.each(['abc', 'a.b_c-9', 'x'.repeat(128)])('takes the request id %s', (id) => {
    expect(requestIdFor({ headers: { 'x-request-id': id } })).toBe(id);
  });

  it.each([undefined, '', 'a b', 'a\nb', '-x', 'x'.repeat(129)])('makes its own instead of %j', (id) => {
    const headers = id === undefined ? {} : { 'x-request-id': id };
    expect(requestIdFor({ headers })).toMatch(/^[0-9a-f]{8}-/);
  });

  it.each([
    [`00-${TRACE}-00f067aa0ba902b7-01`, TRACE],
    [`01-${TRACE}-00f067aa0ba902b7-01-future`, TRACE],
    [`ff-${TRACE}-00f067aa0ba902b7-01`, null],
    [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, null],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, null],
    [`00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`, null],
    ['nonsense', null],
  ])('reads traceparent %s as %s', (traceparent, traceId) => {
    expect(traceIdOf({ headers: { traceparent } })).toBe(traceId);
    expect(correlationIdOf({ headers: { traceparent }, id: 'r' })).toBe(traceId ?? 'r');
  });

  it('knows the path without the query', () => {
    expect([pathOf('/a?b=/c'), pathOf('/a#x'), pathOf('/a')]).toEqual(['/a', '/a', '/a']);
  });
});
