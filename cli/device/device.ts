/** `modemlab device`: what is known of the devices. */
import type { Command } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { group } from '../support/help.ts';
import { addDeviceDelete } from './delete.ts';
import { addDeviceExport } from './export.ts';
import { addDeviceImport } from './import.ts';
import { addDeviceList } from './list.ts';
import { addDeviceShow } from './show.ts';
import { addDeviceTree } from './tree.ts';

export function addDevice(program: Command, cli: CliContext): void {
  const device = group(program, 'device', 'what is known of the devices, and their parameter trees');
  addDeviceList(device, cli);
  addDeviceShow(device, cli);
  addDeviceTree(device, cli);
  addDeviceExport(device, cli);
  addDeviceImport(device, cli);
  addDeviceDelete(device, cli);
}
