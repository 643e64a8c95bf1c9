import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { openData } from '../../../acs/data-folder.ts';
import type { Task, TaskOutcome } from '../../../acs/queue/queue.ts';
import { firstRequest } from '../../support/acs/acs-side.ts';
import type { Ran, Terminal } from '../../support/process/cli.ts';
import { json, run, sampleDevice, temporaryFolder } from '../../support/process/cli.ts';

const SERIAL = 'CP0644JTAAA';
const device = sampleDevice(SERIAL);
const { key } = device.device;
const ROOT = 'InternetGatewayDevice.';
const ULID = /^[0-9A-HJKMNP-TV-Z]{26}\n$/;

type Tap = Parameters<typeof temporaryFolder>[0];

async function lab(t: Tap) {
  const folder = await temporaryFolder(t);
  const data = path.join(folder, 'data');
  await run(['device', 'import', '-', '--data', data], { input: JSON.stringify(device) });
  const command = (argv: readonly string[], terminal: Terminal = {}): Promise<Ran> =>
    run([...argv, '--data', data], terminal);
  /** Runs a command that queues a task; resolves with what it is to send. */
  const queued = async (...argv: string[]): Promise<Task> => {
    const ran = await command([...argv, '--json']);
    if (ran.code !== 0) throw new Error(ran.err);
    const task: Task = JSON.parse(ran.out);
    return task;
  };
  /** Does what a server does with the next task of the device, while the command waits for it. */
  const answer = async (outcome: TaskOutcome): Promise<Task> => {
    const server = await openData(data, { owner: 'test', create: false });
    try {
      const claimed = await firstRequest(server.queue, key);
      return await server.queue.end(await server.queue.markSent(claimed), outcome);
    } finally {
      await server.close();
    }
  };
  return { folder, data, command, queued, answer };
}

t.test('each command queues the RPC that it is named for', async (t) => {
  const { queued } = await lab(t);
  const uptime = `${ROOT}DeviceInfo.UpTime`;
  t.match(await queued('get', SERIAL, uptime, ROOT), {
    device: key,
    state: 'new',
    attempts: 0,
    request: { rpc: 'GetParameterValues', args: { ParameterNames: [uptime, ROOT] } },
  });
  t.match(await queued('get', SERIAL, ROOT, '--names'), {
    request: { rpc: 'GetParameterNames', args: { ParameterPath: ROOT, NextLevel: true } },
  });
  t.match(await queued('get', SERIAL, uptime, '--attributes'), {
    request: { rpc: 'GetParameterAttributes', args: { ParameterNames: [uptime] } },
  });
  t.match(await queued('add', SERIAL, `${ROOT}Layer3Forwarding.Forwarding.`), {
    request: {
      rpc: 'AddObject',
      args: { ObjectName: `${ROOT}Layer3Forwarding.Forwarding.`, ParameterKey: '' },
    },
  });
  t.match(await queued('delete', SERIAL, `${ROOT}Layer3Forwarding.Forwarding.2.`, '--parameter-key', 'k'), {
    request: { rpc: 'DeleteObject', args: { ParameterKey: 'k' } },
  });
  t.match(await queued('reboot', SERIAL), { request: { rpc: 'Reboot', args: { CommandKey: '' } } });
  t.match(await queued('factory-reset', SERIAL), { request: { rpc: 'FactoryReset', args: {} } });
  const values = { ParameterList: [{ Name: `${ROOT}ManagementServer.PeriodicInformInterval`, Value: '9' }] };
  t.match(await queued('call', SERIAL, 'SetParameterValues', JSON.stringify(values)), {
    request: { args: { ParameterList: [{ Type: 'unsignedInt', Value: '9' }], ParameterKey: '' } },
  });
  t.match(await queued('call', SERIAL, 'ScheduleInform', '{"DelaySeconds":30}'), {
    request: { rpc: 'ScheduleInform', args: { DelaySeconds: 30, CommandKey: '' } },
  });
});

