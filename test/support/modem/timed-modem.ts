/**
 * A modem on simulated time against an ACS played by a test: how much time passes, and which sessions take
 * place in it.
 */
import type { Test } from 'tap';
import type { ListeningAcs } from '../../../peers/acs.ts';
import type { Args, CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import type { Modem, ModemOptions } from '../../../simulator/index.ts';
import { createModem } from '../../../simulator/index.ts';
import { scriptedAcs } from '../acs/scripted-acs.ts';
import type { SimulatedTime } from './simulated-time.ts';
import { simulatedTime } from './simulated-time.ts';

export interface Bench {
  readonly acs: ListeningAcs;
  readonly time: SimulatedTime;
  readonly modem: Modem;
  /** The next session: its Inform is answered, these requests are sent to the modem, and 204 ends it. */
  session(...requests: readonly Request<CpeMethod>[]): Promise<Reported>;
  /** This much simulated time passes, with exactly one session in it. */
  passOne(ms: number, ...requests: readonly Request<CpeMethod>[]): Promise<Reported>;
  /** This much simulated time passes without a session. */
  passNone(ms: number): Promise<void>;
}

export interface Reported {
  readonly events: readonly string[];
  readonly names: readonly string[];
  readonly at: number;
  value(name: string): string | undefined;
  readonly inform: Args<'Inform'>;
}

/** A modem that has had its first session, including these requests. */
export async function bench(
  t: Test,
  requests: readonly Request<CpeMethod>[] = [],
  options: Partial<ModemOptions> = {},
): Promise<Bench> {
  const acs = await scriptedAcs(t);
  const time = simulatedTime();
  const modem = createModem({
    acs: acs.url,
    profile: 'generic-tr098',
    seed: 4,
    bootSeconds: 5,
    scheduler: time.scheduler,
    ...options,
  });
  t.teardown(() => modem.stop());
  const session: Bench['session'] = async (...asked) => {
    const first = await acs.next();
    const inform = first.inform();
    const at = time.scheduler.now();
    first.informResponse();
    for (const request of asked) (await acs.next()).ask(request);
    const ended = modem.next('session-ended');
    (await acs.next()).status(204);
    await ended;
    const { Event, ParameterList } = inform;
    return {
      inform,
      at,
      events: Event.map(({ EventCode }) => EventCode),
      names: ParameterList.map(({ Name }) => Name).slice(8),
      value: (name) => ParameterList.find(({ Name }) => Name === name)?.Value,
    };
  };
  const passOne: Bench['passOne'] = async (ms, ...asked) => {
    const [reported] = await Promise.all([session(...asked), time.pass(ms)]);
    t.equal(acs.waiting, 0, 'one session and no other');
    return reported;
  };
  const passNone: Bench['passNone'] = async (ms) => {
    await time.pass(ms);
    t.equal(acs.waiting, 0, 'no session');
  };
  modem.start();
  t.match(await passOne(6000, ...requests), { events: ['0 BOOTSTRAP', '1 BOOT'] });
  return { acs, time, modem, session, passOne, passNone };
}

/** A SetParameterValues of one parameter. */
export const set = (Name: string, Value: string, Type = 'string'): Request<CpeMethod> => ({
  kind: 'request',
  rpc: 'SetParameterValues',
  args: { ParameterList: [{ Name, Value, Type }], ParameterKey: '' },
});
