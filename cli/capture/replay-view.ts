/** The result of a replay, for people and for programs. */
import { counted } from '../../protocol/counted.ts';
import type { Difference, ReplayReport } from '../../replay/index.ts';
import type { Io } from '../support/io.ts';
import { writeJson, writeTable } from '../support/table.ts';

export function writeReplay(io: Io, report: ReplayReport, json: boolean): void {
  if (json) {
    const document = {
      ...report,
      differences: report.differences.map(({ live, note, recorded, ...difference }) => ({
        ...difference,
        recorded: recorded ?? null,
        live: live ?? null,
        note: note ?? null,
      })),
    };
    // A role that listens has printed its address before, as one line.
    if (report.role === 'ACS' || report.role === 'ant') io.out(`${JSON.stringify(document)}\n`);
    else writeJson(io, document);
    return;
  }
  const { answers, differences, more, notes, played, recorded, sent } = report;
  if (differences.length > 0)
    writeTable<Difference>(
      io,
      [
        { title: 'NUMBER', cell: ({ session }) => session || '-', align: 'right' },
        { title: 'WHAT', cell: ({ kind }) => kind },
        { title: 'TIMES', cell: ({ times }) => times, align: 'right' },
        { title: 'FIELD', cell: ({ path }) => path },
        { title: 'RECORDED', cell: (one) => one.recorded ?? '-' },
        {
          title: 'NOW',
          cell: ({ live, note }) => [live ?? '-', ...(note === undefined ? [] : [`(${note})`])].join(' '),
        },
      ],
      differences,
    );
  for (const note of notes) io.err(`${note}\n`);
  if (more > 0) io.err(`${more} more differences are not shown\n`);
  const sources = [
    ...(answers.values > 0 ? [`${answers.values} answers assembled from recorded values`] : []),
    ...(answers.clone > 0 ? [`${answers.clone} by its clone`] : []),
    ...(answers.profile > 0 ? [`${answers.profile} by the modem of the profile`] : []),
    ...(answers.nobody > 0 ? [`${counted(answers.nobody, 'fault')} because no answer was available`] : []),
  ];
  const outcome = differences.length === 0 ? 'no differences' : counted(differences.length, 'difference');
  const what = report.role === 'host' || report.role === 'ant' ? 'conversations' : 'sessions';
  io.out(
    `${[`${played} of ${recorded} ${what} played, ${counted(sent, 'message')} sent`, ...sources, outcome].join(', ')}\n`,
  );
}