t.test('set takes types from the tree, the data model, or the command line', async (t) => {
  const { queued, command } = await lab(t);
  const set = await queued(
    'set',
    SERIAL,
    `${ROOT}ManagementServer.PeriodicInformInterval=30`,
    `${ROOT}ManagementServer.PeriodicInformEnable=true`,
    `${ROOT}DeviceInfo.ProvisioningCode=a=b:c`,
    `${ROOT}X_Vendor.Blob:xsd:base64Binary=AAAA`,
    `${ROOT}LANDevice.1.Hosts.HostNumberOfEntries=4`,
  );
  t.strictSame(set.request.args, {
    ParameterList: [
      { Name: `${ROOT}ManagementServer.PeriodicInformInterval`, Type: 'unsignedInt', Value: '30' },
      { Name: `${ROOT}ManagementServer.PeriodicInformEnable`, Type: 'boolean', Value: 'true' },
      { Name: `${ROOT}DeviceInfo.ProvisioningCode`, Type: 'string', Value: 'a=b:c' },
      { Name: `${ROOT}X_Vendor.Blob`, Type: 'base64', Value: 'AAAA' },
      { Name: `${ROOT}LANDevice.1.Hosts.HostNumberOfEntries`, Type: 'unsignedInt', Value: '4' },
    ],
    ParameterKey: '',
  });
  const bad: readonly (readonly [assignment: string, error: RegExp])[] = [
    [
      `${ROOT}ManagementServer.PeriodicInformInterval=-1`,
      /^E_PARAMETER_VALUE.*PeriodicInformInterval: expected a whole number/,
    ],
    [`${ROOT}ManagementServer.PeriodicInformInterval=4294967296`, /^E_PARAMETER_VALUE/],
    [`${ROOT}ManagementServer.PeriodicInformEnable=maybe`, /^E_PARAMETER_VALUE.*0, 1, true or false/],
    [`${ROOT}DeviceInfo.UpTime=5`, /^E_PARAMETER_READ_ONLY.*UpTime/],
    [`${ROOT}X:dateTime=soon`, /^E_PARAMETER_VALUE.*a time such as/],
    [`${ROOT}X:hexBinary=ABC`, /^E_PARAMETER_VALUE.*hexadecimal/],
    [`${ROOT}X:colour=red`, /^E_USAGE.*one of string, int/],
    [`${ROOT}X`, /^E_USAGE.*NAME=VALUE/],
    [`${ROOT}DeviceInfo.=x`, /^E_USAGE.*is an object/],
  ];
  for (const [assignment, error] of bad)
    t.match(await command(['set', SERIAL, assignment]), { code: 2, out: '', err: error }, assignment);
  t.match(await queued('set', SERIAL, `${ROOT}DeviceInfo.UpTime=x`, '--force'), {
    request: { args: { ParameterList: [{ Type: 'unsignedInt', Value: 'x' }] } },
  });
  t.match(await command(['task', 'list', '--json']), { out: /UpTime/ });
  const listed = json(await command(['task', 'list', '--json']));
  t.match(listed, { length: 2 }, 'what was refused was not queued');
});

