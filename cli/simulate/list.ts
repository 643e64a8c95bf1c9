/** `modemlab simulate cpe --list`: the profiles, quirks, scenarios and faults of simulated modems. */
import { assertNever } from '../../protocol/result.ts';
import { listFaults, listProfiles, listQuirks, listScenarios } from '../../simulator/index.ts';
import type { Io } from '../support/io.ts';
import type { Column } from '../support/table.ts';
import { writeJson, writeTable } from '../support/table.ts';

export type List = 'profiles' | 'quirks' | 'scenarios' | 'faults';

export function writeList(io: Io, list: List, json: boolean): void {
  switch (list) {
    case 'profiles':
      writeRows(io, json, listProfiles(), [
        { title: 'PROFILE', cell: ({ name }) => name },
        { title: 'DEVICE', cell: ({ title }) => title },
        { title: 'FIRMWARE', cell: ({ firmware }) => firmware },
        { title: 'PARAMETERS', align: 'right', cell: ({ parameters }) => parameters },
        {
          title: 'ALSO AS',
          cell: ({ name, releases }) =>
            releases
              .slice(1)
              .map((release) => `${name}@${release}`)
              .join(' '),
        },
      ]);
      break;
    case 'quirks':
      writeRows(io, json, listQuirks(), [
        { title: 'QUIRK', cell: ({ id }) => id },
        { title: 'WHERE', cell: ({ level, acted }) => (acted ? level : '-') },
        { title: 'WHAT', cell: ({ title }) => title },
      ]);
      break;
    case 'scenarios':
      writeRows(io, json, listScenarios(), [
        { title: 'SCENARIO', cell: ({ name }) => name },
        { title: 'WHAT', cell: ({ title }) => title },
        {
          title: 'WITH',
          cell: ({ parameters }) => parameters.map(({ name, value }) => `${name}=${value ?? '?'}`).join(' '),
        },
      ]);
      break;
    case 'faults':
      writeRows(io, json, listFaults(), [
        { title: 'FAULT', cell: ({ name }) => name },
        { title: 'WHAT', cell: ({ title }) => title },
        { title: 'FORM', cell: ({ form }) => form },
      ]);
      break;
    default:
      assertNever(list);
  }
}

function writeRows<Row>(io: Io, json: boolean, rows: readonly Row[], columns: readonly Column<Row>[]): void {
  if (json) writeJson(io, rows);
  else writeTable(io, columns, rows);
}
