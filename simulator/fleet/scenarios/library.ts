/** Scenarios that come with modemlab, and those of users. */
import { readdirSync } from 'node:fs';
import { ModemlabError } from '../../../protocol/errors.ts';
import { Fields } from '../../profile/fields.ts';
import { readJson } from '../../profile/profile-files.ts';
import { readParameters } from './parameters.ts';
import { parseScenario } from './read.ts';
import type { Scenario, ScenarioParameter } from './types.ts';

const FOLDER = new URL('./', import.meta.url);

export interface ListedScenario {
  readonly name: string;
  readonly title: string;
  readonly shows: string;
  readonly asks: string;
  readonly parameters: readonly ScenarioParameter[];
}

/** Names of the scenarios that come with modemlab. */
export function scenarioNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -5))
    .sort();
}

export function listScenarios(): ListedScenario[] {
  return scenarioNames().map((name) => {
    const file = new Fields(readJson(new URL(`${name}.json`, FOLDER), `${name}.json`), `${name}.json`);
    return {
      name,
      title: file.string('title'),
      shows: file.string('shows'),
      asks: file.string('asks', ''),
      parameters: readParameters(file),
    };
  });
}

/**
 * A scenario by its name, or from a JSON file of the user (a path with a slash or ending in `.json`), with
 * its parameters set. Throws ModemlabError E_USAGE for an unknown name or parameter, E_FILE_INVALID with file
 * and member, or E_DATA_UNREADABLE.
 */
export function loadScenario(
  nameOrFile: string,
  set: Readonly<Record<string, string | number>> = {},
): Scenario {
  const own = nameOrFile.includes('/') || nameOrFile.endsWith('.json');
  if (own) return parseScenario(readJson(nameOrFile, nameOrFile), nameOrFile, nameOrFile, set);
  if (!scenarioNames().includes(nameOrFile))
    throw new ModemlabError('E_USAGE', `no scenario ${nameOrFile}; there are ${scenarioNames().join(', ')}`);
  const place = `${nameOrFile}.json`;
  return parseScenario(readJson(new URL(place, FOLDER), place), nameOrFile, place, set);
}
