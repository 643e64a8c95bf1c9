/** The view of a flashing run: a table on a terminal, elsewhere a line for each step; and its report. */
import type { Member } from '../../mdap/flash/fleet.ts';
import type { FlashEvent, StateName } from '../../mdap/flash/modem.ts';
import { isEnd } from '../../mdap/flash/modem.ts';
import type { FlashReport, ModemReport } from '../../mdap/flash/report.ts';
import { noteOf } from '../../mdap/flash/report.ts';
import type { FlashRun, Intention } from '../../mdap/flash/run.ts';
import { counted } from '../../protocol/counted.ts';
import { styled } from '../support/colour.ts';
import type { Io } from '../support/io.ts';
import { createProgress } from '../support/progress.ts';
import type { Column } from '../support/table.ts';
import { safe, writeJson, writeTable } from '../support/table.ts';

export interface FlashView {
  see(member: Member, event: FlashEvent): void;
  say(text: string): void;
  watch(run: FlashRun): void;
  stop(): void;
}

/** Rows of the live table, which fits a terminal of 24 lines. Modems being worked on come first. */
const MAX_ROWS = 20;

export function createFlashView(io: Io): FlashView {
  const live = io.colours.err;
  const last = new Map<Member, string>();
  let progress: { stop: () => void } | undefined;
  const say = (text: string): void => io.err(`${safe(text)}\n`);
  return {
    see: (member, { at }) => {
      if (live) return;
      const line = lineOf(member);
      if (last.get(member) === line) return;
      last.set(member, line);
      say(`${new Date(at).toISOString().slice(11, 19)} ${line}`);
    },
    say,
    watch: (run) => {
      if (live) progress = createProgress(io, () => tableOf(run.members(), Date.now()).join('\n'));
    },
    stop: () => progress?.stop(),
  };
}

const labelOf = ({ modem: { facts, job } }: Member): string =>
  [facts.serial ?? facts.mac, ...(job?.name === undefined ? [] : [job.name])].join(' ');

function lineOf(member: Member): string {
  const { state } = member.modem;
  const reason = state.at === 'failed' ? ` (${state.reason})` : '';
  const note = isEnd(state) ? noteOf(member.modem) : undefined;
  return `${labelOf(member)}: ${state.at}${reason}${note === undefined ? '' : `, ${note}`}`;
}

const ORDER: readonly StateName[] = ['failed', 'skipped', 'cancelled', 'done'];

/** The table on a terminal: a summary line, then a row for each modem. */
export function tableOf(members: readonly Member[], now: number): string[] {
  const count = (at: StateName): number => members.filter(({ modem }) => modem.state.at === at).length;
  const counts = `${count('done')} done, ${count('failed')} failed, ${counted(count('transferring'), 'transfer')}`;
  const head = `${counted(members.length, 'modem')}, ${counts}`;
  const rank = ({ modem: { state } }: Member): number => ORDER.indexOf(state.at);
  const rows = [...members].sort((a, b) => rank(a) - rank(b) || (labelOf(a) < labelOf(b) ? -1 : 1));
  const hidden = rows.length - MAX_ROWS;
  return [
    head,
    ...rows.slice(0, MAX_ROWS).map((member) => rowOf(member, now)),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
  ];
}

const BAR = 20;

function rowOf(member: Member, now: number): string {
  const { modem } = member;
  const { state, job } = modem;
  const size = job?.image?.bytes ?? 0;
  const bytes = state.at === 'transferring' ? state.bytes : modem.sentAt === undefined ? 0 : size;
  const share = size === 0 ? 0 : bytes / size;
  const filled = Math.round(share * BAR);
  const bar = size === 0 ? ' '.repeat(BAR) : '#'.repeat(filled) + '.'.repeat(BAR - filled);
  const seconds = (now - (member.transferAt ?? now)) / 1000;
  const speed =
    state.at === 'transferring' && seconds > 0 ? `${Math.round(bytes / 1024 / seconds)} KiB/s` : '';
  const time = Math.round(((member.endedAt ?? now) - member.startedAt) / 1000);
  const note = state.at === 'failed' ? `${state.reason} ${state.note}` : (noteOf(modem) ?? '');
  return safe(
    [
      labelOf(member).padEnd(20),
      state.at.padEnd(14),
      bar,
      speed.padStart(10),
      `${time} s`.padStart(6),
      note,
    ].join(' '),
  );
}

