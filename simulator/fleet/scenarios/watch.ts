/** The events of a modem, in the form in which steps of a scenario can match them. */
import type { Modem } from '../../modem-types.ts';
import type { Course } from './checks.ts';
import type { EventName } from './types.ts';

/** The fields of an event, by the names that `where` uses. */
export type Facts = ReadonlyMap<string, readonly string[]>;

/** Records what happens to a modem, then passes each event on. The watcher records the sessions. */
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
