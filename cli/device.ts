/** `modemlab device`: what is known of the devices. */
import type { Command } from 'commander';
import { addDeviceDelete } from './device-delete.ts';
import { addDeviceExport } from './device-export.ts';
import { addDeviceImport } from './device-import.ts';
import { addDeviceList } from './device-list.ts';
import { addDeviceShow } from './device-show.ts';
import { addDeviceTree } from './device-tree.ts';
import { group } from './help.ts';
import type { Cli } from './shell.ts';

export function addDevice(program: Command, cli: Cli): void {
  const device = group(program, 'device', 'what is known of the devices, and their parameter trees');
  addDeviceList(device, cli);
  addDeviceShow(device, cli);
  addDeviceTree(device, cli);
  addDeviceExport(device, cli);
  addDeviceImport(device, cli);
  addDeviceDelete(device, cli);
}
