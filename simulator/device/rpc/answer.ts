/** The result of an ACS request: an answer, perhaps with something to do later, or a fault. */
import { FAULTS } from '../../../protocol/cwmp/faults.ts';
import type { Args, CpeMethod, CwmpFault, Response } from '../../../protocol/cwmp/messages.ts';
import type { Device } from '../device.ts';

/** What to do when the session is over. */
export type Aftermath =
  | { readonly do: 'reboot'; readonly commandKey: string }
  | { readonly do: 'factory-reset' }
  /** Settings that need a restart take effect: the device restarts by itself (TR-069a6 A.3.2.1, Status 1). */
  | { readonly do: 'apply' }
  | { readonly do: 'download'; readonly args: Args<'Download'> }
  | { readonly do: 'upload'; readonly args: Args<'Upload'> }
  | { readonly do: 'schedule-download'; readonly args: Args<'ScheduleDownload'> }
  | { readonly do: 'change-du'; readonly args: Args<'ChangeDUState'> }
  | { readonly do: 'schedule-inform'; readonly seconds: number; readonly commandKey: string };

export interface Done {
  readonly ok: true;
  readonly response: Response<CpeMethod>;
  readonly later?: Aftermath;
  /** Parameters that were written, with their new values. */
  readonly written?: readonly { readonly name: string; readonly value: string }[];
  /** It is executed before it is answered: the service that does `later` gives the answer (Status 0). */
  readonly atOnce?: true;
}

export interface Refused {
  readonly ok: false;
  readonly fault: CwmpFault;
}

export type Performed = Done | Refused;

export type InnerFaults = CwmpFault['SetParameterValuesFault'];

export function refuse(device: Device, code: number, inner: InnerFaults = []): Refused {
  return {
    ok: false,
    fault: { FaultCode: code, FaultString: faultText(device, code), SetParameterValuesFault: inner },
  };
}

/** FaultString in this device's wording. */
export function faultText({ profile }: Device, code: number): string {
  return profile.cwmp.faults.get(code) ?? FAULTS.get(code)?.means ?? '';
}

/**
 * The fault with which the firmware refuses a request whatever it asks for, or because of the path: `refuses`
 * of the profile has codes by `RPC`, or by `RPC` and a template below the root, where a template that ends
 * with a dot covers everything below it.
 */
export function refusal({ profile }: Device, rpc: CpeMethod, template?: string): number | undefined {
  const { refuses } = profile.rpc;
  if (refuses.size === 0) return undefined;
  if (template === undefined) return refuses.get(rpc);
  for (let end = template.length; end > 0; end = template.lastIndexOf('.', end - 2) + 1) {
    const code = refuses.get(`${rpc} ${template.slice(0, end)}`);
    if (code !== undefined) return code;
  }
  return undefined;
}

/** Every AddObject, DeleteObject and SetParameterValues that succeeds stores its key (TR-069a6 A.3.2.1). */
export function keepParameterKey(device: Device, key: string): void {
  if (device.profile.cwmp.keepsParameterKey)
    device.tree.store(device.name('ManagementServer.ParameterKey'), key);
}
