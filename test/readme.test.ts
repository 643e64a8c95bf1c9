import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { main } from '../cli/main.ts';
import type { Io } from '../cli/support/io.ts';
import { ROOT } from './support/tree.ts';

interface Run {
  readonly io: Io;
  readonly output: () => string;
  readonly signal: () => void;
  /** Resolves when the output has this text. */
  readonly until: (text: RegExp) => Promise<void>;
}

function run(): Run {
  let output = '';
  let signal: () => void = () => undefined;
  let wake: () => void = () => undefined;
  const io: Io = {
    out: (text) => {
      output += text;
      wake();
    },
    err: () => undefined,
    columns: undefined,
    rows: undefined,
    colours: { out: false, err: false },
    readInput: () => Promise.resolve(''),

    openPrompt: async () => ({ ask: async () => undefined, close: () => undefined }),
    inputBytes: async function* () {},
    onSignal: (callback) => {
      signal = callback;
      return () => undefined;
    },
    abort: () => undefined,
  };
  return {
    io,
    output: () => output,
    signal: () => signal(),
    until: async (text) => {
      while (!text.test(output)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

t.test('the commands that the README shows work as printed while the lab runs', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'modemlab-'));
  t.teardown(() => rm(data, { recursive: true, force: true }));
  const readme = await readFile(`${ROOT}/README.md`, 'utf8');
  const lines = [...readme.matchAll(/^npm run -s modemlab -- (\S.*?)(?: +#.*)?$/gm)].map(
    ([, line = '']) => line,
  );
  const shown = lines.filter((line) => !/URL|FILE|IFACE|--port|--help/.test(line));
  t.ok(shown.length >= 5, 'there are five to try');

  const lab = run();
  const ended = main(['lab', '--data', data, '--port', '0', '--mdap-port', '0', '--json'], lab.io);
  await lab.until(/"event":"session-ended".*"why":"done"/);
  await lab.until(/"event":"ant-found"/);
  const [, url = ''] = /"url":"([^"]+)"/.exec(lab.output()) ?? [];
  const [, mdapPort = ''] = /"event":"ant-on".*"port":(\d+)/.exec(lab.output()) ?? [];
  for (const line of shown) {
    const command = run();
    // The lab of a test has a port of its own.
    const words = line.split(' ').map((word) => (word === 'http://localhost:7547/' ? url : word));
    const needsNone = words[0] === 'simulate' || words[0] === 'capture';
    const where = needsNone ? [] : words[0] === 'mdap' ? ['--port', mdapPort] : ['--data', data];
    const code = await main([...words, ...where], command.io);
    t.equal(code, 0, line);
    t.not(command.output(), '', `${line} prints something`);
  }
  lab.signal();
  t.equal(await ended, 0);
});

t.test('the lab discovers its modems once, and prints every parameter of theirs', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'modemlab-'));
  t.teardown(() => rm(data, { recursive: true, force: true }));
  const lab = run();
  t.equal(await main(['lab', '--once', '--json', '--no-ant', '--data', data], lab.io), 0);
  const printed: unknown = JSON.parse(lab.output());
  t.match(printed, {
    discovered: true,
    devices: [{ complete: true }, { complete: true }, { complete: true }],
  });
  t.match(printed, {
    devices: [
      {
        tree: {
          'InternetGatewayDevice.DeviceInfo.SoftwareVersion': {
            value: '7.4.1.7',
            type: 'string',
            writable: false,
          },
          'InternetGatewayDevice.ManagementServer.PeriodicInformEnable': { type: 'boolean', writable: true },
        },
      },
    ],
  });
});
