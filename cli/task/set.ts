/** `modemlab set` */
import type { Command } from 'commander';
import { Option } from 'commander';
import { parseAssignment, resolveAssignment } from '../../acs/app/assignment.ts';
import type { ParameterValueStruct } from '../../protocol/cwmp/messages.ts';
import type { CliContext } from '../support/cli-context.ts';
import { EXAMPLE_DEVICE } from '../support/help.ts';
import type { TaskOptions } from '../support/options.ts';
import { taskCommand } from './command.ts';
import { submit } from './submit.ts';

interface SetOptions extends TaskOptions {
  readonly force: boolean;
  readonly parameterKey: string;
}

export function addSet(program: Command, cli: CliContext): void {
  taskCommand(program, {
    usage: 'set <device> <assignments...>',
    summary: 'write parameters of a device, all or none of them (SetParameterValues)',
    more:
      'An assignment is NAME=VALUE, or NAME:TYPE=VALUE. Without TYPE it is the one that the modem told, else that of the data model, else string. ' +
      'TYPE is one of string, int, unsignedInt, long, unsignedLong, boolean, dateTime, base64, hexBinary.',
    options: [
      new Option(
        '--force',
        'also what the modem calls read-only, and values that do not fit the type',
      ).default(false),
      new Option('--parameter-key <text>', 'the ParameterKey that the device keeps').default(''),
    ],
    examples: [
      [
        `set ${EXAMPLE_DEVICE} InternetGatewayDevice.ManagementServer.PeriodicInformInterval=60 --wait`,
        'one value',
      ],
      [
        `set ${EXAMPLE_DEVICE} InternetGatewayDevice.DeviceInfo.ProvisioningCode:string=LAB.1`,
        'with its type',
      ],
    ],
  }).action(async (device: string, assignments: readonly string[], options: SetOptions) => {
    const parsed = assignments.map((text) => parseAssignment(text));
    await submit(cli, options, device, async ({ key }, { store }) => {
      const ParameterList: ParameterValueStruct[] = [];
      for (const assignment of parsed)
        ParameterList.push(await resolveAssignment(store, key, assignment, options.force));
      return { rpc: 'SetParameterValues', args: { ParameterList, ParameterKey: options.parameterKey } };
    });
  });
}
