import { once } from 'node:events';
import net from 'node:net';
import t, { type Test } from 'tap';
import { createModem } from '../../../simulator/index.ts';
import { Box } from '../../../simulator/shell/box.ts';
import type { Effect } from '../../../simulator/shell/effect.ts';
import { createKeyboard } from '../../../simulator/shell/keyboard.ts';
import { serveTelnet } from '../../../simulator/shell/telnet.ts';
import { createScheduler } from '../../../simulator/time/scheduler.ts';

interface Client {
  /** Sends it, and returns the output up to this text. */
  say(text: string, until: string): Promise<string>;
  readonly closed: Promise<unknown>;
}

async function lab(t: Test, speed: number | 'max' = 1) {
  const scheduler = createScheduler({ speed });
  const release = scheduler.hold();
  const modem = createModem({ acs: 'http://127.0.0.1:1/', profile: 'st585v6', scheduler });
  const box = new Box(modem);
  const effects: Effect[] = [];
  const server = await serveTelnet(box, { scheduler, perform: (effect) => effects.push(effect) });
  t.teardown(async () => {
    await server.close();
    scheduler.stop();
  });
  return { box, effects, release, port: server.port };
}

async function connect(t: Test, port: number): Promise<Client> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  t.teardown(() => socket.destroy());
  let heard = '';
  socket.on('data', (bytes) => {
    heard += bytes.toString('latin1');
  });
  await once(socket, 'connect');
  return {
    closed: once(socket, 'close'),
    say: async (text, until) => {
      socket.write(text, 'latin1');
      while (!heard.includes(until)) await once(socket, 'data');
      const said = heard;
      heard = '';
      return said;
    },
  };
}

t.test('a user logs in, sees the input except the password, and works', async (t) => {
  const { port, box } = await lab(t);
  const client = await connect(t, port);
  t.match(await client.say('', 'Username : '), /^\xff\xfb\x01\xff\xfb\x03Username : $/);
  box.state.users.set('Administrator', { password: 'abc', role: 'Administrator', flags: 'U' });
  t.equal(await client.say('Administrator\r\n', 'Password : '), 'Administrator\r\nPassword : ');
  t.match(
    await client.say('abc\r', '=>'),
    /^\*{3}\r\n-{72}\r\n[\s\S]*SpeedTouch 585[\s\S]*\{Administrator\}=>$/,
  );
  t.equal(
    await client.say('softwarx\x7fe version\n', '}=>'),
    'softwarx\b \be version\r\nFlash image : 6.2.17.5.0\r\nBuild name  : ZZQIAA6.2H5\r\n{Administrator}=>',
  );
  t.match(await client.say('systemlog show\r\n', '}=>'), /LOGIN User Administrator logged in on telnet/);
  client.say('exit\r\n', 'never').catch(() => undefined);
  await client.closed;
  t.pass('exit closes the connection');
});

t.test('three wrong passwords end the session', async (t) => {
  const { port } = await lab(t);
  const client = await connect(t, port);
  for (const after of ['Username : ', 'Username : ']) {
    await client.say('Administrator\r', 'Password : ');
    t.match(await client.say('wrong\r', after), /Invalid username\/password\r\nUsername : $/);
  }
  await client.say('Administrator\r', 'Password : ');
  t.match(await client.say('wrong\r', 'password\r\n'), /Invalid/);
  await client.closed;
});

t.test('a restart reaches the modem after the output, and ends the session', async (t) => {
  const { port, effects } = await lab(t);
  const client = await connect(t, port);
  await client.say('Administrator\r', 'Password : ');
  await client.say('\r', '=>');
  await client.say('software upgrade\r', 'upgrade\r\n');
  await client.closed;
  t.same(effects, [{ do: 'boot-mode' }]);
});

t.test('a session in which nothing is typed ends by itself', async (t) => {
  const { port, release } = await lab(t, 'max');
  const client = await connect(t, port);
  await client.say('', 'Username : ');
  release();
  await client.closed;
  t.pass('two simulated minutes later');
});

t.test('a line ends in any way, and telnet options are no part of it', (t) => {
  const typed = (bytes: readonly number[], hidden = false) =>
    createKeyboard(() => hidden).type(Uint8Array.from(bytes));
  const line = (text: string) => ({ is: 'line', text });
  const echo = (text: string) => ({ is: 'echo', text });
  t.same(typed([65, 13, 10, 66, 13, 0, 67, 10]), [
    echo('A'),
    line('A'),
    echo('B'),
    line('B'),
    echo('C'),
    line('C'),
  ]);
  t.same(typed([255, 253, 1, 65, 255, 250, 24, 1, 2, 255, 240, 13]), [echo('A'), line('A')]);
  t.same(typed([65, 8, 8, 66, 21, 67, 13]), [
    echo('A'),
    echo('\b \b'),
    echo('B'),
    echo('\b \b'),
    echo('C'),
    line('C'),
  ]);
  t.same(typed([65, 66, 13], true), [echo('*'), echo('*'), line('AB')]);
  t.end();
});
