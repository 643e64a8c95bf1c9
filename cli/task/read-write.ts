/** `modemlab get`, `set`, `add` and `delete`: the parameters and objects of a device. */
import { parseAssignment, resolveAssignment } from '../../acs/app/assignment.ts';
import { checkObject } from '../../acs/app/object-name.ts';
import type { ParameterValueStruct } from '../../protocol/cwmp/messages.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { TaskOptions } from '../support/options.ts';
import { queueTask } from './queue-task.ts';

export interface GetOptions extends TaskOptions {
  readonly attributes: boolean;
  readonly names: boolean;
}

export async function get(
  cli: CliContext,
  device: string,
  names: readonly string[],
  options: GetOptions,
): Promise<void> {
  await queueTask(cli, options, device, () => {
    if (options.names)
      return { rpc: 'GetParameterNames', args: { ParameterPath: names[0] ?? '', NextLevel: true } };
    if (options.attributes) return { rpc: 'GetParameterAttributes', args: { ParameterNames: names } };
    return { rpc: 'GetParameterValues', args: { ParameterNames: names } };
  });
}

/** Of the commands that write. */
export interface WriteOptions extends TaskOptions {
  readonly force: boolean;
  readonly parameterKey: string;
}

export async function set(
  cli: CliContext,
  device: string,
  assignments: readonly string[],
  options: WriteOptions,
): Promise<void> {
  const parsed = assignments.map((text) => parseAssignment(text));
  await queueTask(cli, options, device, async ({ key }, { store }) => {
    const ParameterList: ParameterValueStruct[] = [];
    for (const assignment of parsed)
      ParameterList.push(await resolveAssignment(store, key, assignment, options.force));
    return { rpc: 'SetParameterValues', args: { ParameterList, ParameterKey: options.parameterKey } };
  });
}

/** Queues AddObject or DeleteObject. */
export async function changeObject(
  cli: CliContext,
  rpc: 'AddObject' | 'DeleteObject',
  device: string,
  object: string,
  options: WriteOptions,
): Promise<void> {
  await queueTask(cli, options, device, async ({ key }, { store }) => {
    await checkObject(store, key, object, options.force);
    return { rpc, args: { ObjectName: object, ParameterKey: options.parameterKey } };
  });
}