const COLUMNS: readonly Column<ModemReport>[] = [
  { title: 'MODEM', cell: ({ serial, mac }) => serial ?? mac ?? '' },
  { title: 'NAME', cell: ({ name }) => name ?? undefined },
  { title: 'STATE', cell: ({ state, reason }) => (reason === null ? state : `${state}: ${reason}`) },
  { title: 'FIRMWARE', cell: ({ versionBefore, version }) => versions(versionBefore, version) },
  { title: 'ADDRESS', cell: ({ address }) => address ?? undefined },
  { title: 'SECONDS', cell: ({ seconds }) => seconds?.toFixed(0), align: 'right' },
  { title: 'NOTE', cell: ({ note }) => note ?? undefined },
];

const versions = (before: string | null, now: string | null): string | undefined =>
  before === null || before === now ? (now ?? undefined) : `${before} > ${now ?? ''}`;

export function writeReport(io: Io, report: FlashReport): void {
  const { modems, done, failed, skipped, cancelled } = report;
  if (modems.length > 0) writeTable(io, COLUMNS, modems);
  for (const { serial, mac, says, remedy } of modems)
    if (says !== null) io.out(`\n${safe(serial ?? mac ?? '')}: ${says}\n  ${remedy}\n`);
  const counts = { done, failed, 'left alone': skipped, stopped: cancelled };
  const shown = Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : []));
  const summary = shown.length === 0 ? 'no modem was found' : shown.join(', ');
  io.out(`\n${styled(io, 'out', failed > 0 ? 'red' : 'green', summary)}\n`);
}

const INTENTIONS: readonly Column<Intention>[] = [
  { title: 'MODEM', cell: ({ member }) => member.modem.facts.serial },
  { title: 'PRODUCT', cell: ({ member }) => member.modem.facts.product },
  { title: 'BOARD', cell: ({ member }) => member.modem.facts.board },
  { title: 'HAS', cell: ({ member }) => member.modem.facts.version },
  { title: 'GETS', cell: ({ decision, member }) => getsOf(decision, member.modem.facts.version) },
  { title: 'NAME', cell: ({ decision }) => (decision.is === 'planned' ? decision.job.name : undefined) },
  {
    title: 'ADDRESS',
    cell: ({ decision }) => (decision.is === 'planned' ? decision.job.address : undefined),
  },
  {
    title: 'COMMANDS',
    cell: ({ decision }) => (decision.is === 'planned' ? decision.job.commands.length : undefined),
    align: 'right',
  },
];

function getsOf(decision: Intention['decision'], version: string | undefined): string {
  if (decision.is !== 'planned') return decision.is === 'refused' ? `fails: ${decision.note}` : decision.note;
  const { image, always } = decision.job;
  if (image === undefined) return 'keeps its firmware';
  return image.version === version && !always ? 'already has it' : image.version;
}

export function writeIntentions(
  io: Io,
  intentions: readonly Intention[],
  { modems }: FlashReport,
  json: boolean,
): void {
  const others = modems.filter(({ state }) => state === 'failed');
  if (json) {
    const planned = intentions.map(({ member, decision }) => ({ modem: member.modem.facts, ...decision }));
    writeJson(io, { planned, failed: others });
    return;
  }
  if (intentions.length > 0) writeTable(io, INTENTIONS, intentions);
  else io.out('no modem was found\n');
  for (const { serial, mac, says } of others) io.out(`${safe(serial ?? mac ?? '')}: ${says}\n`);
  for (const { decision, member } of intentions) {
    if (decision.is !== 'planned' || decision.job.commands.length === 0) continue;
    io.out(`\n${safe(member.modem.facts.serial ?? '')}:\n`);
    for (const { line } of decision.job.commands) io.out(`  ${safe(line)}\n`);
  }
}
