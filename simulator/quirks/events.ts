/** Habits of group EV: how sessions begin and end, and when. */
import type { AcsMethod, Request } from '../../protocol/cwmp/messages.ts';
import type { Habit, Habits } from './habit.ts';
import { perform, session } from './habit.ts';
import { changeEvents, isInform } from './message-edits.ts';

/** Simulated milliseconds between the sessions of a modem that calls again and again (Q-EV-05). */
const LOOP_MS = 5000;
/** Q-EV-13 fails with more names than this in a request. */
const TOO_MANY = 100;
/** Local transfers that Q-EV-16 reports in each session. */
const TRANSFERS = 5;

/** Disappears on some occasion, and comes back as after a power cut. */
const crashes = (
  goesAway: (crash: () => void) => NonNullable<ReturnType<NonNullable<Habit['make']>>['session']>,
): Habit => ({
  level: 'life',
  make: () => {
    let isCrashed = false;
    return {
      session: goesAway(() => {
        isCrashed = true;
      }),
      life: {
        sessionEnded(modem) {
          if (!isCrashed) return;
          isCrashed = false;
          if (modem.on) modem.restart('power');
        },
      },
    };
  },
});

const autonomous = (number: number): Request<AcsMethod> => ({
  kind: 'request',
  rpc: 'AutonomousTransferComplete',
  args: {
    AnnounceURL: '',
    TransferURL: `tftp://192.168.1.64/local-${number}`,
    IsDownload: true,
    FileType: '3 Vendor Configuration File',
    FileSize: 0,
    TargetFileName: '',
    FaultStruct: { FaultCode: 0, FaultString: '' },
    StartTime: '0001-01-01T00:00:00Z',
    CompleteTime: '0001-01-01T00:00:00Z',
  },
});

export const events = {
  'Q-EV-05': {
    level: 'life',
    make: () => ({
      life: {
        sessionEnded(modem) {
          if (modem.on) modem.timers.set('quirk loop', LOOP_MS, () => modem.go());
        },
      },
    }),
  },
  'Q-EV-06': {
    level: 'life',
    make: () => ({
      life: {
        sessionEnded(modem) {
          const { device, timers } = modem;
          const seconds = Number(device.setting('ManagementServer.PeriodicInformInterval'));
          const enabled = device.setting('ManagementServer.PeriodicInformEnable') === '1';
          if (!modem.on || !enabled || !(seconds >= 1)) return;
          timers.set('periodic', seconds * 1000, () => {
            modem.raise('2 PERIODIC');
            modem.go();
          });
        },
      },
    }),
  },
  'Q-EV-07': {
    level: 'life',
    make: () => ({
      life: {
        sessionEnded(modem, { ok, events }) {
          const code = '6 CONNECTION REQUEST';
          if (!ok && events.includes(code)) modem.raise(code);
        },
      },
    }),
  },
  'Q-EV-08': session(() => ({ twice: true })),
  'Q-EV-09': crashes((crash) => ({
    goesAway({ rpc }) {
      if (rpc !== 'TransferComplete') return false;
      crash();
      return true;
    },
  })),
  'Q-EV-10': { level: 'life', profile: (profile) => ({ ...profile, bootSeconds: 0 }) },
  'Q-EV-11': {
    level: 'session',
    profile: (profile) => ({ ...profile, cwmp: { ...profile.cwmp, termination: 'v1.0' } }),
  },
  'Q-EV-12': session(() => ({
    requests: () => [{ kind: 'request', rpc: 'GetRPCMethods', args: {} }],
  })),
  'Q-EV-13': perform((request, plain) =>
    request.rpc === 'GetParameterValues' && request.args.ParameterNames.length > TOO_MANY
      ? 'hang-up'
      : plain(request),
  ),
  'Q-EV-14': crashes((crash) => ({
    perform(request, plain) {
      if (request.rpc !== 'GetParameterNames' || request.args.NextLevel) return plain(request);
      crash();
      return 'hang-up';
    },
  })),
  'Q-EV-15': session(() => {
    let requests = 0;
    return {
      say(envelope) {
        if (isInform(envelope)) requests = 0;
        return envelope;
      },
      perform(request, plain) {
        requests += 1;
        return requests > 1 ? 'hang-up' : plain(request);
      },
    };
  }),
  'Q-EV-16': session(() => ({
    requests: () => Array.from({ length: TRANSFERS }, (_, number) => autonomous(number + 1)),
    say: (envelope) =>
      changeEvents(envelope, (events) => [
        ...events.filter(({ EventCode }) => EventCode !== '10 AUTONOMOUS TRANSFER COMPLETE'),
        { EventCode: '10 AUTONOMOUS TRANSFER COMPLETE', CommandKey: '' },
      ]),
  })),
} as const satisfies Habits;
