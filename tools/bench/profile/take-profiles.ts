import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findStoreProcess } from '../processes.js';
import { table } from '../table.js';
import { ProfileFailure, profileProcess } from './inspector.js';
import { functionsOf, idleShareOf, themesOf, type CpuProfile, type Share } from './themes.js';

const PROFILE_MS = 5_000;
const FUNCTIONS_SHOWN = 12;

/**
 * Profiles the API, then the store, while both work; writes the profiles and says what the time went into.
 *
 * @param directory made when missing; the files are for a profile viewer
 */
export async function takeProfiles(
  apiId: number,
  directory: string,
  say: (line: string) => void,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const storeId = await findStoreProcess(apiId);
  const processes = [['api', apiId], ...(storeId === undefined ? [] : [['store', storeId]])] as const;
  for (const [name, processId] of processes) {
    try {
      const profile = await profileProcess(Number(processId), PROFILE_MS);
      const file = path.join(directory, `${name}.cpuprofile`);
      await writeFile(file, JSON.stringify(profile));
      say(`\n${name}: what its time went into (${file}; idle ${percent(idleShareOf(profile))})`);
      say(describe(profile));
    } catch (error) {
      if (!(error instanceof ProfileFailure)) throw error;
      say(`${name} was not profiled: ${error.message}`);
    }
  }
}

function describe(profile: CpuProfile): string {
  const rows = (shares: readonly Share[]): string[][] =>
    shares.map(({ name, share }) => [`  ${percent(share)}`, name]);
  return [
    table(['share', 'theme'], rows(themesOf(profile))),
    table(['share', 'function'], rows(functionsOf(profile, FUNCTIONS_SHOWN))),
  ].join('\n');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
