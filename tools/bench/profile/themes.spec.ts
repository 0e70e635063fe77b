import { describe, expect, it } from '@jest/globals';
import { functionsOf, idleShareOf, themesOf, type CpuProfile } from './themes.js';

const frame = (functionName: string, url = ''): CpuProfile['nodes'][number]['callFrame'] => ({
  functionName,
  url,
  lineNumber: 9,
});

const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 4] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('batchAppend', '/x/node_modules/client/batchAppend.js'), children: [5] },
    { id: 4, callFrame: frame('decide', '/x/dist/src/write/posting/posting.js') },
    { id: 5, callFrame: frame('slice', 'node:buffer') },
  ],
  samples: [2, 5, 3, 4, 4],
  timeDeltas: [600, 100, 100, 50, 150],
};

describe('themes of a profile', () => {
  it('give a sample to its innermost frame with a theme, and leave idle time out', () => {
    expect(themesOf(PROFILE)).toEqual([
      { name: 'appending: events to protobuf and base64', share: 0.5 },
      { name: 'deciding and posting', share: 0.5 },
    ]);
    expect(idleShareOf(PROFILE)).toBe(0.6);
  });

  it('name functions by their own time, with the file below its package', () => {
    expect(functionsOf(PROFILE, 2)).toEqual([
      { name: 'decide src/write/posting/posting.js:10', share: 0.5 },
      { name: 'slice node:buffer:10', share: 0.25 },
    ]);
  });
});