t.test('what cannot be is refused before it is queued', async (t) => {
  const { command } = await lab(t);
  const bad: readonly (readonly [argv: readonly string[], error: RegExp])[] = [
    [['get', 'CP0000XX000', 'A.'], /^E_DEVICE_UNKNOWN/],
    [['get', SERIAL, 'x'.repeat(257)], /^E_TASK_INVALID.*ParameterNames\[0\]: at most 256/],
    [['get', SERIAL, 'A.', 'B.', '--names'], /--names takes one name/],
    [['get', SERIAL, 'A.', '--names', '--attributes'], /cannot be used with/],
    [['add', SERIAL, `${ROOT}Layer3Forwarding.Forwarding`], /^E_TASK_INVALID.*ends with a dot/],
    [['add', SERIAL, `${ROOT}DeviceInfo.`], /^E_PARAMETER_READ_ONLY/],
    [['call', SERIAL, 'Inform'], /^E_TASK_INVALID.*Inform: expected one of GetRPCMethods/],
    [['call', SERIAL, 'Reboot', '{"CommandKey":1}'], /^E_TASK_INVALID.*Reboot\.CommandKey: a string/],
    [['call', SERIAL, 'Reboot', '{"CommandKey"'], /^E_FILE_INVALID.*arguments:1:14/],
    [['call', SERIAL, 'Reboot', '[]'], /^E_TASK_INVALID.*Reboot: an object/],
    [['reboot', SERIAL, '--timeout', '0'], /--timeout.*a number above 0/],
    [['upload', SERIAL, '--name', '../x'], /^E_USAGE.*plain name/],
    [['upload', SERIAL, '--to', 'http://192.0.2.1/', '--name', 'x'], /cannot be used with/],
    [['download', SERIAL, 'nothing.bin', '--url', 'http://127.0.0.1:1/'], /^E_FILE_INVALID.*nothing\.bin/],
    [['download', SERIAL, 'x', '--url', 'gopher://x'], /http:\/\/ or https:\/\//],
  ];
  for (const [argv, error] of bad)
    t.match(await command(argv), { code: 2, out: '', err: error }, argv.join(' '));
  t.strictSame(json(await command(['task', 'list', '--json'])), []);
});

t.test('without --wait the id is printed, with it the answer', async (t) => {
  const { command, answer } = await lab(t);
  const queuedOne = await command(['reboot', SERIAL]);
  t.match(queuedOne, { code: 0, out: ULID, err: /^Reboot queued/ });
  t.match(await answer({ is: 'done', answer: {} }), { state: 'done' });

  const name = `${ROOT}DeviceInfo.UpTime`;
  const values = { ParameterList: [{ Name: name, Value: '77', Type: 'unsignedInt' }] };
  const [table] = await Promise.all([
    command(['get', SERIAL, name, '--wait']),
    answer({ is: 'done', answer: values }),
  ]);
  t.equal(table.code, 0);
  t.match(table.out, /^Name +Value +Type\n.*UpTime +77 +unsignedInt\n$/);

  const [document] = await Promise.all([
    command(['get', SERIAL, name, '--wait', '--json']),
    answer({ is: 'done', answer: values }),
  ]);
  t.match(json(document), { state: 'done', answer: values });

  const [added] = await Promise.all([
    command(['add', SERIAL, `${ROOT}Layer3Forwarding.Forwarding.`, '--wait']),
    answer({ is: 'done', answer: { InstanceNumber: 3, Status: 0 } }),
  ]);
  t.equal(added.out, 'InstanceNumber  3\nStatus          0\n');
  const [reset] = await Promise.all([
    command(['factory-reset', SERIAL, '--wait']),
    answer({ is: 'done', answer: {} }),
  ]);
  t.equal(reset.out, 'FactoryReset: done\n');
});

t.test('with --wait the fault of a modem ends with exit code 1, parameter by parameter', async (t) => {
  const { command, answer } = await lab(t);
  const fault = {
    FaultCode: 9003,
    FaultString: 'Invalid arguments',
    SetParameterValuesFault: [{ ParameterName: `${ROOT}X`, FaultCode: 9005, FaultString: 'no\u001bsuch' }],
  };
  const [failed] = await Promise.all([
    command(['set', SERIAL, `${ROOT}X=1`, '--wait']),
    answer({ is: 'failed', fault }),
  ]);
  t.equal(failed.code, 1);
  t.equal(failed.out, '');
  t.match(failed.err, /E_TASK_FAILED: .*\(9003 Invalid arguments\)/);
  t.match(failed.err, / {2}InternetGatewayDevice\.X: 9005 Invalid parameter name: no\\u\{1b\}such\n/);

  const [document] = await Promise.all([
    command(['set', SERIAL, `${ROOT}X=1`, '--wait', '--json']),
    answer({ is: 'failed', error: { code: 'E_TASK_UNANSWERED' } }),
  ]);
  t.equal(document.code, 1);
  t.match(json(document), { state: 'failed', error: { code: 'E_TASK_UNANSWERED' } });

  const late = await command(['reboot', SERIAL, '--wait', '--timeout', '0.05']);
  t.equal(late.code, 1);
  t.match(late.err, /E_TASK_TIMEOUT.* is new\)/);
});

