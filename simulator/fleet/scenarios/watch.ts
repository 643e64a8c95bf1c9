/** What a modem tells, as the steps of a scenario may ask for it. */
import type { Modem } from '../../modem-types.ts';
import type { Course } from './checks.ts';
import type { EventName } from './types.ts';

/** What is known of an event, by the name under which `where` asks for it. */
export type Facts = ReadonlyMap<string, readonly string[]>;

/** Keeps the course of a modem, and tells each event after that. Sessions are written down by who watches. */
export function watch(
  modem: Modem,
  course: Course,
  happened: (event: EventName, facts: Facts) => void,
): void {
  const root = modem.device.name('').length;
  modem.events
    .on('session-ended', ({ ok, events, requests, why }) =>
      happened(
        ok ? 'good-session' : 'failed-session',
        new Map<string, readonly string[]>([
          ['event', events],
          ['rpc', requests],
          ['why', [why]],
        ]),
      ),
    )
    .on('rpc', ({ rpc }) => happened('rpc', new Map([['rpc', [rpc]]])))
    .on('performed', ({ rpc }) => happened('performed', new Map([['rpc', [rpc]]])))
    .on('delivered', ({ rpc }) => happened('delivered', new Map([['rpc', [rpc]]])))
    .on('parameter-set', ({ name }) =>
      happened('parameter-set', new Map([['name', [name, name.slice(root)]]])),
    )
    .on('rebooted', ({ cause }) => {
      course.restarts += 1;
      happened('restarted', new Map([['cause', [cause]]]));
    })
    .on('transferred', ({ kind, fault }) => {
      if (fault === 0) course.transfers += 1;
      happened('transferred', new Map([['kind', [kind]]]));
    });
}