t.test('task list, show, cancel and retry act on the queue', async (t) => {
  const { command, answer, queued } = await lab(t);
  const { id } = await queued('reboot', SERIAL);
  const table = await command(['task', 'list', SERIAL]);
  t.match(table.out, /^TASK +DEVICE +METHOD +STATE/);
  t.match(table.out, new RegExp(`${id} +${key.replace(/[%]/g, '%')} +Reboot +new +0 `));
  t.match(json(await command(['task', 'list', '--state', 'failed', '--json'])), { length: 0 });

  t.match(await command(['task', 'show', id]), { code: 0, out: /state +new\n[\s\S]*request\nCommandKey/ });
  t.match(json(await command(['task', 'show', id, '--json'])), { id, state: 'new' });
  t.match(await command(['task', 'cancel', id]), { code: 0, out: `${id} is cancelled\n` });
  t.match(await command(['task', 'list']), { out: /Reboot +failed +0 .*E_TASK_STATE/ });
  t.match(json(await command(['task', 'retry', id, '--json'])), { id, state: 'new' });
  t.match(await command(['task', 'retry', id]), { code: 2, err: /^E_TASK_STATE/ });

  await answer({ is: 'done', answer: {} });
  t.match(await command(['task', 'cancel', id]), { code: 2, err: /^E_TASK_STATE/ });
  t.match(await command(['task', 'show', id]), { out: /state +done\n[\s\S]*answer\n\(no arguments\)\n/ });
  const unknown = '00000000000000000000000000';
  for (const verb of ['show', 'cancel', 'retry'])
    t.match(await command(['task', verb, unknown]), { code: 2, err: /^E_TASK_UNKNOWN/ }, verb);
  t.match(await command(['task', 'show', '../../etc/passwd']), { code: 2, err: /^E_TASK_UNKNOWN/ });
});

t.test('download offers a file below the address by which the modem reaches the server', async (t) => {
  const { folder, data, queued, command } = await lab(t);
  const file = path.join(folder, 'firmware 1.bin');
  await writeFile(file, 'one');
  const url = ['--url', 'http://192.0.2.1:7547/cwmp'];
  t.match(await queued('download', SERIAL, file, ...url, '--type', '3 Vendor Configuration File'), {
    request: {
      rpc: 'Download',
      args: {
        FileType: '3 Vendor Configuration File',
        URL: 'http://192.0.2.1:7547/files/firmware%201.bin',
        FileSize: 3,
        CommandKey: '',
      },
    },
  });
  t.equal(await readFile(path.join(data, 'files', 'firmware 1.bin'), 'utf8'), 'one');
  await queued('download', SERIAL, file, ...url);
  t.equal((await readdir(path.join(data, 'files'))).length, 1, 'the same file is not kept twice');
  await writeFile(file, 'two');
  const other = await queued('download', SERIAL, file, ...url);
  t.match(other.request.args, { URL: /files\/firmware%201-[0-9a-f]{12}\.bin$/ });
  t.equal(
    await readFile(path.join(data, 'files', 'firmware 1.bin'), 'utf8'),
    'one',
    'what was offered stays',
  );

  t.match(await queued('download', SERIAL, 'ftp://192.0.2.1/x.bin', '--delay', '5', '--target', 'y'), {
    request: { args: { URL: 'ftp://192.0.2.1/x.bin', FileSize: 0, DelaySeconds: 5, TargetFileName: 'y' } },
  });
  const task = await queued('download', SERIAL, file);
  t.match(
    task.request.args,
    { URL: /^http:\/\/192\.0\.2\.9:7547\/files\// },
    'where no server runs: ManagementServer.URL',
  );
  const hidden = path.join(folder, '.hidden');
  await writeFile(hidden, '');
  t.match(await command(['download', SERIAL, hidden, ...url]), {
    code: 2,
    err: /^E_FILE_INVALID.*plain name/,
  });
});

t.test('upload lets one file in, under a URL that nobody can guess', async (t) => {
  const { data, queued } = await lab(t);
  const url = ['--url', 'http://192.0.2.1:7547/'];
  const upload = await queued('upload', SERIAL, ...url);
  t.match(upload.request, {
    rpc: 'Upload',
    args: {
      FileType: '1 Vendor Configuration File',
      URL: /^http:\/\/192\.0\.2\.1:7547\/files\/received\/[0-9a-f]{32}\/00147F-SpeedTouch_780-CP0644JTAAA-\d{8}T\d{6}\.bin$/,
    },
  });
  t.equal((await readdir(path.join(data, 'files', 'received'))).length, 1);
  t.match(await queued('upload', SERIAL, ...url, '--name', 'modem.log', '--type', '2 Vendor Log File'), {
    request: { args: { URL: /\/modem\.log$/, FileType: '2 Vendor Log File' } },
  });
  t.match(await queued('upload', SERIAL, '--to', 'http://192.0.2.7/put'), {
    request: { args: { URL: 'http://192.0.2.7/put' } },
  });
  t.equal(
    (await readdir(path.join(data, 'files', 'received'))).length,
    2,
    'nothing is let in for another server',
  );
});
